"""The command lines that the VBA makes, run: end to end into a live LibreOffice, and past every trap laid for them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw
from pyopenvba.apps.excel import ExcelApplication

from addin.catalogue import Catalogue
from addin.keystore import MemoryKeys, variable
from addin.paths import conf_file, user_folder
from tests.addin.command_line import mac_line, run_line, site, windows_line
from tests.addin.desks import running_host
from tests.addin.lo_engine import session
from tests.addin.vba_host import stock_text
from tests.endpoints import tiny
from tests.host.conftest import Host

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the lines are run by /bin/sh")

BOOK = "Bob's 100% $(touch sprung) `touch sprung` & Δοκιμή.xlsx"
ROWS = [["Purpose", "Amount", "Months"], ["car", 1200.5, 12], ["boat", 5000, 6], ["house", 900, 24]]
TRAPS = ("addin", "worker", "xlwings", "requests", "pandas", "numpy", "tkinter", "sitecustomize", "encodings", "json")


@pytest.fixture
def office() -> Iterator[xw.App]:
    """The LibreOffice of this run, without workbooks before and after."""
    app = session.shared()
    yield app
    for book in list(app.books):
        book.close()


@pytest.fixture(scope="module")
def scoring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A real host on a loopback port."""
    with running_host(tmp_path_factory.mktemp("host")) as running:
        yield running


class Place:
    """A folder full of traps, a workbook in it with more of them, and the home of a person with one endpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder / "downloads", folder / "home"
        self.marker = folder / "sprung"
        self.folder.mkdir()
        self.home.mkdir()
        spring = f"open({str(self.marker)!r}, 'a').write(__name__ + '\\n')\n"
        for name in TRAPS:
            (self.folder / f"{name}.py").write_text(spring)
        for name in ("python", "python3", "cmd.exe"):
            (self.folder / name).write_text(f"#!/bin/sh\necho {name} >> '{self.marker}'\n")
            (self.folder / name).chmod(0o755)
        conf = f'"INTERPRETER_MAC","{self.folder}/python"\n"INTERPRETER_WIN","{self.folder}/python"\n'
        (self.folder / "sheetscore.conf").write_text(conf)
        for where in (self.folder, self.home):
            (where / ".netrc").write_text("machine 127.0.0.1 login mallory password wrong\n")
        self.book = self.folder / BOOK
        made = openpyxl.Workbook()
        for row in ROWS:
            made.active.append(row)
        settings = made.create_sheet("sheetscore.conf")
        settings.append(["INTERPRETER_MAC", f"{self.folder}/python"])
        settings.append(["PYTHONPATH", str(self.folder)])
        made.create_sheet("x.py").append([spring])
        made.save(self.book)
        self.environ = {"HOME": str(self.home), "PYTHONPATH": site(folder / "site"), "PATH": os.environ["PATH"]}

    def sprung(self) -> set[str]:
        """The traps that were stepped into."""
        found = set(self.marker.read_text().split()) if self.marker.exists() else set()
        return found | {path.name for path in self.folder.glob("sprung")}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def person(place: Place, scoring: Host) -> Place:
    """The person of `place` has an endpoint: its name in their list, its key in the environment."""
    name = f"credit{len(scoring.registry.services())}"
    scoring.registry.add_service(name, tiny.contract(), tiny.credit(), "Credit risk.")
    scoring.registry.add_customer(f"acme-{name}")
    made = scoring.registry.add_endpoint(name, "main", f"acme-{name}")
    scoring.snapshots.refresh()
    environ = {"HOME": str(place.home)}
    catalogue = Catalogue(user_folder(environ), MemoryKeys(), conf=conf_file(environ))
    catalogue.add("credit", scoring.location(made), made.primary)
    place.environ[variable("credit")] = made.primary
    return place


def _select(office: xw.App, place: Place) -> xw.Sheet:
    book = office.books.open(str(place.book))
    sheet = book.sheets[0]
    sheet["A1:C4"].select()
    return sheet


def _assert_scored(sheet: xw.Sheet, place: Place) -> None:
    written = sheet["D1:F4"].value
    assert written[0] == ["Scored Labels", "Scored Probabilities", "Status"], place.home
    assert [row[2] for row in written[1:]] == ["ok", "ok", "ok"]
    assert all(0 < row[1] < 1 for row in written[1:])
    assert sheet["A1:C4"].value == ROWS
    assert place.sprung() == set()


def test_a_click_on_a_mac_scores_the_selection_and_springs_no_trap(office: xw.App, person: Place) -> None:
    """The very line, run by /bin/sh in the workbook's folder, into a live LibreOffice, against a real host.

    The workbook's name has all that a shell would act on, its folder modules and programs that would be taken for
    ours, its sheets settings and code; the home has a `.netrc` that would replace the key.
    """
    sheet = _select(office, person)
    told = run_line(mac_line(person.home, BOOK), person.folder, **person.environ, TEST_PIPE=office.impl.office.pipe)
    assert told == ""
    _assert_scored(sheet, person)


def test_a_click_on_windows_scores_the_selection_and_springs_no_trap(office: xw.App, person: Place) -> None:
    """The line that starts the resident Python, in the workbook's folder, and the statement that is sent to it.

    Only COM is made up: the workbook and the statement come to `xlwings.serve` by other ways.
    """
    sheet = _select(office, person)
    line, statement = windows_line()
    told = run_line(
        line,
        person.folder,
        **person.environ,
        TEST_PIPE=office.impl.office.pipe,
        TEST_STATEMENT=statement,
        TEST_BOOK=BOOK,
    )
    assert told == ""
    _assert_scored(sheet, person)


def test_without_the_guard_the_same_mac_line_walks_into_the_traps(place: Place) -> None:
    """The broken twin: the traps are real."""
    line = mac_line(place.home, BOOK)
    run_line(line, place.folder, **place.environ)
    assert place.sprung() == set()
    run_line(line.replace("PYTHONSAFEPATH=1 ", ""), place.folder, **place.environ)
    assert "xlwings" in place.sprung()


def test_without_the_guard_the_same_windows_line_walks_into_the_traps(place: Place) -> None:
    """The broken twin for the resident Python; it leaves the folder as well, so each guard is tried by itself."""
    line, _ = windows_line()
    run_line([part for part in line if part != "-P"], place.folder, **place.environ)
    line[-1] = line[-1].replace("os.chdir(sys.exec_prefix); ", "")
    run_line(line, place.folder, **place.environ)
    assert place.sprung() == set()
    run_line([part for part in line if part != "-P"], place.folder, **place.environ)
    assert "xlwings" in place.sprung()


def test_the_guard_reaches_the_children_of_the_resident_python(place: Place) -> None:
    """Windows run in processes of their own; -P alone would end with the first one."""
    line, _ = windows_line()
    child = "import subprocess; subprocess.run([sys.executable, '-m', 'tkinter.nothing'], cwd=os.environ['TRAPS']); "
    line[-1] = line[-1].replace("import xlwings;", child)
    run_line(line, place.folder, **place.environ, TRAPS=str(place.folder))
    assert place.sprung() == set()
    line[-1] = line[-1].replace("os.environ['PYTHONSAFEPATH'] = '1'; ", "")
    run_line(line, place.folder, **place.environ, TRAPS=str(place.folder))
    assert "tkinter" in place.sprung()


@pytest.mark.parametrize("first", ["true;{book};x.xlam;;;;", "false;{book};x.xlam;;;;"])
def test_the_line_that_xlwings_itself_makes_walks_into_the_traps(place: Place, first: str) -> None:
    """Its own additions to sys.path do it, and even -P does not help: a blank setting becomes the current folder."""
    book = str(place.book).replace("'", "")
    code = f"import xlwings.utils; xlwings.utils.prepare_sys_path({first.format(book=book)!r}); import requests"
    run_line([sys.executable, "-P", "-B", "-c", code], place.folder, **place.environ)
    assert "requests" in place.sprung()


def test_a_name_that_a_shell_would_act_on_is_acted_on_when_it_is_not_made_harmless(place: Place) -> None:
    """The broken twin for the workbook's name: xlwings puts it into the line as it is."""
    line = mac_line(place.home, BOOK)
    assert BOOK not in line
    harmless = re.findall(r'"--wb=(.*)" "--from_xl', line)[0]
    run_line(line.replace(harmless, BOOK), place.folder, **place.environ)
    assert "sprung" in place.sprung()


def test_a_sheet_of_settings_is_obeyed_by_the_stock_vba(place: Place) -> None:
    """The broken twin for settings: xlwings' own GetConfig takes the interpreter from the workbook in front.

    Ours has no such layer; test_vba_ribbon shows which one file it asks.
    """
    stock = stock_text().replace("\r\n", "\n")
    excel = ExcelApplication()
    excel.open_workbook(place.book)
    taken = [
        re.findall(rf"^Function {name}\(.*?^End Function\n", stock, re.MULTILINE | re.DOTALL)[0]
        for name in ("SheetExists", "GetConfigFromSheet", "GetConfig")
    ]
    others = [
        f"Function {name}(Optional text)\n    {name} = text\nEnd Function\n"
        for name in ("ExpandEnvironmentStrings", "GetFullName", "FileExists", "GetConfigFilePath")
    ]
    head = '#Const App = "Microsoft Excel"\nPublic Const PROJECT_NAME As String = "sheetscore"\n'
    excel.add_module(head + "".join(others) + "".join(taken), name="Stock")
    assert excel.run("GetConfig", "INTERPRETER_MAC", "") == f"{place.folder}/python"

"""The add-in file: same bytes every time, readable by others, refused when xlwings' text is not what was reviewed."""

from __future__ import annotations

import hashlib
import re
import warnings
import zipfile
from pathlib import Path

import pytest
from pyopenvba import check_file

from addin.excel import BuildError, build, packaged
from addin.excel.build import MODULES, source
from addin.excel.parts import rewrite
from addin.excel.stock import bridge, refuse_holes
from tests.addin.lo_engine import session
from tests.addin.vba_host import stock_text

SOURCES = Path(__file__).parent.parent.parent / "addin" / "excel"
STOCK = stock_text()
OWN = source("Bridge.cls")


@pytest.fixture(scope="module")
def xlam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The add-in file, built once."""
    target = tmp_path_factory.mktemp("xlam") / "sheetscore.xlam"
    build(target)
    return target


def test_two_builds_are_the_same_bytes_and_the_digest_is_theirs(xlam: Path, tmp_path: Path) -> None:
    """It is never changed for a machine: it can be signed once, and `install` can compare digests."""
    other = tmp_path / "another name.xlam"
    digest = build(other)
    assert other.read_bytes() == xlam.read_bytes()
    assert digest == hashlib.sha256(xlam.read_bytes()).hexdigest()
    assert [file.name for file in tmp_path.iterdir()] == [other.name]


def test_nothing_in_the_package_depends_on_clock_system_or_compression(xlam: Path) -> None:
    """Compression differs between systems; ZipInfo takes on the system that writes it."""
    with zipfile.ZipFile(xlam) as package:
        entries = package.infolist()
    assert {(e.date_time, e.create_system, e.compress_type, e.external_attr) for e in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0, zipfile.ZIP_STORED, 0o600 << 16)
    }
    assert entries[0].filename == "[Content_Types].xml"


def test_a_checkout_builds_its_own_file() -> None:
    """`packaged` never hands out what an older checkout left behind."""
    path = packaged()
    path.write_bytes(b"stale")
    assert packaged().read_bytes() != b"stale"


def test_olevba_reads_the_text_that_we_keep(xlam: Path) -> None:
    """An independent reader finds our modules, word for word, and nothing of what was left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oletools uses names that pyparsing calls old
        from oletools.olevba import VBA_Parser

        parser = VBA_Parser(str(xlam))
    found = {name: code.replace("\r\n", "\n") for _, _, name, code in parser.extract_macros()}
    parser.close()
    assert set(found) == {"ThisWorkbook.cls", "Sheet2.cls", "Bridge.cls", *(f"{name}.bas" for name in MODULES)}
    for name in MODULES:
        assert source(f"{name}.bas").strip() in found[f"{name}.bas"]
    assert source("ThisWorkbook.cls").strip() in found["ThisWorkbook.cls"]
    assert OWN.strip() in found["Bridge.cls"]
    assert "Copyright (C) 2014-present, Zoomer Analytics LLC." in found["Bridge.cls"]


def test_pyopenvba_finds_no_fault(xlam: Path) -> None:
    """Streams, directory and project agree."""
    assert check_file(xlam).issues == ()


def test_libreoffice_reads_every_module_and_the_sheet(xlam: Path, tmp_path: Path) -> None:
    """It does not open add-ins, so it is told that this is a workbook."""
    app = session.shared()
    workbook = tmp_path / "sheetscore.xlsm"
    with zipfile.ZipFile(xlam) as package, zipfile.ZipFile(workbook, "w") as copy:
        for name in package.namelist():
            copy.writestr(name, package.read(name).replace(b"ms-excel.addin.macro", b"ms-excel.sheet.macro"))
    book = app.books.open(str(workbook))
    try:
        libraries = book.impl._document.BasicLibraries
        libraries.loadLibrary("MyAddin")
        modules = libraries.getByName("MyAddin")
        found = {name: modules.getByName(name) for name in modules.getElementNames()}
        assert set(found) == {"ThisWorkbook", "Sheet2", "Bridge", *MODULES}
        for name in MODULES:
            assert source(f"{name}.bas").strip() in found[name]
        assert OWN.strip() in found["Bridge"]
        assert [sheet.name for sheet in book.sheets] == ["Sheetscore"]
        assert book.sheets[0]["A1"].value == "Sheetscore"
    finally:
        book.close()


def test_no_machine_and_no_person_is_named(xlam: Path) -> None:
    """What the template's maker left in its properties stays out."""
    with zipfile.ZipFile(xlam) as package:
        text = b"".join(package.read(name) for name in package.namelist() if name.endswith((".xml", ".rels")))
    assert re.search(rb"(?i)c:\\users|/home/|felix|zumstein", text) is None


@pytest.mark.parametrize(
    "anchor",
    [
        'Public Const PROJECT_NAME As String = "myaddin"',
        "'Version: 0.37.8",
        "        Declare PtrSafe Function XLPyDLLNDims",
        "Function XLPy()",
        "Function GetConfigFromFile(",
        "distributed under a BSD 3-clause license",
    ],
)
def test_a_text_of_xlwings_that_moved_stops_the_build(anchor: str) -> None:
    """Another release of xlwings must be read by somebody before it ships in our file."""
    assert STOCK.count(anchor) == 1
    with pytest.raises(BuildError) as raised:
        bridge(STOCK.replace(anchor, "moved"), OWN)
    assert raised.value.anchor.split()[0] in anchor + " Public Function Declare"


def test_a_procedure_there_twice_stops_the_build() -> None:
    """Which of the two would be taken is nobody's to guess."""
    with pytest.raises(BuildError) as raised:
        bridge(STOCK + "\r\nFunction XLPy()\r\nEnd Function\r\n", OWN)
    assert (raised.value.anchor, raised.value.found) == ("Function XLPy", 2)


@pytest.mark.parametrize(
    ("part", "anchor"),
    [
        ("xl/workbook.xml", b"_myaddin.conf"),
        ("xl/worksheets/sheet1.xml", b"<sheetData>"),
        ("docProps/core.xml", b"<dc:creator>"),
    ],
)
def test_a_part_of_the_template_that_moved_stops_the_build(part: str, anchor: bytes, xlam: Path) -> None:
    """The same for the package around the VBA."""
    with pytest.raises(BuildError) as raised:
        rewrite(part, b"<worksheet/>", SOURCES)
    assert (raised.value.part, raised.value.found) == (part, 0)


def _misplaced(text: str) -> list[str]:
    """Lines that stand behind or between procedures, where VBA takes nothing but comments and directives."""
    procedure = r"^((?:Public |Private )?(?:Sub|Function) .*?^End (?:Sub|Function)$)"
    _, *rest = re.split(procedure, text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip() for between in rest[1::2] for line in between.split("\n")]
    return [line for line in lines if line and not line.startswith(("'", "#"))]


@pytest.mark.parametrize("name", ["Bridge.cls", "ThisWorkbook.cls", *(f"{name}.bas" for name in MODULES)])
def test_all_declarations_stand_before_the_first_procedure(name: str) -> None:
    """Excel refuses to compile a module where one does not; other readers do not mind."""
    text = bridge(STOCK, OWN) if name == "Bridge.cls" else source(name)
    assert _misplaced(text) == []
    assert _misplaced(f"{text}\nPrivate Const LATE As Long = 1\n") == ["Private Const LATE As Long = 1"]
    assert text.startswith("Option Explicit\n")


def test_the_stock_text_would_be_refused() -> None:
    """The broken twin: what the guard looks for is what xlwings ships."""
    with pytest.raises(BuildError):
        refuse_holes(STOCK.replace("\r\n", "\n"))


@pytest.mark.parametrize(
    "hole",
    [
        'interpreter = GetConfigFromSheet(ActiveWorkbook).Item("INTERPRETER_WIN")',
        'AddExcelDir = GetConfig("ADD_WORKBOOK_TO_PYTHONPATH", "true")',
        'If Right$(sht.Name, 3) = ".py" Then uses_embedded_code = True',
        'WScript.Run("cmd.exe /C " & RunCommand)',
        'statement = "import xlwings.utils;xlwings.utils.prepare_sys_path(path)"',
        'licenseKey = GetConfig("LICENSE_KEY")',
    ],
)
def test_a_hole_that_comes_back_stops_the_build(hole: str) -> None:
    """Whoever writes one of these into Bridge.cls is told so by the build."""
    with pytest.raises(BuildError):
        bridge(STOCK, f"{OWN}\nPrivate Sub Hole()\n    {hole}\nEnd Sub\n")

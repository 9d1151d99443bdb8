"""The sacred workbook, on every real workbook there is: nothing changes that need not, and the new sheet is right.

The environment variable SHEETSCORE_CORPUS names a folder of other workbooks to be put to the same test.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.escape import unescape
from python_calamine import CalamineError, CalamineWorkbook

from tests.workbooks.validity import Schemas
from worker.workbooks import Cell, Chart, Sheet, WorkbookError, append_sheets
from worker.workbooks.package import Package

Changes = Callable[[Path, Path], list[str]]

_CHUNKS = [("xlsxwriter", place, 6) for place in range(6)] + [("phpspreadsheet", 0, 2), ("phpspreadsheet", 1, 2)]
_CHUNKS += [("sheetjs", 0, 1)]
_NAMED = os.environ.get("SHEETSCORE_CORPUS", "")
_ROOT = Path(__file__).parents[2]

_CALAMINE_CANNOT = {
    "BlankSheetTypes.xlsm": "it knows no macro sheets, before and after",
    "tests__data__Reader__XLSX__rootZipFiles.xlsx": "its styles are where it does not look",
}
_LIBREOFFICE_CANNOT = {
    "xlsxwriter__test__comparison__xlsx_files__comment03.xlsx": "it does not come to an end with it, before and after",
    "tests__data__Reader__XLSX__issue.3730.xlsx": "it does not open it, before and after",
}
_SAMPLE = 200
_AT_ONCE = 50

_SCORES = Sheet(
    "Scores",
    pd.DataFrame(
        {
            "Row": [7, 8, 9],
            "Score": [0.25, float("nan"), 1e-7],
            "Text": ["=1+1", "a_x000D_b", None],
            "When": [dt.datetime(2024, 2, 29), dt.datetime(2024, 3, 1, 12, 30, 15), None],
            "Flag": pd.Series([True, False, None], dtype=object),
            "Status": ["ok", "ok", "C42: bad & <worse>"],
        }
    ),
    title="2 of 3 rows",
    status="Status",
    cells=[Cell("H3", "Band", "header"), Cell("H4", "low"), Cell("I4", 2, format="#,##0")],
    charts=[Chart("Bands", "H4:H4", "I4:I4", "H7:N20")],
)
_ROWS: list[list[Any]] = [
    ["Row", "Score", "Text", "When", "Flag", "Status", None, "Band", None],
    [7, 0.25, "=1+1", dt.datetime(2024, 2, 29), True, "ok", None, "low", 2],
    [8, None, "a_x000D_b", dt.datetime(2024, 3, 1, 12, 30, 15), False, "ok", None, None, None],
    [9, 1e-7, None, None, None, "C42: bad & <worse>", None, None, None],
]
_SHOWN = [
    ["Row", "Score", "Text", "When", "Flag", "Status", "", "Band", ""],
    ["7", "0.25", "=1+1", "2024-02-29 00:00:00", "TRUE", "ok", "", "low", "2"],
    ["8", "", "a_x000D_b", "2024-03-01 12:30:15", "FALSE", "ok", "", "", ""],
    ["9", "0.0000001", "", "", "", "C42: bad & <worse>", "", "", ""],
]


def _books(folder: Path) -> list[Path]:
    """The workbooks in a folder and those in it, without what Excel lays beside one that is open."""
    endings = {".xlsx", ".xlsm", ".xltx", ".xltm"}
    found = (path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())
    return sorted(path for path in found if not path.name.startswith("~$"))


@pytest.mark.parametrize(("folder", "place", "of"), _CHUNKS)
def test_real_workbooks_keep_every_part(
    shared: Path, tmp_path: Path, changes: Changes, folder: str, place: int, of: int
) -> None:
    """After append_sheets other parts have their old bytes, the new sheet reads back right in two other programs, and
    every part that was written is valid.
    """
    faults = []
    for path in _books(shared / "corpora" / folder)[place::of]:
        faults += _faults(path, tmp_path / "out.xlsx", Schemas(shared / "schemas"), changes)
    assert faults == []


@pytest.mark.skipif(not _NAMED, reason="SHEETSCORE_CORPUS names no folder")
@pytest.mark.timeout(36_000)
def test_named_workbooks_keep_every_part(shared: Path, tmp_path: Path, changes: Changes) -> None:
    """The same over another folder. A workbook that is refused is a fault only if openpyxl opens it, one that calamine
    does not open afterwards only if it does before.
    """
    books, faults, refused = _books(Path(_NAMED)), [], 0
    assert books, f"no workbook in {_NAMED}"
    for path in books:
        try:
            faults += _faults(path, tmp_path / "out.xlsx", Schemas(shared / "schemas"), changes, _opens_in_calamine)
        except WorkbookError as error:
            refused += 1
            faults += [f"{path.name}: {error}"] if _openpyxl(path) else []
    print(f"{len(books)} workbooks, {refused} refused, {len(faults)} faults")
    assert faults == []


def test_any_folder_can_be_named(shared: Path, tmp_path: Path) -> None:
    """With what lies in folders: others' endings, what is broken, no workbook or open, and one that calamine cannot
    open. A workbook that is refused though it is sound is told by its name.
    """
    here = tmp_path / "theirs" / "of 2024"
    here.mkdir(parents=True)
    some = _books(shared / "corpora" / "xlsxwriter")[7::300]
    some += _books(shared / "corpora" / "phpspreadsheet")[9::60]
    for place, path in enumerate([*some, *(shared / "corpora").rglob("BlankSheetTypes.xlsm")]):
        shutil.copyfile(path, here / f"{place}{path.suffix.upper()}")
    whole = some[0].read_bytes()
    for name, data in {"cut.xlsx": whole[:3000], "page.xlsx": b"<html/>", "empty.xlsx": b"", "~$0.xlsx": b"me"}.items():
        (here / name).write_bytes(data)
    (here / "notes.txt").write_text("no workbook")
    (here / "folder.xlsx").mkdir()
    (here / "hangs.xlsx").symlink_to("nowhere.xlsx")

    def tried() -> tuple[int, str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-s",
            "-p",
            "no:cacheprovider",
            __file__,
            "-k",
            "named_workbooks",
        ]
        environ = {**os.environ, "SHEETSCORE_CORPUS": str(here.parent)}
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=_ROOT)
        return ran.returncode, ran.stdout

    code, said = tried()
    assert f"{len(some) + 4} workbooks, 3 refused, 0 faults" in said
    assert code == 0
    shutil.copyfile(some[0], here / "twice.xlsx")
    with zipfile.ZipFile(here / "twice.xlsx", "a") as book, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.writestr("xl/workbook.xml", book.read("xl/workbook.xml"))
    code, said = tried()
    assert f"{len(some) + 5} workbooks, 4 refused, 1 faults" in said
    assert (code, "twice.xlsx: " in said) == (1, True)


def _opens_in_calamine(path: Path) -> bool:
    try:
        CalamineWorkbook.from_path(path).close()
    except CalamineError:
        return False
    return True


def _known_to_calamine(path: Path) -> bool:
    return path.name not in _CALAMINE_CANNOT


def _faults(
    path: Path,
    target: Path,
    schemas: Schemas,
    changes: Changes,
    calamine_reads: Callable[[Path], bool] = _known_to_calamine,
) -> Iterator[str]:
    given = append_sheets(path, target, [_SCORES]).sheets[0]
    yield from (f"{path.name}: changed {name}" for name in changes(path, target))
    yield from (f"{path.name}: {fault}" for fault in [*schemas.faults(path, target), *_name_clashes(target)])
    if calamine_reads(path) and _calamine(target, given) != _ROWS:
        yield f"{path.name}: {given} does not read back in calamine"
    if _openpyxl(path):
        again = _openpyxl(target)
        rows = again and [[_unescaped(cell.value) for cell in row] for row in again[given]["A3:I6"]]
        if rows != _ROWS:
            yield f"{path.name}: {given} does not read back in openpyxl: {rows}"


def _calamine(path: Path, sheet: str) -> list[list[Any]]:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()[2:]
    return [[_as_written(value) for value in row] for row in rows]


def _as_written(value: Any) -> Any:
    if type(value) is dt.date:
        return dt.datetime(value.year, value.month, value.day)
    return None if value == "" else value


def _unescaped(value: Any) -> Any:
    """Openpyxl leaves `_xHHHH_` as it stands in the file."""
    return unescape(value) if isinstance(value, str) else value


def _openpyxl(path: Path) -> Any:
    """The workbook as openpyxl sees it; None where it cannot open it, or (strict workbooks) sees no sheets."""
    with warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(file)
        except Exception:  # noqa: BLE001 - it fails in many ways
            return None
    return book if book.sheetnames else None


def test_exceptions_are_still_exceptions(shared: Path) -> None:
    """Each workbook that is left out of a check is there, and has the trouble its reason names."""
    paths = {path.name: path for path in (shared / "corpora").rglob("*") if path.name in _CALAMINE_CANNOT}
    assert set(paths) == set(_CALAMINE_CANNOT)
    with pytest.raises(CalamineError):
        CalamineWorkbook.from_path(paths["BlankSheetTypes.xlsm"])
    with Package(paths["tests__data__Reader__XLSX__rootZipFiles.xlsx"]) as package:
        assert package.workbook_part == "/workbook.xml"


@pytest.mark.timeout(900)
def test_libreoffice_shows_the_new_sheet_as_it_is_meant(shared: Path, office: str, tmp_path: Path) -> None:
    """A fixed sample of the real workbooks: dates as dates, numbers with their places, text as it is."""
    books = [path for path in _books(shared / "corpora") if path.name not in _LIBREOFFICE_CANNOT]
    sample = books[:: len(books) // _SAMPLE][:_SAMPLE]
    names = {}
    for number, path in enumerate(sample):
        target = tmp_path / f"{number}.xlsx"
        names[target.stem] = (path.name, append_sheets(path, target, [_SCORES]).sheets[0])
    # every sheet, comma, quotes, UTF-8, from line 1, cells as shown: tokens 1 to 8 and 12 of the filter's options
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    command = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", options]
    files = [str(tmp_path / f"{stem}.xlsx") for stem in names]
    for start in range(0, len(files), _AT_ONCE):
        some = files[start : start + _AT_ONCE]
        subprocess.run([*command, "--outdir", str(tmp_path), *some], check=True, capture_output=True, timeout=200)
    faults = []
    for stem, (name, sheet) in names.items():
        made = tmp_path / f"{stem}-{sheet}.csv"
        shown = list(csv.reader(made.read_text("utf-8").splitlines())) if made.exists() else []
        if [row[:9] for row in shown[2:6]] != _SHOWN:
            faults.append(f"{name}: {shown}")
    assert faults == []


def _resaved(source: Path, target: Path) -> None:
    openpyxl.load_workbook(source).save(target)


def _packed_again(source: Path, target: Path) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for info in old.infolist():
            new.writestr(info, old.read(info), zipfile.ZIP_DEFLATED, 1)


@pytest.mark.parametrize("twin", [_resaved, _packed_again])
def test_the_check_finds_a_twin_that_saves_again(
    shared: Path, tmp_path: Path, changes: Changes, twin: Callable[[Path, Path], None]
) -> None:
    """A twin that loads and saves, or only compresses again, fails the check on every workbook tried."""
    for path in _books(shared / "corpora" / "xlsxwriter")[::100]:
        twin(path, tmp_path / "twin.xlsx")
        assert changes(path, tmp_path / "twin.xlsx")


def _name_clashes(target: Path) -> list[str]:
    """Table ids, table names and defined names that stand twice in a workbook."""
    with Package(target) as package:
        roots = [package.document(part, depth=0).root for part in package.parts_of_type(_TABLE)]
        ids = [root.attributes["id"] for root in roots]
        names = [root.attributes["displayName"].casefold() for root in roots]
        names += {defined.name.casefold() for defined in package.names}
        sheets = [sheet.name.casefold() for sheet in package.sheets]
    return [f"{what} twice" for what in (ids, names, sheets) if len(set(what)) < len(what)]


_TABLE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"

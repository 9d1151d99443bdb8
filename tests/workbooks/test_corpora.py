"""The sacred workbook, on every real workbook there is: nothing changes that need not, and the new sheet is right."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

from worker.workbooks import Sheet, append_sheets
from worker.workbooks.package import Package

_CHUNKS = [("xlsxwriter", place, 6) for place in range(6)] + [("phpspreadsheet", 0, 2), ("phpspreadsheet", 1, 2)]
_CHUNKS += [("sheetjs", 0, 1)]

_UNREADABLE = {
    "BlankSheetTypes.xlsm": "the reader used for the check knows no macro sheets, before and after",
    "tests__data__Reader__XLSX__rootZipFiles.xlsx": "its styles are where the reader used for the check does not look",
}
_FRAME = pd.DataFrame(
    {
        "Row": [7, 8, 9],
        "Score": [0.25, float("nan"), 1e-7],
        "Text": ["=1+1", "a_x000D_b", None],
        "When": [dt.datetime(2024, 2, 29), dt.datetime(2024, 3, 1, 12, 30, 15), None],
        "Flag": pd.Series([True, False, None], dtype=object),
        "Status": ["ok", "ok", "C42: bad & <worse>"],
    }
)
_ROWS = [
    ["Row", "Score", "Text", "When", "Flag", "Status"],
    [7.0, 0.25, "=1+1", dt.date(2024, 2, 29), True, "ok"],
    [8.0, "", "a_x000D_b", dt.datetime(2024, 3, 1, 12, 30, 15), False, "ok"],
    [9.0, 1e-7, "", "", "", "C42: bad & <worse>"],
]


def _files(shared: Path, folder: str, place: int, of: int) -> list[Path]:
    return sorted((shared / "corpora" / folder).glob("*.xls[xm]"))[place::of]


@pytest.mark.parametrize(("folder", "place", "of"), _CHUNKS)
def test_real_workbooks_keep_every_part(
    shared: Path, tmp_path: Path, changes: Callable[[Path, Path], list[str]], folder: str, place: int, of: int
) -> None:
    """After append_sheets other parts have their old bytes, the new sheet reads back right, new parts are valid."""
    schemas = _Schemas(shared / "schemas")
    target = tmp_path / "out.xlsx"
    faults = []
    for path in _files(shared, folder, place, of):
        given = append_sheets(path, target, [Sheet("Scores", _FRAME, title="2 of 3 rows", status="Status")])
        faults += [f"{path.name}: changed {name}" for name in changes(path, target)]
        faults += [f"{path.name}: {fault}" for fault in [*schemas.faults(path, target), *_name_clashes(target)]]
        if path.name not in _UNREADABLE and _read(target, given.sheets[0]) != _ROWS:
            faults.append(f"{path.name}: {given.sheets[0]} does not read back")
    assert not faults


def _read(path: Path, sheet: str) -> list[list[object]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()[2:]


def test_exceptions_are_still_exceptions(shared: Path) -> None:
    """Each workbook that is left out of the reading check is there, and has the trouble its reason names."""
    paths = {path.name: path for path in (shared / "corpora").rglob("*") if path.name in _UNREADABLE}
    assert set(paths) == set(_UNREADABLE)
    with pytest.raises(CalamineError):
        CalamineWorkbook.from_path(paths["BlankSheetTypes.xlsm"])
    with Package(paths["tests__data__Reader__XLSX__rootZipFiles.xlsx"]) as package:
        assert package.workbook_part == "/workbook.xml"


def _resaved(source: Path, target: Path) -> None:
    openpyxl.load_workbook(source).save(target)


def _packed_again(source: Path, target: Path) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for info in old.infolist():
            new.writestr(info, old.read(info), zipfile.ZIP_DEFLATED, 1)


@pytest.mark.parametrize("twin", [_resaved, _packed_again])
def test_the_check_finds_a_twin_that_saves_again(
    shared: Path, tmp_path: Path, changes: Callable[[Path, Path], list[str]], twin: Callable[[Path, Path], None]
) -> None:
    """A twin that loads and saves, or only compresses again, fails the check on every workbook tried."""
    for path in _files(shared, "xlsxwriter", 0, 100):
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


class _Schemas:
    """Checks new parts, and edited ones that were valid before, against the standard's schemas."""

    def __init__(self, folder: Path) -> None:
        self._sheet = etree.XMLSchema(etree.parse(folder / "sml.xsd"))
        self._types = etree.XMLSchema(etree.parse(folder / "opc" / "opc-contentTypes.xsd"))
        self._links = etree.XMLSchema(etree.parse(folder / "opc" / "opc-relationships.xsd"))

    def faults(self, source: Path, target: Path) -> list[str]:
        """Names of the parts that are not valid; strict workbooks are skipped: these schemas are not theirs."""
        with Package(target) as package:
            if package.strict:
                return []
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target) as new:
            known = set(old.namelist())
            changed = [n for n in new.namelist() if n in known and old.getinfo(n).CRC != new.getinfo(n).CRC]
            added = [n for n in new.namelist() if n not in known]
            found = [name for name in added if not self._valid(name, new.read(name))]
            return found + [n for n in changed if self._valid(n, old.read(n)) and not self._valid(n, new.read(n))]

    def _valid(self, name: str, data: bytes) -> bool:
        schema = self._types if name.endswith("Types].xml") else self._links if name.endswith(".rels") else self._sheet
        return bool(schema.validate(etree.fromstring(data)))

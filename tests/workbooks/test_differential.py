"""Differential reading: over every real workbook, our values against openpyxl's and against the fast reader's own.

Each kind of difference has a name and a decision. One that has no name fails the test, and so does a name that is not
needed any more.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.cell import MergedCell
from python_calamine import CalamineWorkbook

from worker.scoring.errors import ProblemKind
from worker.workbooks.addressing import MOST_COLUMNS, MOST_ROWS, Area, letters
from worker.workbooks.archive import FileLimits
from worker.workbooks.errors import WorkbookError
from worker.workbooks.sources import Source, open_workbook

PARTS = 4

DECIDED = {
    "error cell": "openpyxl: its text; the fast reader: blank. Ours: blank and a problem that names the error",
    "no stored value": "both: blank. Ours: blank and a problem; a formula is no blank",
    "hyperlink without a value": "openpyxl: the link's target. Ours: no value, because the cell shows none until it is "
    "calculated",
    "outer blanks": "openpyxl: kept. Ours: left out where xml:space does not say that they count, as Excel does",
    "escapes": "openpyxl: _x000D_ stays. Ours: the character that it stands for (ECMA-376 part 1, 22.9.2.19); half a "
    "surrogate pair stays escaped",
    "escapes twice": "openpyxl: unescapes what was an escaped underscore once more. Ours: once",
    "under a merge": "openpyxl: nothing. Ours: what is stored; Excel's formulas see it too",
    "date formats": "openpyxl: a number where it does not know the format (East Asian built-ins, A/P, [HH]). Ours: a "
    "date, time or duration, which a column of numbers refuses",
    "before day 0": "openpyxl: a date before 1900. Ours: a time. Excel shows ####; columns of dates and of numbers "
    "refuse both",
    "odd duration": "HH[MM]: openpyxl: a duration. Ours: a date. No column takes a duration; one of dates takes no day "
    "before 1900-01-01, later ones are what a serial number means",
}

UNREADABLE: dict[str, type[Exception]] = {
    "Zip-Windows-Directory-Separator.xlsx": KeyError,
    "issue.1482.xlsx": TypeError,
    "issue.2331c.xlsx": ValueError,
    "issue.2494.xlsx": ValueError,
    "issue.2501.b.xlsx": TypeError,
    "issue.3730.xlsx": KeyError,
    "pivot_table_named_range.xlsx": TypeError,
    "rootZipFiles.xlsx": IndexError,
    "wtf_path.xlsx": IndexError,
    "xlsx-stream-d-date-cell.xlsx": IndexError,
}
"""What openpyxl does not open; the others it does, or test_reader names why we do not."""

STRICT = {"namespacepurl.xlsx", "issue.3843a.template.xlsx", "sheet_visibility_strict.xlsx"}
"""openpyxl shows no sheets in strict workbooks."""

_ESCAPE = re.compile("_x(?!D[89A-F])([0-9A-Fa-f]{4})_")
_FOUND: set[str] = set()

Cells = dict[tuple[int, int], Any]


def _files(shared: Path) -> list[Path]:
    return sorted((shared / "corpora").rglob("*.xls[xm]"))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_difference_to_other_readers_is_decided(shared: Path, part: int) -> None:
    """Cell by cell, each sheet of each workbook that both open."""
    unknown = []
    for path in _files(shared)[part::PARTS]:
        theirs = _openpyxl(path)
        try:
            with open_workbook(path, FileLimits()) as source:
                unknown += _fast_differences(source, path)
                if theirs is not None:
                    unknown += _differences(source, theirs, path)
        except WorkbookError:
            continue
    assert unknown == []


def test_every_decision_is_still_needed(shared: Path) -> None:
    """After the tests above: nothing is in the table for what does not occur."""
    if len(_FOUND) == 0:
        pytest.skip("needs the tests above")
    assert set(DECIDED) == _FOUND


def _openpyxl(path: Path) -> openpyxl.Workbook | None:
    name = path.name.rpartition("__")[2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name in UNREADABLE:
            with pytest.raises(UNREADABLE[name]):
                openpyxl.load_workbook(path, data_only=True)
            return None
        return openpyxl.load_workbook(path, data_only=True)


def _fast_differences(source: Source, path: Path) -> Iterator[str]:
    """Our rows are the fast reader's, each at its true place."""
    with CalamineWorkbook.from_path(path) as book:
        for sheet in source.sheets:
            found = book.get_sheet_by_name(sheet.name)
            top, left = found.start or (0, 0)
            rows = found.to_python()
            ours = _ours(source, sheet.name)
            plain = {
                (top + y + 1, left + x + 1): value
                for y, row in enumerate(rows)
                for x, value in enumerate(row)
                if value != ""
            }
            if ours != plain:
                yield f"{path.name} {sheet.name}: not the fast reader's cells"


def _ours(source: Source, sheet: str) -> Cells:
    rows = source.grid(sheet).rows()
    return {(number, x): value for number, row in rows for x, value in enumerate(row, 1) if value != ""}


def _differences(source: Source, book: openpyxl.Workbook, path: Path) -> Iterator[str]:
    for sheet in source.sheets:
        ours = _ours(source, sheet.name)
        faults = source.look_closer(sheet.name, Area(1, 1, MOST_ROWS, MOST_COLUMNS)).faults
        if sheet.name not in book.sheetnames:
            assert path.name.rpartition("__")[2] in STRICT, path.name
            continue
        cells = book[sheet.name]._cells
        for at in ours.keys() | cells.keys() | faults.keys():
            cell = cells.get(at)
            value = getattr(cell, "value", None)
            kind = _kind(_plain(ours.get(at)), _plain(value), faults.get(at), cell)
            if kind is not None:
                _FOUND.add(kind)
            if kind is not None and kind not in DECIDED:
                where = f"{path.name} {sheet.name}!{letters(at[1])}{at[0]}"
                yield f"{where}: {ours.get(at)!r} / {value!r}, {faults.get(at)}: {kind}"


def _plain(value: Any) -> Any:
    if type(value) is dt.date:
        return dt.datetime(value.year, value.month, value.day)
    return None if value == "" else value


def _kind(ours: Any, theirs: Any, fault: tuple[ProblemKind, str] | None, cell: Any) -> str | None:
    """The name of a difference; None when both say the same."""
    if fault is not None and fault[0] is ProblemKind.ERROR_CELL:
        return "error cell" if (ours, theirs) == (None, fault[1]) else "an error is not one"
    if fault is not None:
        if (ours, theirs) == (None, None):
            return "no stored value"
        return "hyperlink without a value" if ours is None and getattr(cell, "hyperlink", None) else "a value is none"
    if isinstance(cell, MergedCell) and ours is not None:
        return "under a merge"
    if _same(ours, theirs):
        return None
    if isinstance(theirs, str) and isinstance(ours, str | None):
        return _text_kind(ours or "", theirs)
    return _time_kind(ours, theirs)


def _same(ours: Any, theirs: Any) -> bool:
    numbers = isinstance(ours, int | float) and isinstance(theirs, int | float)
    return (
        bool(ours == theirs)
        and (numbers or type(ours) is type(theirs))
        and isinstance(ours, bool) == isinstance(theirs, bool)
    )


def _text_kind(ours: str, theirs: str) -> str:
    if theirs.strip(" \t\r\n") == ours:
        return "outer blanks"
    if _unescaped(theirs).strip(" \t\r\n") == ours.strip(" \t\r\n"):
        return "escapes"
    return "escapes twice" if _unescaped(ours) == theirs else "another text"


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda code: chr(int(code[1], 16)), text)


def _time_kind(ours: Any, theirs: Any) -> str:
    if isinstance(ours, dt.datetime | dt.time | dt.timedelta):
        if isinstance(theirs, int | float):
            return "date formats" if theirs >= 0 else "before day 0"
        if isinstance(theirs, dt.datetime):
            return "before day 0" if theirs < dt.datetime(1899, 12, 31) else "another moment"
        if isinstance(theirs, dt.timedelta):
            return "odd duration" if theirs >= dt.timedelta() else "before day 0"
    return "another value"

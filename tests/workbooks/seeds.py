"""Sound workbooks that mutants are made of: our own, and small real ones."""

from __future__ import annotations

import datetime as dt
import io
import warnings
from pathlib import Path

import openpyxl
import xlsxwriter

from tests.workbooks.mutating import Seed
from tests.workbooks.smallest import packed, smallest

_SMALL_BYTES = 12_000
_MOST_REAL = 30


def seeds() -> list[Seed]:
    """Each with columns that it has."""
    return [_rich(), _plain(), _smallest(), *_real()]


def _rich() -> Seed:
    """As Excel would save it: a table, dates, truth values, formulas with values, a merge, a comment, a name."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Loans")
    sheet.merge_range("B1:E1", "Loans to be scored")
    names = ["Id", "Purpose", "Amount", "Since", "Open", "Twice"]
    sheet.write_row("B3", names)
    for row in range(3, 12):
        sheet.write_row(row, 1, [f"L-{row:03}", ("car", "house", "Ünïcode & <tags>")[row % 3], row * 1.25])
        sheet.write_datetime(row, 4, dt.datetime(2024, 1, row), moment)
        sheet.write_boolean(row, 5, row % 2 == 0)
        sheet.write_formula(row, 6, f"=D{row + 1}*2", None, row * 2.5)
    sheet.add_table("B3:G12", {"name": "Loans", "columns": [{"header": name} for name in names]})
    sheet.write_comment("C5", "seen")
    other = book.add_worksheet("Notes")
    other.write("A1", "=1+1 is text")
    book.define_name("Rate", "=Notes!$A$1")
    book.close()
    return made.getvalue(), ("Purpose", "Amount")


def _plain() -> Seed:
    book = openpyxl.Workbook()
    book.active.append(["Purpose", "Amount", "Note"])
    for number in range(20):
        book.active.append([("car", "house")[number % 2], number, None if number % 3 else "x" * number])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue(), ("Purpose", "Amount")


def _smallest() -> Seed:
    made = io.BytesIO()
    packed(made, smallest())  # type: ignore[arg-type]
    return made.getvalue(), ("Purpose", "Amount")


def _real() -> list[Seed]:
    """Small real workbooks whose first sheet begins with a header; none where they are not kept beside the checkout."""
    folder = Path(__file__).parents[3] / "shared" / "corpora"
    found: list[Seed] = []
    for path in sorted(folder.glob("*/*.xlsx"))[::7]:
        if len(found) < _MOST_REAL and path.stat().st_size < _SMALL_BYTES and (names := _header(path)):
            found.append((path.read_bytes(), names))
    return found


def _header(path: Path) -> tuple[str, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rows = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).worksheets[0].iter_rows(values_only=True)
            first, _ = next(rows), next(rows)
        except Exception:  # noqa: BLE001 - it promises nothing
            return ()
    names = [value for value in first if isinstance(value, str) and value.strip()]
    return tuple(names) if len(names) > 1 and len(set(names)) == len(names) else ()

"""Addresses in A1 style, whole rows and columns included."""

from __future__ import annotations

import re

from xlwings.utils import col_name

from addin.grid.area import MOST_COLUMNS, MOST_ROWS, Area

_CORNER = re.compile(r"\$?([A-Z]{1,3})?\$?(\d+)?", re.IGNORECASE)


def parse(sheet: str, address: str) -> Area | None:
    """The area of "B2", "$A$1:C3", "C:C" or "3:4"; None when it is no address (a name, say)."""
    corners = [_CORNER.fullmatch(part) for part in address.split(":")]
    if len(corners) > 2 or not all(corner and (corner[1] or corner[2]) for corner in corners):
        return None
    whole = len(corners) == 2
    rows = [int(corner[2]) for corner in corners if corner and corner[2]]
    columns = [column_number(corner[1]) for corner in corners if corner and corner[1]]
    if not whole and not (rows and columns):
        return None
    rows, columns = rows or [1, MOST_ROWS], columns or [1, MOST_COLUMNS]
    top, left = min(rows), min(columns)
    if max(columns) > MOST_COLUMNS or max(rows) > MOST_ROWS or top < 1:
        return None
    return Area(sheet, top, left, max(rows) - top + 1, max(columns) - left + 1)


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def absolute(area: Area, *, row: bool = True, column: bool = True) -> str:
    """The address with dollar signs before rows and columns, as Excel writes it."""
    r, c = "$" if row else "", "$" if column else ""
    if area.rows == MOST_ROWS and area.columns < MOST_COLUMNS:
        return f"{c}{col_name(area.left)}:{c}{col_name(area.right)}"  # type: ignore[no-untyped-call]
    if area.columns == MOST_COLUMNS:
        return f"{r}{area.top}:{r}{area.bottom}"
    return re.sub(r"([A-Z]+)(\d+)", rf"{c}\1{r}\2", area.address)

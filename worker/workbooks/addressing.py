"""Addresses in a workbook: `A1:F9`, `'My data'!A1:F9`, and what a person may write to say where the rows are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
_CORNER = r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})"
_RANGE = re.compile(rf"{_CORNER}(?::{_CORNER})?")
_WHOLE_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_WHOLE_ROWS = re.compile(r"\$?([1-9][0-9]{0,6}):\$?([1-9][0-9]{0,6})")
_PLAIN_SHEET = re.compile(r"[^\W\d][\w.]*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[Rr][0-9]*|[Cc][0-9]*")


def letters(column: int) -> str:
    """The letters of a column counted from 1."""
    made = ""
    while column:
        column, digit = divmod(column - 1, 26)
        made = chr(65 + digit) + made
    return made


def column_number(text: str) -> int:
    """The number, from 1, of a column given in letters."""
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, counted from 1, both corners included."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The area `text` names (`B6:T1006`, `$B$6`, `A:F`, `6:1006`), None when it is not one."""
        text = text.strip()
        if found := _WHOLE_COLUMNS.fullmatch(text):
            rows, columns = (1, MOST_ROWS), sorted(column_number(part) for part in found.groups())
        elif found := _WHOLE_ROWS.fullmatch(text):
            rows, columns = (int(found[1]), int(found[2])), [1, MOST_COLUMNS]
        elif found := _RANGE.fullmatch(text):
            first, top, last, bottom = found.groups()
            rows = (int(top), int(bottom or top))
            columns = sorted((column_number(first), column_number(last or first)))
        else:
            return None
        if max(rows) > MOST_ROWS or columns[1] > MOST_COLUMNS:
            return None
        return cls(min(rows), columns[0], max(rows), columns[1])

    def meets(self, other: Area) -> bool:
        """Whether the two have a cell in common."""
        rows = self.top <= other.bottom and other.top <= self.bottom
        return rows and self.left <= other.right and other.left <= self.right

    def __str__(self) -> str:
        return f"{letters(self.left)}{self.top}:{letters(self.right)}{self.bottom}"


@dataclass(frozen=True, slots=True)
class Region:
    """Where rows stand: `area` with the header as its top row, or, where `headers` gives the columns' names (a table
    whose header row is hidden), the rows alone.
    """

    area: Area
    headers: tuple[str, ...] = ()

    @property
    def first_row(self) -> int:
        """The sheet row in which the data begin."""
        return self.area.top + (0 if self.headers else 1)


def quoted(sheet: str) -> str:
    """A sheet's name as it stands before `!`, in quotes where Excel wants them."""
    plain = _PLAIN_SHEET.fullmatch(sheet) and not _LIKE_A_CELL.fullmatch(sheet)
    return sheet if plain else "'" + sheet.replace("'", "''") + "'"


def split_sheet(text: str) -> tuple[str, str]:
    """`'My data'!A1:F9` -> ('My data', 'A1:F9'); the first is '' when no sheet is named."""
    sheet, mark, rest = text.rpartition("!")
    if not mark:
        return "", text.strip()
    sheet = sheet.strip().removeprefix("=")
    if len(sheet) > 1 and sheet[0] == sheet[-1] == "'":
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, rest.strip()

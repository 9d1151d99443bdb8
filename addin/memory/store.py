"""The cells of one sheet: values in rows, and what only some cells have (formulas, formats) beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from addin.grid.area import Area
from addin.memory.formulas import evaluate
from addin.memory.typed import TEXT, typed

Place = tuple[int, int]
"""Row and column, from 1."""
_AS_IT_IS = frozenset({float, bool, type(None)})


class Store:
    """Values are None, float, str or bool; an int is an error, as COM gives it; a date is a number with its format."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.formulas: dict[Place, str] = {}
        self.formats: dict[Place, str] = {}

    def values(self, area: Area) -> list[list[Any]]:
        """The values of an area, row by row."""
        left, right, found = area.left - 1, area.right, []
        for row in self.rows[area.top - 1 : area.bottom]:
            part = row[left:right]
            found.append(part if len(part) == area.columns else part + [None] * (area.columns - len(part)))
        found += [[None] * area.columns for _ in range(area.rows - len(found))]
        return found

    def put(self, area: Area, rows: Sequence[Sequence[object]]) -> None:
        """Take values as Excel takes them from a program."""
        self.forget(self.formulas, area)
        self._reach(area.bottom)
        for r, given in enumerate(rows, area.top):
            row = self.rows[r - 1]
            row.extend([None] * (area.right - len(row)))
            if not self.formats and _AS_IT_IS.issuperset(map(type, given)):
                row[area.left - 1 : area.right] = given
            else:
                for c, value in enumerate(given, area.left):
                    if type(value) in _AS_IT_IS and (r, c) not in self.formats:
                        row[c - 1] = value
                    else:
                        self._type(r, c, value)

    def _type(self, row: int, column: int, value: object) -> None:
        place = row, column
        entry = typed(value, as_text=self.formats.get(place) == TEXT)
        self.rows[row - 1][column - 1] = entry.value
        if entry.formula is not None:
            self.formulas[place] = entry.formula
            self.rows[row - 1][column - 1] = evaluate(entry.formula, self._cell)
        if entry.format is not None:
            self.formats.setdefault(place, entry.format)

    def _cell(self, address: str) -> object:
        letters = address.rstrip("0123456789")
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - ord("A") + 1
        return self.values(Area("", int(address[len(letters) :]), column, 1, 1))[0][0]

    def _reach(self, bottom: int) -> None:
        self.rows.extend([] for _ in range(bottom - len(self.rows)))

    def clear(self, area: Area) -> None:
        """Take values and formulas out of an area."""
        self.forget(self.formulas, area)
        for row in self.rows[area.top - 1 : area.bottom]:
            if len(row) >= area.left:
                count = min(len(row), area.right) - area.left + 1
                row[area.left - 1 : area.right] = [None] * count

    @staticmethod
    def places(marks: dict[Place, str], area: Area) -> Iterator[Place]:
        """Those places of an area that are marked."""
        if len(marks) < area.rows * area.columns:
            yield from [(r, c) for r, c in marks if area.top <= r <= area.bottom and area.left <= c <= area.right]
        else:
            rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
            yield from [(r, c) for r in rows for c in columns if (r, c) in marks]

    def forget(self, marks: dict[Place, str], area: Area) -> None:
        """Take the marks off an area."""
        for place in self.places(marks, area):
            del marks[place]

    def format(self, area: Area) -> str | None:
        """The number format of an area, None where there are several."""
        found = [self.formats[place] for place in self.places(self.formats, area)]
        kinds = set(found)
        if len(found) < area.rows * area.columns:
            kinds.add("General")
        return kinds.pop() if len(kinds) == 1 else None

    def set_format(self, area: Area, code: str) -> None:
        """Give an area a number format; its values stay as they are."""
        self.forget(self.formats, area)
        if code != "General":
            rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
            self.formats.update({(r, c): code for r in rows for c in columns})

    def shift_rows(self, top: int, by: int) -> None:
        """Insert (by > 0) or delete (by < 0) whole rows at `top`."""
        if by > 0:
            self.rows[top - 1 : top - 1] = [[] for _ in range(min(by, max(0, len(self.rows) - top + 1)))]
        else:
            del self.rows[top - 1 : top - 1 - by]
        self._shift(lambda r, c: (moved(r, top, by), c))

    def shift_columns(self, left: int, by: int, rows: range | None = None) -> None:
        """Insert or delete cells at column `left`, in all rows or in some."""
        for row in self.rows if rows is None else self.rows[rows.start - 1 : rows.stop - 1]:
            if len(row) >= left:
                row[left - 1 : left - 1 - min(by, 0)] = [None] * max(by, 0)
        self._shift(lambda r, c: (r, moved(c, left, by) if rows is None or r in rows else c))

    def _shift(self, to: Callable[[int, int], tuple[int, int]]) -> None:
        for marks in (self.formulas, self.formats):
            kept = {to(*place): mark for place, mark in marks.items()}
            marks.clear()
            marks.update({place: mark for place, mark in kept.items() if 0 not in place})


def moved(place: int, at: int, by: int) -> int:
    """Where a row (or column) is after some were inserted or deleted at `at`; 0 when it is gone itself."""
    if place < at:
        return place
    return 0 if by < 0 and place < at - by else place + by

"""How ranges lie in a sheet: merged and hidden cells, inserted and deleted rows, sorting, links, notes, looks."""

# ruff: noqa: ANN401, ARG002 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from addin.grid.area import Area
from addin.memory.looks import Font


class Layout:
    """The part of a Range that knows its place."""

    areas: tuple[Area, ...]
    sheet: Any

    @property
    def area(self) -> Area:
        """Its first rectangle: as in Excel, size and values are those of the first."""
        return self.areas[0]

    def _at(self, area: Area) -> Any:
        return type(self)(self.sheet, area)  # type: ignore[call-arg]

    @property
    def merge_cells(self) -> bool | None:
        """True where all cells belong to one merged cell, False where none is merged, None where some are."""
        met = [merged for merged in self.sheet.merged if merged.meet(self.area)]
        if not met:
            return False
        return True if met[0].contains(self.area) else None

    @property
    def merge_area(self) -> Any:
        """The merged cell it is in, or itself."""
        return self._at(next((m for m in self.sheet.merged if m.contains(self.area)), self.area))

    def merge(self, across: bool = False) -> None:
        """Make one cell of it, or one of each row."""
        self.sheet.merged += map(self.area.row, range(self.area.rows)) if across else [self.area]

    def unmerge(self) -> None:
        """Undo merging."""
        self.sheet.merged = [merged for merged in self.sheet.merged if not merged.meet(self.area)]

    @property
    def row_hidden(self) -> bool | None:
        """Whether its rows are hidden, by hand or by a filter; None where some are."""
        rows = range(self.area.top, self.area.bottom + 1)
        found = {row in self.hidden_rows for row in rows}
        return found.pop() if len(found) == 1 else None

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        rows = range(self.area.top, self.area.bottom + 1)
        (self.sheet.hidden_rows.update if value else self.sheet.hidden_rows.difference_update)(rows)

    @property
    def hidden_rows(self) -> set[int]:
        """Rows of the sheet that are hidden for whatever reason."""
        filters = [self.sheet.filter, *(table.filter for table in self.sheet.listed)]
        return set(self.sheet.hidden_rows).union(*(found.hidden for found in filters if found is not None))

    @property
    def column_hidden(self) -> bool:
        """Whether all its columns are hidden."""
        return self.sheet.hidden_columns.issuperset(range(self.area.left, self.area.right + 1))  # type: ignore[no-any-return]

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        columns = range(self.area.left, self.area.right + 1)
        (self.sheet.hidden_columns.update if value else self.sheet.hidden_columns.difference_update)(columns)

    def get_special_cells(self, cell_type: str, value_type: str | None) -> list[Any]:
        """Only "visible": the rectangles of rows and columns that are shown."""
        if cell_type != "visible":
            raise NotImplementedError(cell_type, value_type)
        rows = _runs(self.area.top, self.area.bottom, self.hidden_rows)
        columns = _runs(self.area.left, self.area.right, self.sheet.hidden_columns)
        return [
            self._at(replace(self.area, top=top, rows=count, left=left, columns=width))
            for top, count in rows
            for left, width in columns
        ]

    def insert(self, shift: str | None = None, copy_origin: str | None = None) -> None:
        """Insert whole rows or columns."""
        self._shift(1)

    def delete(self, shift: str | None = None) -> None:
        """Delete whole rows or columns."""
        self._shift(-1)

    def _shift(self, way: int) -> None:
        rows = self.whole()  # type: ignore[attr-defined]
        if rows is None:
            raise NotImplementedError("only whole rows and columns")
        at, count = (self.area.top, self.area.rows) if rows else (self.area.left, self.area.columns)
        self.sheet.shift(rows=rows, at=at, by=way * count)

    def sort(self, keys: Sequence[int], ascending: Sequence[bool], has_headers: bool) -> None:
        """Sort its rows by columns of it (from 1): numbers before texts before booleans, blanks last."""
        area = replace(self.area, top=self.area.top + has_headers, rows=self.area.rows - has_headers)
        rows = self.sheet.store.values(area)
        order = list(range(area.rows))
        for key, up in reversed(list(zip(keys, ascending, strict=True))):
            order.sort(key=lambda i: _rank(rows[i][key - 1]), reverse=not up)
        store = self.sheet.store
        for marks in (store.formulas, store.formats):
            kept = {(r, c): marks.pop((r, c)) for r, c in list(store.places(marks, area))}
            marks.update({(area.top + order.index(r - area.top), c): mark for (r, c), mark in kept.items()})
        for row, i in enumerate(order):
            store.rows[area.top - 1 + row][area.left - 1 : area.right] = rows[i]

    @property
    def table(self) -> Any:
        """The table its first cell is in, None when it is in none."""
        first = self.area.row(0).column(0)
        return next((table for table in self.sheet.listed if table.whole.contains(first)), None)

    @property
    def hyperlink(self) -> str:
        """Where its first cell leads."""
        return str(self.sheet.links[self.area.top, self.area.left])

    def add_hyperlink(self, address: str, text_to_display: str | None = None, screen_tip: str | None = None) -> None:
        """Make its first cell a link."""
        self._at(self.area.row(0).column(0)).raw_value = f"'{text_to_display}"
        self.sheet.links[self.area.top, self.area.left] = address

    @property
    def note(self) -> Any:
        """The note on its first cell."""
        return Note(self.sheet.noted, (self.area.top, self.area.left)) if self._place in self.sheet.noted else None

    @property
    def _place(self) -> tuple[int, int]:
        return self.area.top, self.area.left

    def add_note(self, text: str) -> Any:
        """Put a note on its first cell."""
        self.sheet.noted[self._place] = text
        return self.note

    @property
    def font(self) -> Font:
        """Its font."""
        return Font(self.sheet.looks, self.area)

    @property
    def color(self) -> Any:
        """Colour behind its first cell."""
        return self.sheet.looks.get(self.area, "color")

    @color.setter
    def color(self, value: Any) -> None:
        self.sheet.looks.set(self.area, "color", value)

    @property
    def column_width(self) -> float:
        """Width of its first column, in characters."""
        return float(self.sheet.looks.width(self.area))

    @column_width.setter
    def column_width(self, value: float) -> None:
        self.sheet.looks.set_width(self.area, value)

    wrap_text = False

    def autofit(self, axis: str | None = None) -> None:
        """Widths are not shown, so nothing is kept."""


class Note:
    """A note on a cell."""

    def __init__(self, notes: dict[tuple[int, int], str], place: tuple[int, int]) -> None:
        self._notes, self._place = notes, place

    @property
    def text(self) -> str:
        """What it says."""
        return self._notes[self._place]

    @text.setter
    def text(self, value: str) -> None:
        self._notes[self._place] = value

    def delete(self) -> None:
        """Take it off the cell."""
        del self._notes[self._place]


def _runs(first: int, last: int, without: set[int]) -> list[tuple[int, int]]:
    shown = [place for place in range(first, last + 1) if place not in without]
    found = [[place for _, place in run] for _, run in groupby(enumerate(shown), lambda item: item[1] - item[0])]
    return [(run[0], len(run)) for run in found]


def _rank(value: object) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, (float, int)):
        return 0, value
    return (3, 0) if value is None else (1, str(value).lower())

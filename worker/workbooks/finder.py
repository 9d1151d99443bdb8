"""Which blocks of a worksheet are meant: those whose header row covers the columns that are wanted.

A header is one row: the one that names all the columns. A cell merged over several rows counts in each of them; what
stands above the header (titles, groups) is passed over, what stands below it is data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from worker.scoring.schema import match_key
from worker.workbooks.addressing import MOST_ROWS, Area, Region, letters, quoted
from worker.workbooks.errors import AmbiguousInput, DuplicateHeaders, HeaderInOneCell, NoInput
from worker.workbooks.package import Table

MOST_INPUTS = 20
"""More blocks than this in one workbook are a report with repeated headings rather than inputs."""

_TALLEST_HEADER = 10
_SEPARATORS = (";", ",", "\t", "|")
_DEEPEST_IN_ONE_CELL = 100
"""Down to this row a header in one cell is looked for."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one worksheet, '' where blank. `read` gives its rows from A1 on, each time anew; `area` is the
    rectangle in use (one blank cell for an empty sheet), `over` says which merged areas reach down into a row.
    """

    sheet: str
    area: Area
    read: Callable[[], Iterable[Sequence[Any]]]
    over: Mapping[int, Sequence[Area]] = field(default_factory=dict)
    _kept: dict[int, Sequence[Any]] = field(default_factory=dict)

    def rows(self, first: int = 1, last: int = MOST_ROWS) -> Iterator[tuple[int, Sequence[Any]]]:
        """Row numbers and cells from column A on."""
        return enumerate(islice(self.read(), first - 1, last), first)

    def header(self, number: int) -> Sequence[Any]:
        """The cells of one row, with those merged over it."""
        if number not in self._kept:
            self._kept[number] = self.with_merged(number, next((row for _, row in self.rows(number, number)), ()))
        return self._kept[number]

    def with_merged(self, number: int, row: Sequence[Any]) -> Sequence[Any]:
        """The cells of a row, with what stands in cells that are merged over it from above."""
        cells = list(row)
        for area in self.over.get(number, ()):
            above = next((cells for _, cells in self.rows(area.top, area.top)), ())
            if area.left <= min(len(above), len(cells)):
                cells[area.left - 1] = above[area.left - 1]
        return cells


def reaching_down(merged: Iterable[Area]) -> dict[int, list[Area]]:
    """For each row the merged areas that reach down into it, as far as they may be headers."""
    over: dict[int, list[Area]] = {}
    for area in merged:
        for number in range(area.top + 1, min(area.bottom, area.top + _TALLEST_HEADER) + 1):
            over.setdefault(number, []).append(area)
    return over


def shown(value: object) -> str:
    """A header cell's text as a person reads it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


Key = Callable[[str], str]
"""What a header shares with the name of the input that it stands for."""


class Finder:
    """Looks through grids for the columns `wanted`; keeps what it found until `chosen` is asked."""

    def __init__(self, wanted: Sequence[str], tables: Sequence[Table], key: Key = match_key) -> None:
        self._wanted = {match_key(name): name for name in wanted}
        self._tables = tables
        self._key = key
        # a header like "2024" may be a number; only names with a letter must be text
        self._texts = {key for key in self._wanted if any(letter.isalpha() for letter in key)}
        self._found: list[tuple[Grid, Region]] = []
        self._nearest: tuple[int, Grid, int] | None = None
        self._in_one: HeaderInOneCell | None = None

    @property
    def has_found(self) -> bool:
        """Whether there is a block that would do."""
        return bool(self._found)

    def look(self, grid: Grid) -> None:
        """Note every block of `grid` that has all the columns. Raises DuplicateHeaders."""
        for table in self._tables:
            if table.sheet == grid.sheet and self._wanted.keys() <= set(map(self._key, table.columns)):
                self._found.append((grid, table.rows))
        for number, keys in self._header_rows(grid):
            for left, right in self._spans(grid, number, keys):
                self._found.append((grid, Region(self._area(grid, number, left, right))))
        if not self._found:
            self._note_nearest(grid)

    def chosen(self) -> list[tuple[Grid, Region]]:
        """The blocks, each with its grid; of those one above the other each ends where the next one begins.

        Raises NoInput, AmbiguousInput when there are more than MOST_INPUTS.
        """
        if not self._found:
            raise self._nothing()
        parted = [(grid, replace(region, area=self._alone(grid, region.area))) for grid, region in self._found]
        if len(parted) > MOST_INPUTS:
            raise AmbiguousInput(tuple(f"{quoted(grid.sheet)}!{self._used(grid, r.area)}" for grid, r in parted))
        return parted

    def lowest(self) -> None:
        """Of blocks one above the other keep the last: labels may stand above the header that they are labels of."""
        last: dict[tuple[str, int], tuple[Grid, Region]] = {}
        for grid, region in self._found:
            kept = last.get((grid.sheet, region.area.left))
            if kept is None or kept[1].area.top < region.area.top:
                last[grid.sheet, region.area.left] = grid, region
        self._found = list(last.values())

    def look_in_template(self, grid: Grid) -> None:
        """Of a template's sheet the tables that have all the columns, whatever words stand above; of a sheet without
        such a table every block. Raises DuplicateHeaders.
        """
        found = [
            table
            for table in self._tables
            if table.sheet == grid.sheet and self._wanted.keys() <= self._keys(grid, table)
        ]
        self._found += [(grid, table.rows) for table in found]
        if not found:
            self.look(grid)

    def _keys(self, grid: Grid, table: Table) -> set[str]:
        header = grid.header(table.area.top)[table.area.left - 1 : table.area.right] if table.header_rows else ()
        return {self._key(shown(value)) for value in (*table.columns, *header)}

    def _header_rows(self, grid: Grid) -> Iterator[tuple[int, list[str]]]:
        """Rows in which every wanted column is named, with the key of each of their cells."""
        for number, row in grid.rows():
            texts = [value for value in row if value.__class__ is str and value]
            merged = len(grid.over.get(number, ()))
            if len(texts) + merged < len(self._texts):
                continue
            there = self._texts & {self._key(text) for text in texts}
            if there == self._texts or (there and len(there) + merged >= len(self._texts)):
                keys = [self._key(shown(value)) for value in (grid.with_merged(number, row) if merged else row)]
                if self._wanted.keys() <= set(keys):
                    yield number, keys

    def _spans(self, grid: Grid, number: int, keys: Sequence[str]) -> list[tuple[int, int]]:
        """First and last column of each run of headers that has all the columns. When only all runs together have
        them, the run from the first wanted column to the last.
        """
        runs = _runs(keys)
        spans = [(a, b) for a, b in runs if self._wanted.keys() <= set(keys[a - 1 : b])]
        if not spans:
            places = [place for place, key in enumerate(keys, 1) if key in self._wanted]
            first = next(run for run in runs if run[0] <= places[0] <= run[1])
            last = next(run for run in runs if run[0] <= places[-1] <= run[1])
            spans = [(first[0], last[1])]
        for span in spans:
            check_duplicates(grid, number, span, self._wanted, self._key)
        return spans

    def _area(self, grid: Grid, number: int, left: int, right: int) -> Area:
        for table in self._tables:
            area = table.area
            at_header = table.sheet == grid.sheet and table.header_rows and area.top == number
            if at_header and area.meets(Area(number, left, number, right)):
                keys = {self._key(shown(value)) for value in grid.header(number)[area.left - 1 : area.right]}
                if self._wanted.keys() <= keys:
                    return table.rows.area
        return Area(number, left, MOST_ROWS, right)

    def _alone(self, grid: Grid, area: Area) -> Area:
        """`area` down to the next block below it."""
        others = [region.area for sheet, region in self._found if sheet is grid and region.area.meets(area)]
        below = [other.top - 1 for other in others if other.top > area.top]
        return replace(area, bottom=min([area.bottom, *below]))

    @staticmethod
    def _used(grid: Grid, area: Area) -> Area:
        return replace(area, bottom=min(area.bottom, grid.area.bottom))

    def _note_nearest(self, grid: Grid) -> None:
        for number, row in grid.rows():
            hits = {self._key(value) for value in row if value.__class__ is str} & self._wanted.keys()
            if len(hits) > (self._nearest[0] if self._nearest else 0):
                self._nearest = (len(hits), grid, number)
            if number <= _DEEPEST_IN_ONE_CELL and self._in_one is None:
                self._in_one = self._all_in_one(grid.sheet, number, row)

    def _all_in_one(self, sheet: str, number: int, row: Sequence[Any]) -> HeaderInOneCell | None:
        for column, value in enumerate(row, 1):
            for separator in _SEPARATORS if value.__class__ is str else ():
                if self._wanted.keys() <= set(map(self._key, value.split(separator))):
                    cell = f"{quoted(sheet)}!{letters(column)}{number}"
                    return HeaderInOneCell(cell, tuple(self._wanted.values()), (value,), separator)
        return None

    def _nothing(self) -> NoInput:
        if self._in_one is not None:
            return self._in_one
        if self._nearest is None:
            return NoInput(missing=tuple(self._wanted.values()))
        _, grid, number = self._nearest
        texts = [shown(value) for value in grid.header(number)]
        keys = [self._key(text) for text in texts]
        used = [place for place, key in enumerate(keys, 1) if key]
        area = Area(number, used[0], number, used[-1])
        missing = tuple(name for key, name in self._wanted.items() if key not in keys)
        return NoInput(f"{quoted(grid.sheet)}!{area}", missing, tuple(text for text in texts if text))


def from_header(grid: Grid, area: Area, wanted: dict[str, str], key: Key = match_key) -> Area:
    """`area` from the row that names all the columns `wanted`, else from its first row that is not blank: people name
    whole columns, with blank rows or a title above the header.
    """
    top = None
    for number, row in grid.rows(area.top, min(area.bottom, grid.area.bottom)):
        cells = [value for value in grid.with_merged(number, row)[area.left - 1 : area.right] if value != ""]
        if len(cells) >= len(wanted) and wanted.keys() <= {key(shown(value)) for value in cells}:
            return replace(area, top=number)
        if cells and top is None:
            top = number
    return replace(area, top=top or area.top)


def check_duplicates(
    grid: Grid, number: int, span: tuple[int, int], wanted: dict[str, str], key: Key = match_key
) -> None:
    """Raises DuplicateHeaders when it is not clear which column of the span an input (key -> name) is: its exact
    name stands twice, or never and two headers differ from it only by case and outer blanks.
    """
    texts = enumerate(grid.header(number)[span[0] - 1 : span[1]], span[0])
    headers = {column: shown(value) for column, value in texts}
    for meant, name in wanted.items():
        alike = [column for column, text in headers.items() if key(text) == meant]
        exact = [column for column in alike if headers[column] == name]
        if len(alike) > 1 and len(exact) != 1:
            cells = exact or alike
            raise DuplicateHeaders(name, tuple(f"{quoted(grid.sheet)}!{letters(column)}{number}" for column in cells))


def _runs(keys: Sequence[str]) -> list[tuple[int, int]]:
    """First and last column, from 1, of each run of keys that are not blank."""
    runs: list[tuple[int, int]] = []
    for column, key in enumerate(keys, 1):
        if key and runs and runs[-1][1] == column - 1:
            runs[-1] = (runs[-1][0], column)
        elif key:
            runs.append((column, column))
    return runs

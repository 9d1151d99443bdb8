"""Which block of a worksheet is meant: the one whose header row covers the columns that are wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from worker.scoring.schema import match_key
from worker.workbooks.addressing import MOST_ROWS, Area, letters, quoted
from worker.workbooks.errors import AmbiguousInput, DuplicateHeaders, NoInput
from worker.workbooks.package import Table


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one worksheet as the fast reader gives them: '' is blank. `top` and `left`, from 1, say where
    `rows[0][0]` stands.
    """

    sheet: str
    rows: Sequence[Sequence[Any]]
    top: int = 1
    left: int = 1

    @property
    def area(self) -> Area:
        """The rectangle that is used; one blank cell for an empty sheet."""
        width = len(self.rows[0]) if self.rows else 1
        return Area(self.top, self.left, self.top + max(len(self.rows), 1) - 1, self.left + width - 1)

    def row(self, number: int) -> Sequence[Any]:
        """The cells of that row of the sheet, from `left` on."""
        place = number - self.top
        return self.rows[place] if 0 <= place < len(self.rows) else ()


def shown(value: object) -> str:
    """A header cell's text as a person reads it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


class Finder:
    """Looks through grids for the columns `wanted`; keeps what it found until `chosen` is asked."""

    def __init__(self, wanted: Sequence[str], tables: Sequence[Table]) -> None:
        self._wanted = {match_key(name): name for name in wanted}
        self._tables = tables
        # a header like "2024" may be a number; only names with a letter must be text
        self._texts = {key for key in self._wanted if any(letter.isalpha() for letter in key)}
        self._found: list[tuple[Grid, Area]] = []
        self._nearest: tuple[int, Grid, int] | None = None

    def look(self, grid: Grid) -> None:
        """Note every block of `grid` that has all the columns. Raises DuplicateHeaders."""
        for number, keys in self._header_rows(grid):
            for left, right in self._spans(grid, number, keys):
                self._found.append((grid, self._area(grid, number, left, right)))
        if not self._found:
            self._note_nearest(grid)

    def chosen(self) -> tuple[Grid, Area]:
        """The one block: its grid and its area, header included. Raises NoInput, AmbiguousInput."""
        if len(self._found) > 1:
            raise AmbiguousInput(tuple(f"{quoted(grid.sheet)}!{self._alone(grid, area)}" for grid, area in self._found))
        if not self._found:
            raise self._nothing()
        return self._found[0]

    def _header_rows(self, grid: Grid) -> Iterator[tuple[int, list[str]]]:
        """Rows in which every wanted column is named, with the key of each of their cells."""
        for number, row in enumerate(grid.rows, grid.top):
            texts = [value for value in row if value.__class__ is str and value]
            if len(texts) >= len(self._texts) and self._texts <= {match_key(text) for text in texts}:
                keys = [match_key(shown(value)) for value in row]
                if self._wanted.keys() <= set(keys):
                    yield number, keys

    def _spans(self, grid: Grid, number: int, keys: Sequence[str]) -> list[tuple[int, int]]:
        """First and last position of each run of headers that has all the columns. When only all runs together have
        them, the run from the first wanted column to the last.
        """
        runs = _runs(keys)
        spans = [(a, b) for a, b in runs if self._wanted.keys() <= set(keys[a : b + 1])]
        if not spans:
            places = [place for place, key in enumerate(keys) if key in self._wanted]
            first = next(run for run in runs if run[0] <= places[0] <= run[1])
            last = next(run for run in runs if run[0] <= places[-1] <= run[1])
            spans = [(first[0], last[1])]
        for span in spans:
            check_duplicates(grid, number, span, self._wanted)
        return spans

    def _area(self, grid: Grid, number: int, first: int, last: int) -> Area:
        left, right = grid.left + first, grid.left + last
        for table in self._tables:
            area = table.area
            at_header = table.sheet == grid.sheet and table.header_rows and area.top == number
            if at_header and area.meets(Area(number, left, number, right)):
                within = Area(number, area.left, area.bottom - table.totals_rows, area.right)
                keys = {
                    match_key(shown(v)) for v in grid.row(number)[area.left - grid.left : area.right - grid.left + 1]
                }
                if self._wanted.keys() <= keys:
                    return within
        return Area(number, left, MOST_ROWS, right)

    def _alone(self, grid: Grid, area: Area) -> Area:
        """`area` down to the last row in use, or to the next header below: as a person would name it."""
        headers = [other.top for sheet, other in self._found if sheet is grid and other.meets(area)]
        below = [top - 1 for top in headers if top > area.top]
        return Area(area.top, area.left, min([area.bottom, grid.area.bottom, *below]), area.right)

    def _note_nearest(self, grid: Grid) -> None:
        for number, row in enumerate(grid.rows, grid.top):
            hits = {match_key(value) for value in row if value.__class__ is str} & self._wanted.keys()
            if len(hits) > (self._nearest[0] if self._nearest else 0):
                self._nearest = (len(hits), grid, number)

    def _nothing(self) -> NoInput:
        if self._nearest is None:
            return NoInput(missing=tuple(self._wanted.values()))
        _, grid, number = self._nearest
        texts = [shown(value) for value in grid.row(number)]
        keys = [match_key(text) for text in texts]
        used = [place for place, key in enumerate(keys) if key]
        area = Area(number, grid.left + used[0], number, grid.left + used[-1])
        missing = tuple(name for key, name in self._wanted.items() if key not in keys)
        return NoInput(f"{quoted(grid.sheet)}!{area}", missing, tuple(text for text in texts if text))


def from_header(grid: Grid, area: Area, wanted: dict[str, str]) -> Area:
    """`area` from the row that names all the columns `wanted`, else from its first row that is not blank: people name
    whole columns, with blank rows or a title above the header.
    """
    first, stop = max(area.left - grid.left, 0), area.right - grid.left + 1
    top = None
    for number in range(max(area.top, grid.top), min(area.bottom, grid.area.bottom) + 1):
        cells = [value for value in grid.row(number)[first:stop] if value != ""]
        if len(cells) >= len(wanted) and wanted.keys() <= {match_key(shown(value)) for value in cells}:
            return replace(area, top=number)
        if cells and top is None:
            top = number
    return replace(area, top=top or area.top)


def check_duplicates(grid: Grid, number: int, span: tuple[int, int], wanted: dict[str, str]) -> None:
    """Raises DuplicateHeaders when it is not clear which column of the span an input (key -> name) is: its exact
    name stands twice, or never and two headers differ from it only by case and outer blanks.
    """
    headers = {place: shown(grid.row(number)[place]) for place in range(span[0], span[1] + 1)}
    for key, name in wanted.items():
        alike = [place for place, text in headers.items() if match_key(text) == key]
        exact = [place for place in alike if headers[place] == name]
        if len(alike) > 1 and len(exact) != 1:
            cells = exact or alike
            raise DuplicateHeaders(
                name, tuple(f"{quoted(grid.sheet)}!{letters(grid.left + place)}{number}" for place in cells)
            )


def _runs(keys: Sequence[str]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place, key in enumerate(keys):
        if key and runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        elif key:
            runs.append((place, place))
    return runs

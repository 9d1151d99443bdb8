"""Read blocks of rows, with true addresses and with what the fast reader hides. Needs no pandas: it also runs in the
child process, whose start has to be cheap.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import pyarrow as pa

from worker.scoring.binding import CODES, START, Binding
from worker.scoring.errors import Problem
from worker.scoring.schema import match_key
from worker.workbooks.addressing import MOST_ROWS, Area, Region, letters, quoted, split_sheet
from worker.workbooks.archive import FileLimits
from worker.workbooks.cells import column, unified
from worker.workbooks.errors import Fault, FileBroken, InputError, NoInput
from worker.workbooks.finder import Finder, Grid, Key, check_duplicates, from_header, shown
from worker.workbooks.labels import Labels
from worker.workbooks.opening import UNTOLD, Told, open_source
from worker.workbooks.places import Places
from worker.workbooks.sheetscan import Closer
from worker.workbooks.sources import Source

BATCH_ROWS = 20_000
"""So many rows are Python objects at once."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of rows: `columns` are Arrow columns (see cells) named by `headers`, `rows` the sheet's row numbers,
    `shown` what stands in the header's cells, `binding` what the workbook says of its endpoint; the rest as in `Input`.
    """

    headers: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    sheet: str
    address: str
    rows: pa.Array
    letters: tuple[str, ...]
    formats: tuple[str, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    shown: tuple[str, ...]
    binding: Binding | None


def read_blocks(
    path: str | os.PathLike[str],
    wanted: Sequence[str],
    where: str = "",
    limits: FileLimits | None = None,
    labels: Labels | None = None,
    told: Told = UNTOLD,
) -> Iterator[Block]:
    """The block that `where` names, or every one whose header row holds all the columns `wanted`, in the order of the
    sheets, from top to bottom.

    `where` is '', a sheet, `Sheet!A1:F9`, a table or a defined name. Sheets that are hidden are searched only when no
    other has a block, and `labels` count only where no block has the inputs' names. Raises WorkbookError.
    """
    limits = limits or FileLimits()
    with open_source(path, limits, told) as source:
        yield from _Reader(source, wanted, labels or Labels()).read(where)


@dataclass(frozen=True, slots=True)
class Look:
    """A first look at a workbook: what it says of its endpoint, and the places of the tables of columns that it has."""

    binding: Binding | None
    fits: tuple[int, ...]


def look(
    path: str | os.PathLike[str],
    candidates: Sequence[tuple[Sequence[str], Labels]],
    limits: FileLimits | None = None,
    told: Told = UNTOLD,
) -> Look:
    """Which of the candidates' columns (names, and labels for them) a file has. Raises WorkbookError."""
    with open_source(path, limits or FileLimits(), told) as source:
        binding = binding_of(source)
        if binding is not None:
            return Look(binding, ())
        return Look(None, tuple(n for n, (names, labels) in enumerate(candidates) if _has(source, names, labels)))


def _has(source: Source, names: Sequence[str], labels: Labels) -> bool:
    try:
        _Reader(source, names, labels).search("")
    except NoInput:
        return False
    except InputError:  # which rows are meant is for the reader to say
        return True
    return True


def binding_of(source: Source) -> Binding | None:
    """What a workbook says of its endpoint. A copied sheet brings names of its own, which do not count."""
    return Binding.from_formulas({name.name: name.formula for name in source.names if not name.sheet})


class _Reader:
    def __init__(self, source: Source, wanted: Sequence[str], labels: Labels) -> None:
        self._source = source
        self._wanted = {match_key(name): name for name in wanted}
        self._labels = labels
        self._binding = binding_of(source)

    def read(self, where: str) -> Iterator[Block]:
        sheet, region = Places(self._source).find(where)
        if region is None:
            yield from (self._extract(grid, found) for grid, found in self.search(sheet))
            return
        grid = self._source.grid(sheet)
        if not region.headers:
            named = from_header(grid, region.area, self._wanted)
            region = Region(from_header(grid, named, self._wanted, self._labels.key))
        yield self._extract(grid, region)

    def search(self, only: str) -> list[tuple[Grid, Region]]:
        """The blocks of a sheet, '' for all. Raises NoInput, AmbiguousInput, DuplicateHeaders."""
        finder = self._look_through(only, Finder(tuple(self._wanted.values()), self._source.tables))
        if not finder.has_found and self._labels.inputs:
            labelled = Finder(tuple(self._wanted.values()), self._source.tables, self._labels.key)
            finder = self._look_through(only, labelled)
            finder.lowest()
        return finder.chosen()

    def _is_no_input(self, sheet: str) -> bool:
        """Whether a sheet is one of ours, or a template's that holds nothing but words: few columns (`text`) may be
        named by any of them.
        """
        if self._binding is None or self._source.is_ours(sheet):
            return self._source.is_ours(sheet)
        return sheet in {split_sheet(n.formula)[0] for n in self._source.names if n.name in {START, CODES}}

    def _look_through(self, only: str, finder: Finder) -> Finder:
        for hidden in (False, True):
            for sheet in self._source.sheets:
                meant = sheet.name == only if only else not self._is_no_input(sheet.name)
                if meant and sheet.hidden is hidden:
                    look = finder.look if self._binding is None else finder.look_in_template
                    look(self._source.grid(sheet.name))
            if finder.has_found:
                break
        return finder

    def _extract(self, grid: Grid, region: Region) -> Block:
        """The block in a region of the grid."""
        area = region.area
        if not region.headers:
            left, right = max(area.left, grid.area.left), min(area.right, grid.area.right)
            area = Area(area.top, left, area.bottom, right)
        texts = region.headers or [shown(value) for value in grid.header(area.top)[area.left - 1 : area.right]]
        places = [place for place, text in enumerate(texts) if text.strip()]
        if not places:
            raise NoInput(f"{quoted(grid.sheet)}!{area}", tuple(self._wanted.values()))
        if not region.headers:
            check_duplicates(grid, area.top, (area.left, area.right), self._wanted, self._key(texts))
        below = self._below_table(grid, area)
        if below and self._binding is not None:
            area, below = replace(area, bottom=MOST_ROWS), ()  # whoever fills in a template means these rows too
        rows = Area(region.first_row, area.left, area.bottom, area.right)
        closer = self._source.look_closer(grid.sheet, rows)
        taken = _Taken([self._source.reader(text) for text in self._named(texts)])
        telling = self._telling(texts)
        faulty = {number for number, col in closer.faults if col - area.left in telling}
        exact = len(grid.header(area.top)) if self._source.ragged else 0
        for numbers, cells in _batches(grid, rows, faulty, telling, exact):
            taken.add(numbers, cells, closer)
        headers = _unique(self._named([texts[place] for place in places]), self._wanted)
        at = dict(zip(places, headers, strict=True))
        bottom = taken.numbers[-1][-1].as_py() if taken.numbers else area.top
        return Block(
            headers=headers,
            columns=tuple(unified(taken.columns[place]) for place in places),
            sheet=grid.sheet,
            address=f"{quoted(grid.sheet)}!{Area(area.top, area.left, bottom, area.right)}",
            rows=pa.chunked_array(taken.numbers, pa.int64()).combine_chunks(),
            letters=tuple(letters(area.left + place) for place in places),
            formats=self._source.formats(
                grid.sheet, [(row, area.left + place) if (row := taken.first[place]) else None for place in places]
            ),
            problems=tuple(
                Problem(row, kind, at[col - area.left], value or None)
                for row, col, kind, value in taken.faults
                if col - area.left in at
            ),
            warnings=(
                *below,
                *(
                    f"blank-header: {letters(area.left + place)}{area.top}"
                    for place in range(len(texts))
                    if place not in at and taken.first[place]
                ),
                *([f"hidden-rows: {taken.hidden}"] if taken.hidden else []),
                *self._source.warnings,
            ),
            shown=tuple(texts[place] for place in places),
            binding=self._binding,
        )

    def _key(self, texts: Sequence[str]) -> Key:
        """How the headers of a block name inputs: labels count where the names are not all there."""
        return match_key if self._wanted.keys() <= set(map(match_key, texts)) else self._labels.key

    def _named(self, texts: Sequence[str]) -> list[str]:
        """The headers, labels of inputs being replaced by their names."""
        key, there = self._key(texts), set(map(match_key, texts))
        meant = [(key(text), text) for text in texts]
        return [self._wanted.get(name, text) if name not in there else text for name, text in meant]

    def _telling(self, texts: Sequence[str]) -> Collection[int]:
        """Places of the columns that make a row: in a template those it has, elsewhere all."""
        if self._binding is None:
            return range(len(texts))
        key, own = self._key(texts), set(map(match_key, self._labels.own))
        return {place for place, text in enumerate(texts) if key(text) in self._wanted or match_key(text) in own}

    def _below_table(self, grid: Grid, area: Area) -> tuple[str, ...]:
        """A warning when the area is a table's and goes on right below it: a program may have added rows there."""
        for table in self._source.tables:
            whole = table.area
            if table.sheet == grid.sheet and (whole.top, whole.left, whole.right) == (area.top, area.left, area.right):
                below = grid.header(whole.bottom + 1)[area.left - 1 : area.right]
                if area.bottom <= whole.bottom and any(value != "" for value in below):
                    return (f"rows-below-table: {letters(area.left)}{whole.bottom + 1}",)
        return ()


@dataclass(slots=True)
class _Taken:
    """What was taken of a block's rows so far: for each column how its cells are read, its pieces, and its first row
    with a value or 0.
    """

    readers: Sequence[Callable[[Sequence[Any]], Sequence[Any]]]
    numbers: list[pa.Array] = field(default_factory=list)
    columns: list[list[pa.Array]] = field(init=False)
    first: list[int] = field(init=False)
    faults: list[tuple[int, int, Any, str]] = field(default_factory=list)
    hidden: int = 0
    count: int = 0

    def __post_init__(self) -> None:
        self.columns = [[] for _ in self.readers]
        self.first = [0] * len(self.readers)

    def add(self, numbers: Sequence[int], rows: Sequence[Sequence[Any]], closer: Closer) -> None:
        """Take a batch of rows that are not wholly blank."""
        for place, given in enumerate(zip(*rows, strict=True)):
            values = self.readers[place](given)
            cells = [None if value == "" else value for value in values] if "" in values else values
            self.columns[place].append(column(cells))
            if not self.first[place]:
                self.first[place] = next((n for n, v in zip(numbers, cells, strict=True) if v is not None), 0)
        if closer.hidden:
            self.hidden += len(closer.hidden.intersection(numbers))
        if closer.faults:
            at = {number: row for row, number in enumerate(numbers, self.count)}
            self.faults += [(at[n], col, *fault) for (n, col), fault in sorted(closer.faults.items()) if n in at]
        self.numbers.append(pa.array(numbers, pa.int64()))
        self.count += len(numbers)


def _batches(
    grid: Grid, area: Area, faulty: set[int], telling: Collection[int], exact: int
) -> Iterator[tuple[list[int], list[Sequence[Any]]]]:
    """Sheet row numbers and cells of every row of the area that is not blank at all places that are `telling`, or that
    is faulty. Raises FileBroken when a row has not `exact` cells, where that is not 0.
    """
    all_tell = len(telling) == area.right - area.left + 1
    first, width = area.left - 1, area.right - area.left + 1
    blank = [""] * width
    numbers: list[int] = []
    rows: list[Sequence[Any]] = []
    below = [(number, ()) for number in sorted(faulty) if number > grid.area.bottom]
    for number, cells in chain(grid.rows(area.top, min(area.bottom, grid.area.bottom)), below):
        row = cells[first : first + width]
        if exact and len(cells) != exact and any(cells):
            raise FileBroken(Fault.WIDTH, f"row {number}")
        if len(row) < width:
            row = [*row, *blank[len(row) :]]
        filled = row.count("") < width and (all_tell or any(row[place] != "" for place in telling))
        if filled or number in faulty:
            numbers.append(number)
            rows.append(row)
            if len(rows) == BATCH_ROWS:
                yield numbers, rows
                numbers, rows = [], []
    if rows:
        yield numbers, rows


def _unique(texts: Sequence[str], wanted: dict[str, str]) -> tuple[str, ...]:
    """Headers made different from each other, without regard to case, by ' (2)', ' (3)', ... An input keeps its own."""
    taken = {match_key(text) for text in texts}
    exact = {match_key(text) for text in texts if wanted.get(match_key(text)) == text}
    made: list[str] = []
    seen: set[str] = set()
    for text in texts:
        name, key, number = text, match_key(text), 2
        free = key not in seen and (key not in exact or wanted[key] == text)
        while not free:
            name = f"{text} ({number})"
            number += 1
            free = match_key(name) not in seen | taken
        seen.add(match_key(name))
        made.append(name)
    return tuple(made)

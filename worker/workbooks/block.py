"""Read one block of rows, with true addresses and with what the fast reader hides. Needs no pandas: it also runs in
the child process, whose start has to be cheap.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.schema import match_key
from worker.workbooks import sheetscan
from worker.workbooks.addressing import Area, letters, quoted
from worker.workbooks.archive import FileLimits, part_name
from worker.workbooks.cells import column
from worker.workbooks.errors import Fault, FileBroken, NoInput
from worker.workbooks.finder import Finder, Grid, check_duplicates, from_header, shown
from worker.workbooks.package import Package, SheetPart
from worker.workbooks.places import Places
from worker.workbooks.styles import number_formats


@dataclass(frozen=True, slots=True)
class Block:
    """One block of rows: `columns` are Arrow columns (see cells) named by `headers`; the rest as in `Input`."""

    headers: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    sheet: str
    address: str
    rows: tuple[int, ...]
    letters: tuple[str, ...]
    formats: tuple[str, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


def read_block(
    path: str | os.PathLike[str], wanted: Sequence[str], where: str = "", limits: FileLimits | None = None
) -> Block:
    """The block that `where` names, or the only one whose header row holds all the columns `wanted`.

    `where` is '', a sheet, `Sheet!A1:F9`, a table or a defined name. Raises WorkbookError.
    """
    limits = limits or FileLimits()
    with Package(path, limits) as package, _calamine(package) as book:
        _check_layout(package)
        return _Reader(package, book, wanted, limits).read(where)


def _check_layout(package: Package) -> None:
    """The fast reader takes styles and strings for absent when they are not where everybody puts them, and would give
    numbers for dates. Raises FileBroken.
    """
    folder = package.workbook_part.rpartition("/")[0]
    for link in package.relationships(package.workbook_part):
        for kind in ("styles", "sharedStrings"):
            if link.leads_to(kind) and part_name(link.target) != part_name(f"{folder}/{kind}.xml"):
                raise FileBroken(Fault.UNUSUAL_LAYOUT, link.target)


@contextmanager
def _calamine(package: Package) -> Iterator[CalamineWorkbook]:
    # where there is such a name: the file that was checked is the one that is read, whatever happens to its path, and
    # the reader is not led astray by a wrong ending or a name that is not UTF-8
    opened = Path(f"/proc/self/fd/{package.archive.file.fileno()}")
    try:
        with CalamineWorkbook.from_path(opened if opened.exists() else package.path) as book:
            yield book
    except (CalamineError, OSError) as error:
        raise FileBroken(Fault.DAMAGED, str(error)[:200]) from None
    except BaseException as error:
        # a panic in Rust is no Exception, and its class cannot be imported
        if type(error).__name__ == "PanicException":
            raise FileBroken(Fault.DAMAGED, "the reader gave up") from None
        raise


class _Reader:
    def __init__(self, package: Package, book: CalamineWorkbook, wanted: Sequence[str], limits: FileLimits) -> None:
        self._package = package
        self._book = book
        self._wanted = {match_key(name): name for name in wanted}
        self._limits = limits
        self._suspect: dict[str, bool] = {}
        self._sheets = {sheet.name.casefold(): sheet for sheet in package.sheets if sheet.part}

    def read(self, where: str) -> Block:
        sheet, area = Places(self._package).find(where)
        if area is not None:
            grid = self._grid(self._sheets[sheet.casefold()])
            return self._extract(grid, from_header(grid, area, self._wanted))
        finder = Finder(tuple(self._wanted.values()), self._package.tables)
        for part in self._sheets.values():
            if part.name == sheet or (not sheet and not self._package.is_ours(part.name)):
                finder.look(self._grid(part))
        return self._extract(*finder.chosen())

    def _grid(self, sheet: SheetPart) -> Grid:
        part = sheet.part
        self._suspect[sheet.name] = sheetscan.survey(part, self._package.chunks(part), self._limits.cells_millions)
        cells = self._book.get_sheet_by_name(sheet.name)
        top, left = cells.start or (0, 0)
        return Grid(sheet.name, cells.to_python(skip_empty_area=True), top + 1, left + 1)

    def _extract(self, grid: Grid, area: Area) -> Block:
        """The block whose header is the top row of `area`."""
        used = grid.area
        area = Area(area.top, max(area.left, used.left), area.bottom, min(area.right, used.right))
        first, last = area.left - grid.left, area.right - grid.left
        texts = [shown(value) for value in grid.row(area.top)[first : last + 1]]
        kept = [place for place, text in enumerate(texts) if text.strip()]
        if not kept:
            raise NoInput(f"{quoted(grid.sheet)}!{area}", tuple(self._wanted.values()))
        check_duplicates(grid, area.top, (first, last), self._wanted)
        faults = self._faults(grid.sheet, area)
        numbers, rows = _data(grid, area, faults)
        values = list(zip(*rows, strict=True)) if rows else [() for _ in texts]
        warnings = self._below_table(grid, area) + tuple(
            f"blank-header: {letters(area.left + place)}{area.top}"
            for place in range(len(texts))
            if place not in kept and any(value != "" for value in values[place])
        )
        headers = _unique([texts[place] for place in kept], self._wanted)
        columns = [_blank_to_none(values[place]) for place in kept]
        where = {area.left + place: header for place, header in zip(kept, headers, strict=True)}
        at = {number: row for row, number in enumerate(numbers)}
        problems = tuple(
            Problem(at[row], kind, where[col], value or None)
            for (row, col), (kind, value) in sorted(faults.items())
            if col in where and row in at
        )
        bottom = numbers[-1] if numbers else area.top
        return Block(
            headers=headers,
            columns=tuple(column(cells) for cells in columns),
            sheet=grid.sheet,
            address=f"{quoted(grid.sheet)}!{Area(area.top, area.left, bottom, area.right)}",
            rows=tuple(numbers),
            letters=tuple(letters(number) for number in where),
            formats=self._formats(grid.sheet, numbers, list(where), columns),
            problems=problems,
            warnings=warnings,
        )

    def _below_table(self, grid: Grid, area: Area) -> tuple[str, ...]:
        """A warning when the area is a table's and goes on right below it: a program may have added rows there."""
        for table in self._package.tables:
            whole = table.area
            if table.sheet == grid.sheet and (whole.top, whole.left, whole.right) == (area.top, area.left, area.right):
                below = grid.row(whole.bottom + 1)[area.left - grid.left : area.right - grid.left + 1]
                if area.bottom <= whole.bottom and any(value != "" for value in below):
                    return (f"rows-below-table: {letters(area.left)}{whole.bottom + 1}",)
        return ()

    def _faults(self, sheet: str, area: Area) -> dict[sheetscan.Cell, tuple[ProblemKind, str]]:
        """Cells below the header that hold an error, or a formula without a stored value."""
        if not self._suspect[sheet]:
            return {}
        found = sheetscan.faults(self._part(sheet), self._package.chunks(self._part(sheet)), area)
        return {cell: fault for cell, fault in found.items() if cell[0] > area.top}

    def _part(self, sheet: str) -> str:
        return self._sheets[sheet.casefold()].part

    def _formats(
        self, sheet: str, numbers: Sequence[int], where: Sequence[int], columns: Sequence[Sequence[Any]]
    ) -> tuple[str, ...]:
        """The number format of each column's first cell that is not blank."""
        part = self._part(sheet)
        cells: list[sheetscan.Cell | None] = []
        for col, values in zip(where, columns, strict=True):
            row = next((row for row, value in zip(numbers, values, strict=True) if value is not None), None)
            cells.append((row, col) if row is not None else None)
        wanted = {cell for cell in cells if cell is not None}
        found = sheetscan.styles(part, self._package.chunks(part), wanted) if wanted else {}
        codes = number_formats(self._package) if found else {}
        return tuple(codes.get(found.get(cell, 0), "General") if cell else "General" for cell in cells)


def _data(grid: Grid, area: Area, faults: dict[sheetscan.Cell, Any]) -> tuple[list[int], list[Sequence[Any]]]:
    """Sheet row number and cells of every row below the header that is not wholly blank."""
    first, stop = area.left - grid.left, area.right - grid.left + 1
    blank = ("",) * (stop - first)
    faulty = {row for row, _ in faults}
    last = min(area.bottom, max([grid.area.bottom, *faulty]))
    numbers: list[int] = []
    rows: list[Sequence[Any]] = []
    for number in range(area.top + 1, last + 1):
        row = grid.row(number)[first:stop] or blank
        if number in faulty or row.count("") < len(row):
            numbers.append(number)
            rows.append(row)
    return numbers, rows


def _blank_to_none(values: Sequence[Any]) -> Sequence[Any]:
    return [None if value == "" else value for value in values] if "" in values else values


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

"""A file whose sheets hold cells: what a reader of blocks needs of it, whatever its format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
)

from worker.workbooks import sheetscan
from worker.workbooks.addressing import Area
from worker.workbooks.archive import FileLimits, part_name
from worker.workbooks.errors import Fault, FileBroken
from worker.workbooks.finder import Grid, reaching_down
from worker.workbooks.notices import notices
from worker.workbooks.package import DefinedName, Package, SheetPart, Table
from worker.workbooks.sheetscan import Cell, Closer
from worker.workbooks.styles import number_formats


class Source(Protocol):
    """An open file. `sheets` are those that hold cells."""

    @property
    def sheets(self) -> Sequence[SheetPart]:
        """The worksheets, in order."""

    @property
    def tables(self) -> Sequence[Table]:
        """The tables of all worksheets."""

    @property
    def names(self) -> Sequence[DefinedName]:
        """The defined names."""

    @property
    def ragged(self) -> bool:
        """Whether a row of another width than its header means that cells were lost or split."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of this file could not be told, whichever block is read."""

    def is_ours(self, sheet: str) -> bool:
        """Whether Sheetscore added that sheet."""

    def grid(self, sheet: str) -> Grid:
        """The cells of a sheet. Raises FileTooCostly."""

    def look_closer(self, sheet: str, area: Area) -> Closer:
        """Error cells, formulas without a stored value and hidden rows of an area of a sheet whose grid was read."""

    def formats(self, sheet: str, cells: Sequence[Cell | None]) -> tuple[str, ...]:
        """The number format of each of the cells, `General` for none."""

    def reader(self, header: str) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """What turns the cells of the column with that header into values."""


@contextmanager
def open_workbook(path: str | os.PathLike[str], limits: FileLimits) -> Iterator[Source]:
    """An Excel workbook (.xlsx, .xlsm and their templates). Raises WorkbookError."""
    with Package(path, limits) as package:
        _check_layout(package)
        # where there is such a name: the file that was checked is the one that is read, whatever happens to its path,
        # and the reader is not led astray by a wrong ending or a name that is not UTF-8
        opened = Path(f"/proc/self/fd/{package.archive.file.fileno()}")
        with calamine(opened if opened.exists() else package.path) as book:
            yield _Workbook(package, book, limits)


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
def calamine(path: Path) -> Iterator[CalamineWorkbook]:
    """The fast reader's view of a file; its errors and panics are FileBroken."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            yield book
    except PasswordError:
        raise FileBroken(Fault.PASSWORD) from None
    except (CalamineError, OSError) as error:
        raise FileBroken(Fault.DAMAGED, str(error)[:200]) from None
    except BaseException as error:
        # a panic in Rust is no Exception, and its class cannot be imported
        if type(error).__name__ == "PanicException":
            raise FileBroken(Fault.DAMAGED, "the reader gave up") from None
        raise


def as_they_are(cells: Sequence[Any]) -> Sequence[Any]:
    """The cells."""
    return cells


def grid_of(sheet: CalamineSheet) -> Grid:
    """A sheet of the fast reader. Its rows are made anew each time: a large one must not stand in memory twice."""
    top, left = sheet.start or (0, 0)
    bottom, right = sheet.end or (0, 0)
    area = Area(top + 1, left + 1, bottom + 1, right + 1)
    merged = (Area(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in sheet.merged_cell_ranges or ())
    blank = [""] * left

    def rows() -> Iterator[Sequence[Any]]:
        # the reader counts rows from 1, but leaves out blank columns before the first
        return (blank + row for row in sheet.iter_rows()) if left else sheet.iter_rows()

    return Grid(sheet.name, area, rows, reaching_down(merged))


class _Workbook:
    def __init__(self, package: Package, book: CalamineWorkbook, limits: FileLimits) -> None:
        self._package = package
        self._book = book
        self._limits = limits
        self._suspect: dict[str, bool] = {}
        self._parts = {sheet.name: sheet.part for sheet in package.sheets if sheet.part}
        self.sheets = tuple(sheet for sheet in package.sheets if sheet.part)
        self.tables = package.tables
        self.names = package.names
        self.warnings = tuple(notices(package))
        self.ragged = False

    def is_ours(self, sheet: str) -> bool:
        return self._package.is_ours(sheet)

    def grid(self, sheet: str) -> Grid:
        part = self._parts[sheet]
        self._suspect[sheet] = sheetscan.survey(part, self._package.chunks(part), self._limits.cells_millions)
        return grid_of(self._book.get_sheet_by_name(sheet))

    def look_closer(self, sheet: str, area: Area) -> Closer:
        if not self._suspect[sheet]:
            return Closer()
        return sheetscan.look_closer(self._parts[sheet], self._package.chunks(self._parts[sheet]), area)

    def formats(self, sheet: str, cells: Sequence[Cell | None]) -> tuple[str, ...]:
        wanted = {cell for cell in cells if cell is not None}
        part = self._parts[sheet]
        found = sheetscan.styles(part, self._package.chunks(part), wanted) if wanted else {}
        codes = number_formats(self._package) if found else {}
        return tuple(codes.get(found.get(cell, 0), "General") if cell else "General" for cell in cells)

    def reader(self, _header: str) -> Callable[[Sequence[Any]], Sequence[Any]]:
        return as_they_are

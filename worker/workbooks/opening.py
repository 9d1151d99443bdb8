"""Open a file of any kind that rows are read from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from worker.scoring.columns import ColumnType
from worker.scoring.readings import NOTHING_SAID, Conventions
from worker.workbooks import binaryscan, oldscan, opendocscan
from worker.workbooks.addressing import Area
from worker.workbooks.archive import FileLimits
from worker.workbooks.errors import FileTooCostly, Limit
from worker.workbooks.finder import Grid
from worker.workbooks.kinds import Kind
from worker.workbooks.package import DefinedName, SheetPart, Table
from worker.workbooks.sheetscan import Cell, Closer
from worker.workbooks.sources import Source, as_they_are, calamine, grid_of, open_workbook


@dataclass(frozen=True, slots=True)
class Told:
    """What the parent knows of a file that its bytes do not say."""

    kind: Kind = Kind.WORKBOOK
    name: str = ""
    written: Conventions = NOTHING_SAID
    types: Mapping[str, ColumnType] = field(default_factory=dict)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        types = {name: ColumnType(kind) for name, kind in told["types"].items()}
        return cls(Kind(told["kind"]), told["name"], Conventions(**told["written"]), types)


UNTOLD = Told()


@contextmanager
def open_source(path: str | os.PathLike[str], limits: FileLimits, told: Told = UNTOLD) -> Iterator[Source]:
    """A file of any kind. Raises WorkbookError."""
    if told.kind is Kind.CSV:
        from worker.workbooks.csvfile import CsvFile  # noqa: PLC0415 - what it needs, a workbook should not wait for

        yield CsvFile(Path(path), told.name, told.written, told.types, limits)
    elif told.kind is Kind.WORKBOOK:
        with open_workbook(path, limits) as source:
            yield source
    else:
        with calamine(Path(path)) as book:
            yield _Other(Path(path), book, told.kind, limits)


class _Other:
    """What only the fast reader knows: .xlsb, .xls, .ods. It gives blanks for error cells, and no names, tables,
    formats or hidden rows. Errors and hidden rows are looked up.
    """

    tables: tuple[Table, ...] = ()
    names: tuple[DefinedName, ...] = ()
    ragged = False
    warnings: tuple[str, ...] = ()

    def __init__(self, path: Path, book: CalamineWorkbook, kind: Kind, limits: FileLimits) -> None:
        self._path = path
        self._limits = limits
        self._book = book
        self._kind = kind
        self._most = limits.cells_millions * 1_000_000
        self.sheets = tuple(
            SheetPart(sheet.name, sheet.name, sheet.visible is not SheetVisibleEnum.Visible)
            for sheet in book.sheets_metadata
            if sheet.typ is SheetTypeEnum.WorkSheet
        )

    def is_ours(self, _sheet: str) -> bool:
        return False

    def grid(self, sheet: str) -> Grid:
        found = self._book.get_sheet_by_name(sheet)
        if found.height * found.width > 2 * self._most:
            raise FileTooCostly(Limit.CELLS, found.height * found.width, self._most, sheet)
        return grid_of(found)

    def look_closer(self, sheet: str, area: Area) -> Closer:
        if self._kind is Kind.BINARY:
            return binaryscan.look_closer(self._path, self._limits, sheet, area)
        if self._kind is Kind.OLD:
            return oldscan.look_closer(self._path, self._book.sheet_names.index(sheet), area)
        return opendocscan.look_closer(self._path, self._limits, sheet, area)

    def formats(self, _sheet: str, cells: Sequence[Cell | None]) -> tuple[str, ...]:
        return ("General",) * len(cells)

    def reader(self, _header: str) -> Callable[[Sequence[Any]], Sequence[Any]]:
        return as_they_are

"""A CSV file as a sheet called CSV: rows are records (RFC 4180), a cell is text until its column says what it is.

Columns that the endpoint takes as numbers, truth values or dates are read by the author's conventions: a decimal point,
commas between cells (semicolons where the comma is the decimal sign, tabs in a .tsv), ISO dates and UTF-8 where nobody
said otherwise. Other columns stay text, so that an identifier keeps its zeros.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from worker.scoring.columns import ColumnType
from worker.scoring.readings import Conventions, date_meant, number_meant
from worker.scoring.schema import match_key
from worker.workbooks.addressing import Area
from worker.workbooks.archive import FileLimits
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit
from worker.workbooks.finder import Grid
from worker.workbooks.package import DefinedName, SheetPart, Table
from worker.workbooks.sheetscan import Cell, Closer

SHEET = "CSV"
LONGEST_CELL = 1_000_000
# numbers of so few digits that nothing is lost, in the form that Arrow reads too
_PLAIN = r"^[+-]?[0-9]{1,8}(\.[0-9]{1,7})?$"
_TRUTHS = {"true": True, "false": False}

Reader = Callable[[Sequence[Any]], Sequence[Any]]


class CsvFile:
    """A source; see `sources.Source`. `types` are those of the endpoint's columns, by name; `name` is the file's."""

    sheets = (SheetPart(SHEET, SHEET),)
    tables: tuple[Table, ...] = ()
    names: tuple[DefinedName, ...] = ()
    warnings: tuple[str, ...] = ()
    ragged = True

    def __init__(
        self, path: Path, name: str, written: Conventions, types: Mapping[str, ColumnType], limits: FileLimits
    ) -> None:
        self._path = path
        self._limits = limits
        self._sign = written.decimal_sign or "."
        usual = "\t" if name.lower().endswith(".tsv") else ";" if self._sign == "," else ","
        self._separator = written.csv_separator or usual
        # with or without a byte order mark
        self._encoding = "utf-8-sig" if written.csv_encoding in ("", "utf-8") else written.csv_encoding
        self._order = written.date_order or "ymd"
        self._types = {match_key(name): kind for name, kind in types.items()}

    def is_ours(self, _sheet: str) -> bool:
        """Never."""
        return False

    def grid(self, _sheet: str) -> Grid:
        """All cells as text. Raises FileBroken, FileTooCostly."""
        rows = width = cells = 0
        most = self._limits.cells_millions * 1_000_000
        for row in self._rows():
            rows, width, cells = rows + 1, max(width, len(row)), cells + len(row)
            if cells > most:
                raise FileTooCostly(Limit.CELLS, cells, most)
        return Grid(SHEET, Area(1, 1, max(rows, 1), max(width, 1)), self._rows)

    def look_closer(self, _sheet: str, _area: Area) -> Closer:
        """A CSV file hides nothing."""
        return Closer()

    def formats(self, _sheet: str, cells: Sequence[Cell | None]) -> tuple[str, ...]:
        """It has none."""
        return ("General",) * len(cells)

    def reader(self, header: str) -> Reader:
        """What turns the texts of that column into what they are for the endpoint; what cannot be stays text."""
        kind = self._types.get(match_key(header), ColumnType.TEXT)
        if kind in (ColumnType.NUMBER, ColumnType.INTEGER):
            return partial(_numbers, self._sign)
        one: dict[ColumnType, Callable[[str], Any]] = {
            ColumnType.BOOLEAN: lambda text: _TRUTHS.get(text.strip().lower()),
            ColumnType.DATETIME: lambda text: date_meant(text, self._order),
        }
        return partial(_each, one[kind]) if kind in one else _as_they_are

    def _rows(self) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST_CELL)
        row = 0
        try:
            with self._path.open(encoding=self._encoding, newline="") as text:
                for row, cells in enumerate(csv.reader(text, delimiter=self._separator, strict=True), 1):  # noqa: B007
                    yield cells
        except UnicodeError:
            raise FileBroken(Fault.CSV_ENCODING, f"row {row + 1}") from None
        except csv.Error:
            raise FileBroken(Fault.NOT_CSV, f"row {row + 1}") from None


def _as_they_are(cells: Sequence[Any]) -> Sequence[Any]:
    return cells


def _each(read: Callable[[str], Any], cells: Sequence[Any]) -> Sequence[Any]:
    known: dict[str, Any] = {}
    for text in set(cells):
        value = read(text) if text else None
        known[text] = text if value is None else value
    return [known[text] for text in cells]


def _numbers(sign: str, cells: Sequence[Any]) -> Sequence[Any]:
    """Fast where all are plain numbers, else one by one."""
    texts = pa.array([text or None for text in cells], pa.string())
    if sign == ",":  # a point would part thousands: no plain number has one
        texts = pc.replace_substring(pc.replace_substring(texts, ".", " "), ",", ".")
    if pc.all(pc.match_substring_regex(texts, _PLAIN)).as_py():
        return ["" if number is None else number for number in texts.cast(pa.float64()).to_pylist()]
    return _each(partial(number_meant, decimal_sign=sign), cells)

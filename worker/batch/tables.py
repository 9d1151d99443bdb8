"""Tables as CSV or TSV files (RFC 4180, UTF-8, a header row): read with care, and written so that no text is code.

A file is read row by row in this process, which keeps only the columns that the endpoint takes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from worker.batch.errors import TableBroken, TableFault
from worker.batch.results import STATUS, Scores, distinct
from worker.endpoints.values import MOST_PROBLEMS, read_column
from worker.scoring import Column, ColumnType, MissingColumns, Problem, Schema, words
from worker.scoring.check import match_columns
from worker.workbooks import FileLimits, Input
from worker.workbooks.errors import FileTooCostly, Limit

LONGEST_ROW = 1_000_000
"""Bytes of one row. What has more is no table, and would have to be held in memory until that is known."""

csv.field_size_limit(2**31 - 1)  # a cell may be as long as its row; Python's own limit is 131,072 characters

_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=\s*[=+\-@])")

_reading = Lock()  # one at a time: cells take several times the memory until they are converted


def read_table(path: Path, schema: Schema, limits: FileLimits) -> Input:
    """The endpoint's inputs, found by their names as in a workbook. The header is row 1.

    Texts are read as those of a call in CSV; one that cannot be is a problem of its row. Empty lines are no rows.
    Raises TableBroken, FileTooCostly, MissingColumns, DuplicateColumns.
    """
    size = path.stat().st_size
    if size > limits.upload_mb * 1_000_000:
        raise FileTooCostly(Limit.FILE_BYTES, size, limits.upload_mb * 1_000_000)
    with _reading:
        names, cells = _read_cells(path, schema, limits.cells_millions * 1_000_000)
        columns: dict[str, pd.Series[Any]] = {}
        problems: list[Problem] = []
        for column, name in zip(schema.inputs, names, strict=True):
            columns[name], found = _convert(column, cells.pop(0))
            problems += [replace(problem, column=name) for problem in found]
    frame = pd.DataFrame(columns)
    return Input(frame, "", path.name, np.arange(2, len(frame) + 2), (), ("",) * len(names), tuple(problems), ())


def _read_cells(path: Path, schema: Schema, most_cells: int) -> tuple[list[str], list[list[str]]]:
    """Each input's name in the file, and its cells."""
    with path.open("rb") as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=_delimiter(path.name), strict=True)
        try:
            header = next(reader, [])
            places = match_columns(header, schema)
            if missing := [name for name in schema.input_names if name not in places]:
                raise MissingColumns(missing, header)
            taken = [places[name] for name in schema.input_names]
            cells: list[list[str]] = [[] for _ in taken]
            left = most_cells
            for found in reader:
                lines.bytes_of_row = 0
                row = found or [""] * (len(header) == 1)
                if not row:
                    continue
                if len(row) != len(header):
                    raise TableBroken(TableFault.WIDTH, reader.line_num, len(row), len(header))
                left -= len(taken)
                if left < 0:
                    raise FileTooCostly(Limit.CELLS, 0, most_cells)
                for place, column in zip(taken, cells, strict=True):
                    column.append(row[place])
        except csv.Error:
            raise TableBroken(TableFault.NOT_CSV, reader.line_num) from None
    return [header[place] for place in taken], cells


class _Lines:
    """The lines of a file as text, ended where a row grows too long. Whoever reads says where a row begins."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.bytes_of_row = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(iter(lambda: self._stream.readline(LONGEST_ROW + 1), b""), 1):
            self.bytes_of_row += len(line)
            if self.bytes_of_row > LONGEST_ROW:
                raise TableBroken(TableFault.LONG_ROW, number)
            try:
                yield (line.removeprefix(_BOM) if number == 1 else line).decode()
            except UnicodeDecodeError:
                raise TableBroken(TableFault.NOT_UTF8, number) from None


def _convert(column: Column, cells: list[str]) -> tuple[pd.Series[Any], list[Problem]]:
    """A column as a workbook would have it, and every cell of it that is none of its type."""
    if column.type is ColumnType.TEXT:
        known: dict[str, str] = {}
        cells = [known.setdefault(text, text) for text in cells]
    values, problems = read_column(column, cells)
    if len(problems) == MOST_PROBLEMS:  # there may be more; so many rows at a time cannot have more
        problems = [
            replace(problem, row=start + problem.row)
            for start in range(0, len(cells), MOST_PROBLEMS)
            for problem in read_column(column, cells[start : start + MOST_PROBLEMS])[1]
        ]
    if column.type is ColumnType.DATETIME:
        values = np.array(values, "datetime64[s]")
    return pd.Series(values), problems


def write_table(path: Path, name: str, scores: Scores, schema: Schema, *, more: bool = False) -> None:
    """The outputs and a Status, `ok` or the reason, in one line for each row of the input, in its order; `more` goes on
    in a file that was begun.

    `name` is what the file will be called; its ending says what separates the cells. Raises OSError.
    """
    reasons: dict[int, list[str]] = {}
    for problem in scores.problems:
        reasons.setdefault(problem.row, []).append(words.reason(problem))
    columns = [scores.outputs[output].tolist() for output in schema.output_names]
    with path.open("a" if more else "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=_delimiter(name))
        if not more:
            writer.writerow(map(harmless, distinct([*schema.output_names, STATUS])))
        for row, values in enumerate(zip(*columns, strict=True)):
            writer.writerow([*map(_cell, values), harmless(words.status(reasons.get(row, [])))])


def _cell(value: object) -> object:
    """NaN is a blank; numbers are written with every digit they have."""
    if isinstance(value, str):
        return harmless(value)
    return None if value != value else value  # noqa: PLR0124 - NaN


def harmless(text: str) -> str:
    """Text that a spreadsheet program would run as a formula gets an apostrophe before it; numbers stay as they are.

    Also within a text, behind what such a program may take for the end of a cell.
    """
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)


def _delimiter(name: str) -> str:
    return "\t" if name.lower().endswith(".tsv") else ","

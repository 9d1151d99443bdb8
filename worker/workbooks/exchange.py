"""Blocks and pages between parent and child: JSON for the facts, Arrow IPC files for what may be millions of rows.

The parent trusts nothing that it loads: a hostile file may have taken the child over.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from os import link
from pathlib import Path
from shutil import copyfile
from sys import intern
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from worker.scoring.binding import NAMES, Binding
from worker.scoring.errors import Problem, ProblemKind
from worker.workbooks.block import Block
from worker.workbooks.page import Cell, Chart, Page, Tint
from worker.workbooks.stored import load_columns, reader_of, save_columns

_CELLS = "cells-{}.arrow"
_PROBLEMS = "problems-{}.arrow"
_TEXTS = ("headers", "letters", "formats", "warnings", "shown")


def save_block(block: Block, folder: Path, number: int = 0) -> dict[str, Any]:
    """Write the cells of the block with that number into `folder`; the rest is returned as JSON values."""
    save_columns([block.rows, *block.columns], folder / _CELLS.format(f"read-{number}"))
    save_columns(_problem_columns(block), folder / _PROBLEMS.format(number))
    facts = {name: getattr(block, name) for name in ("sheet", "address", *_TEXTS)}
    return facts | {"binding": block.binding and asdict(block.binding)}


def _problem_columns(block: Block) -> list[pa.Array]:
    places = {header: place for place, header in enumerate(block.headers)}
    facts = [(p.row, p.kind, places[p.column or ""], p.value) for p in block.problems]
    kinds = (pa.int64(), pa.string(), pa.int64(), pa.string())
    return [pa.array([fact[place] for fact in facts], kind) for place, kind in enumerate(kinds)]


class StoredBlock:
    """The inverse of `save_block`: a block whose cells stay in their file until they are taken. Whatever else the child
    left raises some error or other.
    """

    def __init__(self, facts: dict[str, Any], folder: Path, number: int = 0) -> None:
        self._cells = folder / _CELLS.format(f"read-{number}")
        self.sheet = str(facts["sheet"])
        self.address = str(facts["address"])
        texts = {name: tuple(map(str, facts[name])) for name in _TEXTS}
        self.headers, self.letters = texts["headers"], texts["letters"]
        self.formats, self.warnings, self.shown = texts["formats"], texts["warnings"], texts["shown"]
        self.binding = load_binding(facts["binding"])
        self._starts = [0]
        with reader_of(self._cells) as reader:
            if reader.schema.types[:1] != [pa.int64()] or len(reader.schema) != len(self.headers) + 1:
                raise ValueError
            for place in range(reader.num_record_batches):
                batch = reader.get_batch(place)
                batch.validate(full=True)
                self._starts.append(self._starts[-1] + len(batch))
        self.count = self._starts[-1]
        self._problems = pa.table(load_columns(folder / _PROBLEMS.format(number)), ["row", "kind", "place", "value"])
        self._at = self._problems["row"].to_numpy()
        if {len(self.letters), len(self.formats), len(self.shown)} != {len(self.headers)}:
            raise ValueError

    def cells(self, start: int, stop: int) -> tuple[npt.NDArray[np.int64], list[pa.Array]]:
        """The numbers of some rows in their sheet, and their cells by column: only their batches are read."""
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._starts, stop)
        with reader_of(self._cells) as reader:
            batches = [reader.get_batch(place) for place in range(max(first, 0), min(last, reader.num_record_batches))]
            table = pa.Table.from_batches(batches, reader.schema)
        taken = table.slice(start - self._starts[max(first, 0)], stop - start).combine_chunks()
        rows, *columns = (column.combine_chunks() for column in taken.columns)
        return rows.to_numpy(), columns

    def problems(self, start: int, stop: int) -> list[Problem]:
        """What is wrong with cells of some rows, `row` counted from `start`."""
        first, last = np.searchsorted(self._at, (start, stop))
        rows = self._problems.slice(first, last - first).to_pydict()
        return [
            Problem(row - start, ProblemKind(kind), self.headers[place], value and intern(value))
            for row, kind, place, value in zip(*rows.values(), strict=True)
        ]


def load_binding(facts: dict[str, Any] | None) -> Binding | None:
    """What a child says of a workbook's binding."""
    return None if facts is None else Binding(**{name: str(facts[name]) for name in NAMES})


def save_pages(pages: Sequence[Page], folder: Path) -> list[dict[str, Any]]:
    """Leave the cells of each page in `folder`; the rest is returned as JSON values. A stored page's are not touched:
    its file gets a second name there.
    """
    saved = []
    for number, page in enumerate(pages):
        cells = folder / _CELLS.format(number)
        if page.stored is None:
            save_columns(page.columns, cells)
        else:
            _share(page.stored.path, cells)
        places = range(len(page.columns)) if page.stored is None else page.stored.places
        facts = {f.name: _plain(getattr(page, f.name)) for f in fields(Page) if f.name not in ("columns", "stored")}
        saved.append(facts | {"places": list(places)})
    return saved


def _share(file: Path, other: Path) -> None:
    """Make a file known by another name too, or copied where the file system has no such thing."""
    with suppress(OSError):
        link(file, other)
        return
    copyfile(file, other)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of a page
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return asdict(value) if isinstance(value, Cell | Chart | Tint) else value


def load_pages(saved: Sequence[dict[str, Any]], folder: Path) -> list[Page]:
    """The inverse of `save_pages`. The cells are mapped, not read: only the rows being written take memory."""
    made = []
    for number, facts in enumerate(saved):
        tuples: dict[str, Any] = {name: tuple(facts[name]) for name in ("headers", "formats", "marked")}
        tuples["cells"] = tuple(Cell(**values) for values in facts["cells"])
        tuples["charts"] = tuple(Chart(**values) for values in facts["charts"])
        tuples["links"] = tuple((row, to) for row, to in facts["links"])
        tuples["tints"] = tuple(Tint(**values) for values in facts["tints"])
        columns = load_columns(folder / _CELLS.format(number))
        tuples["columns"] = tuple(columns[place] for place in facts["places"])
        made.append(Page(**{name: value for name, value in facts.items() if name != "places"} | tuples))
    return made

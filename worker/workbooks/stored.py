"""Columns of cells in a file (Arrow IPC): written whole or piece by piece, and read no more of than is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from worker.workbooks.cells import fitted

BATCH_ROWS = 5_000
"""So many rows at most are read at once."""


def save_columns(columns: Iterable[pa.Array | pa.ChunkedArray], path: Path) -> None:
    """Write columns of cells of one length."""
    columns = list(columns)
    table = pa.table(columns, names=_numbered(len(columns)))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, BATCH_ROWS)


def load_columns(path: Path) -> list[pa.ChunkedArray]:
    """The inverse of `save_columns`, mapped and checked."""
    table = _mapped(path)
    table.validate(full=True)
    return list(table.columns)


@contextmanager
def reader_of(path: Path, places: Sequence[int] | None = None) -> Iterator[Any]:
    """Reads batches of the file, of the columns at these places only.

    Read, not mapped: what is mapped and was touched counts as this process's memory.
    """
    options = pa.ipc.IpcReadOptions(included_fields=None if places is None else list(places))
    with pa.OSFile(str(path)) as source:
        yield pa.ipc.open_file(source, options=options)


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """The cells of one column, an array at a time, as often as they are asked for."""

    path: Path
    place: int

    def __iter__(self) -> Iterator[pa.Array]:
        with reader_of(self.path, [self.place]) as reader:
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number).column(0)


@dataclass(frozen=True, slots=True)
class Stored:
    """A table in a file of our own that `save_columns` or `join` made: under `names[n]` its column at `places[n]`."""

    path: Path
    names: tuple[str, ...]
    places: tuple[int, ...]
    count: int

    def column(self, number: int) -> StoredColumn:
        """The cells under `names[number]`."""
        return StoredColumn(self.path, self.places[number])

    def columns(self) -> list[pa.ChunkedArray]:
        """All cells, mapped: they take no memory until they are looked at."""
        table = _mapped(self.path)
        return [table.column(place) for place in self.places]

    def ordered(self, order: Sequence[int]) -> Stored:
        """The same table with its columns in another order."""
        names, places = tuple(self.names[n] for n in order), tuple(self.places[n] for n in order)
        return replace(self, names=names, places=places)


def join(pieces: Sequence[Path], names: Sequence[str], kinds: Sequence[pa.DataType], path: Path) -> Stored:
    """One table of the rows of all pieces, whose columns get these types. Only a part of one piece is in memory."""
    schema, count = pa.schema(list(zip(_numbered(len(kinds)), kinds, strict=True))), 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for piece in pieces:
            with reader_of(piece) as reader:
                for number in range(reader.num_record_batches):
                    cells = reader.get_batch(number).columns
                    fit = [fitted(array, kind) for array, kind in zip(cells, kinds, strict=True)]
                    batch = pa.record_batch(fit, schema=schema)
                    writer.write_batch(batch)
                    count += len(batch)
    return Stored(path, tuple(names), tuple(range(len(names))), count)


def _mapped(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        table: pa.Table = pa.ipc.open_file(source).read_all()
    return table


def _numbered(count: int) -> list[str]:
    return [str(place) for place in range(count)]

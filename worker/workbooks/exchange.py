"""Blocks and pages between parent and child: JSON for the facts, Arrow IPC files for what may be millions of rows.

The parent trusts nothing that it loads: a hostile file may have taken the child over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from sys import intern
from typing import Any

import pyarrow as pa

from worker.scoring.errors import Problem, ProblemKind
from worker.workbooks.block import Block
from worker.workbooks.page import Page

_CELLS = "cells-{}.arrow"
_PROBLEMS = "problems.arrow"
_TEXTS = ("headers", "letters", "formats", "warnings")


def save_block(block: Block, folder: Path) -> dict[str, Any]:
    """Write the block's cells into `folder`; the rest is returned as JSON values."""
    _save([pa.array(block.rows, pa.int64()), *block.columns], folder / _CELLS.format("read"))
    _save(_problem_columns(block), folder / _PROBLEMS)
    return {name: getattr(block, name) for name in ("sheet", "address", *_TEXTS)}


def _problem_columns(block: Block) -> list[pa.Array]:
    places = {header: place for place, header in enumerate(block.headers)}
    facts = [(p.row, p.kind, places[p.column or ""], p.value) for p in block.problems]
    kinds = (pa.int64(), pa.string(), pa.int64(), pa.string())
    return [pa.array([fact[place] for fact in facts], kind) for place, kind in enumerate(kinds)]


def load_block(facts: dict[str, Any], folder: Path) -> Block:
    """The inverse of `save_block`. Whatever else the child left raises some error or other."""
    rows, *columns = _load(folder / _CELLS.format("read"))
    texts = {name: tuple(map(str, facts[name])) for name in _TEXTS}
    headers = texts["headers"]
    problems = tuple(
        Problem(row, ProblemKind(kind), headers[place], value and intern(value))
        for row, kind, place, value in zip(*(c.to_pylist() for c in _load(folder / _PROBLEMS)), strict=True)
    )
    return Block(
        columns=tuple(column.combine_chunks() for column in columns),
        rows=tuple(rows.to_pylist()),
        sheet=facts["sheet"],
        address=facts["address"],
        problems=problems,
        **texts,
    )


def save_pages(pages: Sequence[Page], folder: Path) -> list[dict[str, Any]]:
    """Write the cells of each page into `folder`; the rest is returned as JSON values."""
    for number, page in enumerate(pages):
        _save(page.columns, folder / _CELLS.format(number))
    return [{f.name: getattr(page, f.name) for f in fields(Page) if f.name != "columns"} for page in pages]


def load_pages(saved: Sequence[dict[str, Any]], folder: Path) -> list[Page]:
    """The inverse of `save_pages`. The cells are mapped, not read: only the rows being written take memory."""
    made = []
    for number, facts in enumerate(saved):
        texts = {name: tuple(facts[name]) for name in ("headers", "formats")}
        made.append(Page(**facts | texts, columns=tuple(_load(folder / _CELLS.format(number)))))
    return made


def _save(columns: Iterable[pa.Array | pa.ChunkedArray], path: Path) -> None:
    columns = list(columns)
    table = pa.table(columns, names=[str(place) for place in range(len(columns))])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _load(path: Path) -> list[pa.ChunkedArray]:
    with pa.memory_map(str(path)) as source:
        table: pa.Table = pa.ipc.open_file(source).read_all()
    table.validate(full=True)
    return list(table.columns)

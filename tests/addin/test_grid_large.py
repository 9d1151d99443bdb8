"""Large blocks: one read, few writes, and no more time than a person waits for."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import xlwings as xw

from addin import grid, memory

ROWS = 200_000


def large(rows: int) -> xw.Book:
    """A workbook with so many rows of 12 columns under headers, one cell of it selected."""
    values = np.arange(rows * 12, dtype=float).reshape(rows, 12).tolist()
    return memory.book({"A1": [[f"column {i}" for i in range(12)], *values]})


def test_a_block_is_read_at_once() -> None:
    """However long it is: its cells in one read, and its header row."""
    book = large(2000)
    before = book.impl.reads
    block = grid.read_selection(book)
    assert book.impl.reads - before == 2
    assert block.frame.shape == (2000, 12)
    before = book.impl.reads
    assert grid.is_unchanged(book, block)
    assert book.impl.reads - before == 2


def test_200_000_rows() -> None:
    """They are read, written beside and compared; nothing is lost at the seams of the writes."""
    book = large(ROWS)
    block = grid.read_selection(book)
    assert (block.area.address, len(block.frame)) == ("A2:L200001", ROWS)
    assert block.frame.iat[ROWS - 1, 11] == ROWS * 12 - 1
    area = grid.add_columns(book, block, ("score", "Status"))
    writes = book.impl.writes
    scores = pd.DataFrame({"score": np.arange(ROWS) / ROWS, "Status": pd.Series(["ok"] * ROWS, dtype=object)})
    grid.write(book, area, scores)
    assert book.impl.writes - writes == 4
    assert book.sheets[0]["M50001:M50002"].value == [49_999 / ROWS, 50_000 / ROWS]
    assert grid.is_unchanged(book, block)


def test_own_work_on_20_000_rows_takes_a_moment() -> None:
    """Frame and fingerprint of 20,000 x 12 cells: 0.1 s of processor time here; the limit allows for a slow machine."""
    book = large(20_000)
    raw = book.sheets[0]["A2:L20001"].raw_value
    start = time.process_time()
    grid.cells.fingerprint(grid.cells.as_columns(raw))
    assert time.process_time() - start < 1

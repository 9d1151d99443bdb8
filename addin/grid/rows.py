"""What tells one row of a sheet from another."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import xlwings as xw

from addin import excelfacts
from addin.grid.area import Area
from addin.grid.cells import as_columns, as_rows
from addin.grid.sheets import area_of, range_of


def surroundings(book: xw.Book, area: Area, data: Area | None = None) -> tuple[Area, ...]:
    """The cells left and right of an area that belong to its rows: those in the columns of `data`, where that runs
    beside the area; else everything that touches it.
    """
    beside = data is not None and data.sheet == area.sheet and data.top <= area.bottom <= data.bottom
    wide = data if data is not None and beside else area_of(range_of(book, area.row(0).column(0)).current_region)
    left = min(area.left, wide.right + 1) - wide.left
    start = max(area.right + 1, wide.left)
    parts = [replace(area, left=wide.left, columns=left), replace(area, left=start, columns=wide.right + 1 - start)]
    return tuple(part for part in parts if part.columns > 0)


def row_marks(book: xw.Book, area: Area, parts: Sequence[Area]) -> tuple[str, ...]:
    """For each row of an area a digest of its cells in some other areas of the same rows, blank ones left out."""
    if not parts:
        return ("",) * area.rows
    columns = [c for part in parts for c in as_columns(as_rows(excelfacts.exact_values(range_of(book, part))))]
    rows = zip(*columns, strict=True)
    filled = map(_filled, rows) if any(None in column for column in columns) else rows
    return tuple([blake2b(marshal.dumps(row, 2), digest_size=8).hexdigest() for row in filled])


def _filled(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([value for value in row if value is not None]) if None in row else row

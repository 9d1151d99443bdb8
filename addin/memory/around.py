"""Which cells of a store are in use, and which touch each other."""

from __future__ import annotations

from dataclasses import replace

from addin.grid.area import Area
from addin.memory.store import Store


def used(store: Store, sheet: str) -> Area:
    """The smallest rectangle around all values, A1 when there is none."""
    filled = [i for i, row in enumerate(store.rows, 1) if any(value is not None for value in row)]
    if not filled:
        return Area(sheet, 1, 1, 1, 1)
    left, right = 16_384, 1
    for row in store.rows[filled[0] - 1 : filled[-1]]:
        if any(value is not None for value in row[: left - 1]) or (left > 1 and row[left - 1 : left] != [None]):
            left = next((i for i, value in enumerate(row, 1) if value is not None), left)
        if len(row) > right:
            right = max(right, max((i for i, value in enumerate(row, 1) if value is not None), default=1))
    return Area(sheet, filled[0], left, filled[-1] - filled[0] + 1, right - left + 1)


def region(store: Store, area: Area) -> Area:
    """Everything that touches an area, corners included: Excel's current region."""
    while True:
        grown = _grown(store, area)
        if grown == area:
            return area
        area = grown


def _grown(store: Store, area: Area) -> Area:
    while area.top > 1 and _row(store, area, area.top - 1):
        area = replace(area, top=area.top - 1, rows=area.rows + 1)
    while _row(store, area, area.bottom + 1):
        area = replace(area, rows=area.rows + 1)
    while area.left > 1 and _column(store, area, area.left - 1):
        area = replace(area, left=area.left - 1, columns=area.columns + 1)
    while _column(store, area, area.right + 1):
        area = replace(area, columns=area.columns + 1)
    return area


def _row(store: Store, area: Area, row: int) -> bool:
    cells = store.rows[row - 1][max(area.left - 2, 0) : area.right + 1] if row <= len(store.rows) else []
    return any(value is not None for value in cells)


def _column(store: Store, area: Area, column: int) -> bool:
    rows = store.rows[max(area.top - 2, 0) : area.bottom + 1]
    return any(len(row) >= column and row[column - 1] is not None for row in rows)

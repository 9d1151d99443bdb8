"""Which cells of a store are in use, and which touch each other."""

from __future__ import annotations

from addin.grid.area import Area
from addin.memory.store import Store


def used(store: Store, sheet: str) -> Area:
    """The smallest rectangle around all values, A1 when there is none."""
    filled = [i for i, row in enumerate(store.rows, 1) if _is_filled(row)]
    if not filled:
        return Area(sheet, 1, 1, 1, 1)
    left, right = 16_384, 1
    for row in store.rows[filled[0] - 1 : filled[-1]]:
        if _is_filled(row[: left - 1]):
            left = next((i for i, value in enumerate(row, 1) if value is not None), left)
        if len(row) > right:
            right = max(right, max((i for i, value in enumerate(row, 1) if value is not None), default=1))
    return Area(sheet, filled[0], left, filled[-1] - filled[0] + 1, right - left + 1)


def _is_filled(cells: list[object]) -> bool:
    return cells.count(None) < len(cells)


def region(store: Store, area: Area) -> Area:
    """Everything that touches an area, corners included: Excel's current region."""
    top, left, bottom, right = area.top, area.left, area.bottom, area.right
    while True:
        before = top, left, bottom, right
        while top > 1 and _in_row(store, top - 1, left, right):
            top -= 1
        while _in_row(store, bottom + 1, left, right):
            bottom += 1
        while left > 1 and _in_column(store, left - 1, top, bottom):
            left -= 1
        while _in_column(store, right + 1, top, bottom):
            right += 1
        if before == (top, left, bottom, right):
            return Area(area.sheet, top, left, bottom - top + 1, right - left + 1)


def _in_row(store: Store, row: int, left: int, right: int) -> bool:
    """Whether anything stands in a row from one column before `left` to one after `right`."""
    if row > len(store.rows):
        return False
    return _is_filled(store.rows[row - 1][max(left - 2, 0) : right + 1])


def _in_column(store: Store, column: int, top: int, bottom: int) -> bool:
    rows = store.rows[max(top - 2, 0) : bottom + 1]
    return any(len(row) >= column and row[column - 1] is not None for row in rows)

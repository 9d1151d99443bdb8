"""Filters of a sheet in memory: by values, for ranges and for tables."""

# ruff: noqa: ANN401, ARG002 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlwings import base_classes

from addin.grid.area import Area


class Filter:
    """A filter that is on: its range, header included, and the rows it hides."""

    def __init__(self, area: Area) -> None:
        self.area = area
        self.hidden: set[int] = set()


class AutoFilter(base_classes.AutoFilter):
    """The filter of a range, or of a table (`owner`)."""

    def __init__(self, sheet: Any, area: Area, owner: Any) -> None:
        self._sheet = sheet
        self._area = area
        self._owner = owner if owner is not None else sheet

    def apply_values(self, field: int, values: Sequence[str]) -> None:
        """Show only rows with one of these texts in a column (from 1)."""
        found = self._owner.filter or Filter(self._area)
        cells = self._sheet.store.values(self._area.column(field - 1))
        wanted = {value.lower() for value in values}
        found.hidden |= {
            self._area.top + row
            for row, (value,) in enumerate(cells)
            if row and (f"{value:g}" if isinstance(value, float) else str(value or "")).lower() not in wanted
        }
        self._owner.filter = found

    def clear(self, field: int | None) -> None:
        """Show all rows again."""
        if self._owner.filter is not None:
            self._owner.filter.hidden.clear()

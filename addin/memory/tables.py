"""Excel tables of a sheet in memory."""

# ruff: noqa: ANN401, ARG002 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

import numbers
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from xlwings import base_classes

from addin.grid.area import Area
from addin.memory import com
from addin.memory.errors import ComError
from addin.memory.filters import AutoFilter, Filter


class Table(base_classes.Table):
    """A table. `whole` is all of it: header and totals as far as they are shown."""

    parent: Any = None
    name = ""
    display_name = ""
    show_totals = False

    def __init__(self, sheet: Any, name: str, whole: Area) -> None:
        self.parent = sheet
        self.name = self.display_name = name
        self.whole = whole
        self.filter: Filter | None = None
        self._hidden_names: list[str] | None = None

    @property
    def api(self) -> com.ListObject:
        """What Excel's ListObject tells."""
        return com.ListObject(self)

    def _at(self, area: Area) -> Any:
        return self.parent.range((area.top, area.left), (area.bottom, area.right))

    @property
    def show_headers(self) -> bool:
        """Whether the header row is shown."""
        return self._hidden_names is None

    @show_headers.setter
    def show_headers(self, value: bool) -> None:
        if value == self.show_headers:
            return
        header = self.whole.row(0) if self.show_headers else replace(self.whole, top=self.whole.top - 1, rows=1)
        if value:
            self.parent.store.put(header, [self._hidden_names or []])
            self.whole, self._hidden_names = self.whole.with_header(header.top), None
        else:
            self._hidden_names = self.names
            self.parent.store.clear(header)
            self.whole = replace(self.whole, top=self.whole.top + 1, rows=self.whole.rows - 1)

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        if self._hidden_names is not None:
            return self._hidden_names
        return [str(name) for name in self.parent.store.values(self.whole.row(0))[0]]

    @property
    def range(self) -> Any:
        """All of it."""
        return self._at(self.whole)

    @property
    def header_row_range(self) -> Any:
        """Its header row, None when that is hidden."""
        return self._at(self.whole.row(0)) if self.show_headers else None

    @property
    def data_body_range(self) -> Any:
        """Its data rows, None when there are none."""
        rows = self.whole.rows - self.show_headers - self.show_totals
        return self._at(replace(self.whole, top=self.whole.top + self.show_headers, rows=rows)) if rows else None

    @property
    def autofilter(self) -> AutoFilter:
        """Its filter."""
        return AutoFilter(self.parent, self.whole, self)

    @property
    def columns(self) -> Columns:
        """Its columns."""
        return Columns(self)

    def resize(self, cells: Any) -> None:
        """Take in other cells; the header row stays where it is."""
        self.whole = replace(cells.impl.area, sheet=self.whole.sheet)

    def rename(self, names: list[str]) -> None:
        """Give its columns other names."""
        if self._hidden_names is None:
            self.parent.store.put(self.whole.row(0), [[f"'{name}" for name in names]])
        else:
            self._hidden_names = names


class Column(base_classes.TableColumn):
    """A column of a table."""

    parent: Any = None
    index = 0

    def __init__(self, table: Table, index: int) -> None:
        self.parent = table
        self.index = index

    @property
    def name(self) -> str:
        """Its header."""
        return str(self.parent.names[self.index - 1])

    def delete(self) -> None:
        """Take it out of the table; what is beside the table moves left."""
        table, kept = self.parent, [*self.parent.names]
        del kept[self.index - 1]
        rows = range(table.whole.top, table.whole.bottom + 1)
        table.parent.store.shift_columns(table.whole.left + self.index - 1, -1, rows)
        table.whole = replace(table.whole, columns=table.whole.columns - 1)
        table.rename(kept)


class Columns(base_classes.TableColumns):
    """The columns of a table."""

    def __init__(self, table: Table) -> None:
        self.parent = table

    def __len__(self) -> int:
        return self.parent.whole.columns

    def __iter__(self) -> Iterator[Column]:
        return (Column(self.parent, i + 1) for i in range(len(self)))

    def __call__(self, key: str | float) -> Column:
        """A column by its name or place."""
        return Column(self.parent, int(key) if isinstance(key, numbers.Real) else self.parent.names.index(str(key)) + 1)

    def add(self, name: str, index: int | None) -> Column:
        """A new column, at the end unless an index is given. What stands there moves right."""
        table, names = self.parent, self.parent.names
        place = len(names) if index is None else index - 1
        at = table.whole.left + place
        beside = replace(table.whole, left=at, columns=1)
        if index is not None or any(value is not None for (value,) in table.parent.store.values(beside)):
            table.parent.store.shift_columns(at, 1, range(table.whole.top, table.whole.bottom + 1))
        table.whole = replace(table.whole, columns=len(names) + 1)
        table.rename([*names[:place], name, *names[place:]])
        return Column(table, place + 1)


class Tables(base_classes.Tables):
    """The tables of a sheet."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._listed: list[Table] = sheet.listed

    def __len__(self) -> int:
        return len(self._listed)

    def __iter__(self) -> Iterator[Table]:
        return iter(self._listed)

    def __call__(self, key: str | float) -> Table:
        """A table by its name or place. Raises ComError when there is none."""
        if isinstance(key, numbers.Real):
            return self._listed[int(key) - 1]
        for table in self._listed:
            if table.name == key:
                return table
        raise ComError(f"no table {key}")

    def __contains__(self, key: str) -> bool:
        return any(table.name == key for table in self)

    def add(
        self,
        source_type: object = None,
        source: Any = None,
        link_source: object = None,
        has_headers: bool = True,
        destination: object = None,
        table_style_name: str | None = None,
        name: str | None = None,
    ) -> Table:
        """Make a table of cells whose first row is the header."""
        if not has_headers:
            raise NotImplementedError("tables without headers")
        table = Table(self._sheet, name or f"Table{len(self) + 1}", source.impl.area)
        self._listed.append(table)
        table.rename(table.names)
        return table

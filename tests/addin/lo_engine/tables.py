"""Tables: LibreOffice's database ranges, which grow with inserted rows and carry their own filter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from tests.addin.lo_engine import com, filters, reading
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.filters import AutoFilter


class Tables(base_classes.Tables):
    """The tables of a sheet."""

    def __init__(self, sheet: Any) -> None:
        self.parent = sheet

    def __iter__(self) -> Iterator[Table]:
        document = self.parent.book.document
        return (Table(self.parent, each) for each in filters.named(document, self.parent.index - 1))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __call__(self, key: int | str) -> Table:
        found = list(self)
        if isinstance(key, int):
            return found[key - 1]
        for table in found:
            if table.name.lower() == key.lower():
                return table
        raise KeyError(key)

    def __contains__(self, key: str) -> bool:
        return key.lower() in {table.name.lower() for table in self}

    def add(self, source: Any, name: str | None = None, has_headers: bool = True, **_unused: Any) -> Table:
        if not has_headers:
            raise NotImplementedError("a table whose headers Excel makes up")
        box, every = source.impl.box, self.parent.book.document.DatabaseRanges
        if any(table.box.meets(box) for table in self):
            raise com.ComError("A table cannot overlap another table.")
        if name is None:
            name = next(free for i in range(1, 10_000) if not every.hasByName(free := f"Table{i}"))
        every.addNewByName(name, box.on(self.parent.index - 1))
        made = Table(self.parent, every.getByName(name))
        made.show_autofilter = True
        made.settle_headers()
        return made


class Table(base_classes.Table):
    """A table with a header row and without a totals row."""

    parent: Any = None
    insert_row_range = None
    totals_row_range = None
    show_totals = False

    def __init__(self, sheet: Any, database_range: Any) -> None:
        self.parent = sheet
        self.database_range = database_range

    @property
    def api(self) -> com.ListObject:
        return com.ListObject(self)

    @property
    def box(self) -> Box:
        """Its cells, header and data."""
        return filters.box(self.database_range)

    @property
    def name(self) -> str:
        return str(self.database_range.Name)

    @name.setter
    def name(self, value: str) -> None:
        self.database_range.Name = value

    display_name = name

    @property
    def range(self) -> Any:
        return self.parent.at(self.box)

    @property
    def show_headers(self) -> bool:
        return bool(self.database_range.ContainsHeader)

    @property
    def header_row_range(self) -> Any:
        return self.parent.at(self.box._replace(bottom=self.box.top)) if self.show_headers else None

    @property
    def data_body_range(self) -> Any:
        box = self.box._replace(top=self.box.top + self.show_headers)
        return self.parent.at(box) if box.rows else None

    @property
    def show_autofilter(self) -> bool:
        return bool(self.database_range.AutoFilter)

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self.database_range.AutoFilter = value

    @property
    def autofilter(self) -> AutoFilter:
        return AutoFilter(self.range)

    @property
    def columns(self) -> Columns:
        return Columns(self)

    def resize(self, range: Any) -> None:  # noqa: A002 - xlwings' name
        self.database_range.DataArea = range.impl.box.on(self.parent.index - 1)
        self.settle_headers()

    def settle_headers(self) -> None:
        """Excel's headers are text, never blank and never twice the same."""
        header = self.header_row_range
        if header is None:
            return
        settled: list[str] = []
        for place, text in enumerate(reading.formulas(header.document, header.cells)[0], 1):
            wanted, number = text or f"Column{place}", 1
            while wanted.lower() in map(str.lower, settled):
                number += 1
                wanted = f"{text or 'Column'}{number if text else place + number}"
            settled.append(wanted)
        header.cells.setDataArray((tuple(settled),))


class Columns(base_classes.TableColumns):
    """The columns of a table."""

    def __init__(self, table: Table) -> None:
        self.parent = table

    def __len__(self) -> int:
        return self.parent.box.columns

    def __iter__(self) -> Iterator[Column]:
        return (Column(self.parent, i + 1) for i in range(len(self)))

    def __call__(self, key: int | str) -> Column:
        for column in self:
            if key in {column.index, column.name}:
                return column
        raise KeyError(key)

    def add(self, name: str, index: int | None) -> Column:
        """A new column, at the end unless an index is given; what stands in its way moves right."""
        table, box = self.parent, self.parent.box
        index = index or len(self) + 1
        place = box._replace(left=box.left + index - 1, right=box.left + index - 1)
        if index <= len(self) or any(value is not None for (value,) in _values(table.parent.at(place))):
            table.parent.at(place).insert("right")
        table.database_range.DataArea = box._replace(right=box.right + 1).on(table.parent.index - 1)
        table.parent.at(place._replace(bottom=place.top)).cells.setDataArray(((name,),))
        table.settle_headers()
        return Column(table, index)


class Column(base_classes.TableColumn):
    """A column of a table."""

    parent: Any = None
    index = 0

    def __init__(self, table: Table, index: int) -> None:
        self.parent = table
        self.index = index

    @property
    def range(self) -> Any:
        box = self.parent.box
        return self.parent.parent.at(box._replace(left=box.left + self.index - 1, right=box.left + self.index - 1))

    @property
    def name(self) -> str:
        return str(self.range.cells.getCellByPosition(0, 0).getString())

    def delete(self) -> None:
        """Take it out of the table; what is beside the table moves left."""
        box = self.parent.box
        self.range.delete("left")
        self.parent.database_range.DataArea = box._replace(right=box.right - 1).on(self.parent.parent.index - 1)


def _values(cells: Any) -> list[list[Any]]:
    return reading.exact(cells.document, cells.cells)

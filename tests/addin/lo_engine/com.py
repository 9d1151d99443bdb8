"""What `.api` gives: names of Excel's object model that the add-in asks for, or that tests need to set up things."""
# ruff: noqa: N802, N803

from __future__ import annotations

from typing import Any

from addin.memory.errors import ComError
from tests.addin.lo_engine import filters, reading

_CHART = "com.sun.star.drawing.OLE2Shape"


def refuse_if(refused: bool, why: str) -> None:
    """Raises ComError with `why` if `refused`."""
    if refused:
        raise ComError(why)


class _Count:
    def __init__(self, count: int) -> None:
        self.Count = count


class Application:
    """Excel's Application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    @property
    def Ready(self) -> bool:
        """Whether calls are taken: false while a cell is being edited."""
        self._app.busy = max(0, self._app.busy - 1)
        return not self._app.busy

    @property
    def ActiveChart(self) -> Any:
        """The selected chart, None when something else is selected."""
        if not len(self._app.books):
            return None
        chosen = self._app.books.active.document.CurrentController.getSelection()
        is_shape = chosen.supportsService("com.sun.star.drawing.Shapes")
        return chosen if is_shape and chosen.Count == 1 and chosen.getByIndex(0).ShapeType == _CHART else None

    @property
    def ProtectedViewWindows(self) -> _Count:
        """The windows in Protected View."""
        return _Count(self._app.protected_views)


class Workbook:
    """Excel's Workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def ProtectStructure(self) -> bool:
        """Whether sheets cannot be added, moved or deleted."""
        return bool(self._book.document.isProtected())

    def Protect(self, Password: str = "", Structure: bool = True) -> None:
        """Protect the structure."""
        if Structure:
            self._book.document.protect(Password)

    def Unprotect(self, Password: str = "") -> None:
        """Take the protection away."""
        self._book.document.unprotect(Password)


class Worksheet:
    """Excel's Worksheet."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    @property
    def _filter(self) -> Any:
        return filters.on_sheet(self._sheet.book.document, self._sheet.index - 1)

    @property
    def ProtectContents(self) -> bool:
        """Whether locked cells refuse to be changed."""
        return bool(self._sheet.sheet.isProtected())

    def Protect(self, Password: str = "") -> None:
        """Protect the contents."""
        self._sheet.sheet.protect(Password)

    def Unprotect(self, Password: str = "") -> None:
        """Take the protection away."""
        self._sheet.sheet.unprotect(Password)

    @property
    def Comments(self) -> Any:
        """Its notes."""
        return self._sheet.sheet.Annotations

    @property
    def AutoFilterMode(self) -> bool:
        """Whether the sheet's own filter shows its arrows; tables have filters of their own."""
        return self._filter is not None and bool(self._filter.AutoFilter)

    @property
    def FilterMode(self) -> bool:
        """Whether the sheet's own filter hides rows."""
        return self._filter is not None and filters.is_hiding(self._filter)

    @property
    def AutoFilter(self) -> Filter | None:
        """The sheet's own filter."""
        return Filter(self._sheet, self._filter) if self.AutoFilterMode else None


class Filter:
    """Excel's AutoFilter."""

    def __init__(self, sheet: Any, database_range: Any) -> None:
        self._sheet = sheet
        self._database_range = database_range

    @property
    def FilterMode(self) -> bool:
        """Whether it hides rows."""
        return filters.is_hiding(self._database_range)

    @property
    def Range(self) -> Range:
        """The cells it filters, with their header."""
        return Range(self._sheet.at(filters.box(self._database_range)))


class ListObject:
    """Excel's ListObject: a table."""

    def __init__(self, table: Any) -> None:
        self._table = table

    @property
    def AutoFilter(self) -> Filter | None:
        """The table's filter, None when its arrows are switched off."""
        return Filter(self._table.parent, self._table.database_range) if self._table.show_autofilter else None


class ChartObject:
    """Excel's ChartObject: a chart's frame on a sheet."""

    def __init__(self, chart: Any) -> None:
        self._chart = chart

    def Select(self) -> None:
        """Select the chart."""
        self._chart.activate()

    Activate = Select


class Name:
    """Excel's Name."""

    def __init__(self, name: Any) -> None:
        self._name = name

    @property
    def Visible(self) -> bool:
        """Whether the user is shown the name."""
        return bool(self._name.is_visible)

    @Visible.setter
    def Visible(self, value: bool) -> None:
        self._name.is_visible = value


class Range:
    """Excel's Range."""

    def __init__(self, cells: Any) -> None:
        self._range = cells

    @property
    def Address(self) -> str:
        """Such as $A$1:$B$2,$D$1."""
        return str(self._range.address)

    @property
    def Areas(self) -> _Count:
        """Its rectangles."""
        return _Count(len(self._range.boxes))

    @property
    def Value2(self) -> Any:
        """The values with dates and currency as plain numbers."""
        rows = reading.exact(self._range.document, self._range.cells)
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else tuple(map(tuple, rows))

    @property
    def HasFormula(self) -> bool | None:
        """True, False, or None where some of the cells hold a formula."""
        found = reading.count_formulas(self._range.cells)
        return {0: False, self._range.box.rows * self._range.box.columns: True}.get(found)

    @property
    def Locked(self) -> bool | None:
        """True, False, or None where some of the cells are locked."""
        return self._range.locked

    @Locked.setter
    def Locked(self, value: bool) -> None:
        self._range.locked = value

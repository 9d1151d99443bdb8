"""What `.api` gives: objects that answer to the COM names that `addin.excelfacts` asks for, and a few for tests."""

# ruff: noqa: ANN401 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

from typing import Any

from addin.grid.area import Area


class Items:
    """A collection that is only counted."""

    def __init__(self, count: int) -> None:
        self.Count = count


class Application:
    """Excel itself."""

    def __init__(self, app: Any) -> None:
        self._app = app

    @property
    def Ready(self) -> bool:  # noqa: N802 - a COM name, as all in this module
        """False as long as the app is told to be busy."""
        self._app.busy = max(0, self._app.busy - 1)
        return not self._app.busy

    @property
    def ActiveChart(self) -> object:  # noqa: N802
        """The chart that is selected."""
        return self._app.chart

    @property
    def ProtectedViewWindows(self) -> Items:  # noqa: N802
        """Workbooks in Protected View."""
        return Items(self._app.protected_views)


class Workbook:
    """A workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def ProtectStructure(self) -> bool:  # noqa: N802
        """Whether sheets cannot be added."""
        return bool(self._book.structure_protected)

    def Protect(self, Structure: bool = True) -> None:  # noqa: N802, N803
        """Protect the structure."""
        self._book.structure_protected = Structure

    def Unprotect(self) -> None:  # noqa: N802
        """Take the protection off."""
        self._book.structure_protected = False


class AutoFilter:
    """A filter."""

    def __init__(self, found: Any, sheet: Any) -> None:
        self.FilterMode = bool(found.hidden)
        self.Range = sheet.range((found.area.top, found.area.left), (found.area.bottom, found.area.right)).api


class Worksheet:
    """A sheet."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    @property
    def ProtectContents(self) -> bool:  # noqa: N802
        """Whether locked cells refuse changes."""
        return bool(self._sheet.is_protected)

    def Protect(self) -> None:  # noqa: N802
        """Protect the sheet."""
        self._sheet.is_protected = True

    def Unprotect(self) -> None:  # noqa: N802
        """Take the protection off."""
        self._sheet.is_protected = False

    @property
    def Comments(self) -> Items:  # noqa: N802
        """Its notes."""
        return Items(len(self._sheet.noted))

    @property
    def AutoFilterMode(self) -> bool:  # noqa: N802
        """Whether the arrows of a filter are shown."""
        return self._sheet.filter is not None

    @property
    def FilterMode(self) -> bool:  # noqa: N802
        """Whether a filter hides rows."""
        return self._sheet.filter is not None and bool(self._sheet.filter.hidden)

    @property
    def AutoFilter(self) -> AutoFilter | None:  # noqa: N802
        """The filter of the sheet."""
        return None if self._sheet.filter is None else AutoFilter(self._sheet.filter, self._sheet)

    def locks(self, area: Area) -> bool:
        """Whether some cell of an area refuses changes."""
        return self.ProtectContents and not any(free.contains(area) for free in self._sheet.unlocked)


class ListObject:
    """A table."""

    def __init__(self, table: Any) -> None:
        self._table = table

    @property
    def AutoFilter(self) -> AutoFilter | None:  # noqa: N802
        """The filter of the table."""
        return None if self._table.filter is None else AutoFilter(self._table.filter, self._table.parent)


class Range:
    """Some cells."""

    def __init__(self, cells: Any) -> None:
        self._cells = cells

    @property
    def Areas(self) -> Items:  # noqa: N802
        """Its rectangles."""
        return Items(len(self._cells.areas))

    @property
    def Address(self) -> str:  # noqa: N802
        """The absolute address."""
        return str(self._cells.address)

    @property
    def HasFormula(self) -> bool | None:  # noqa: N802
        """True when all cells hold formulas, False when none does, None when some do."""
        store, area = self._cells.sheet.store, self._cells.area
        count = len(list(store.places(store.formulas, area)))
        return {0: False, area.rows * area.columns: True}.get(count)

    @property
    def Locked(self) -> bool | None:  # noqa: N802
        """Whether its cells refuse changes once the sheet is protected."""
        area, free = self._cells.area, self._cells.sheet.unlocked
        if any(found.contains(area) for found in free):
            return False
        return None if any(found.meet(area) for found in free) else True

    @Locked.setter
    def Locked(self, value: bool) -> None:  # noqa: N802
        """Lock the cells, or allow changes even when the sheet is protected."""
        free = self._cells.sheet.unlocked
        if value:
            free[:] = [area for area in free if not area.meet(self._cells.area)]
        else:
            free.append(self._cells.area)

    @property
    def Value2(self) -> Any:  # noqa: N802
        """The values without dates and currency: numbers with all their digits."""
        rows = self._cells.sheet.store.values(self._cells.area)
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else tuple(map(tuple, rows))

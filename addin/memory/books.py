"""Workbooks in memory."""

# ruff: noqa: ANN401 - xlwings types none of this, and hands over arguments that mean nothing here

from __future__ import annotations

from typing import Any

from xlwings import base_classes

from addin.grid.area import Area
from addin.memory import com
from addin.memory.errors import ComError
from addin.memory.names import Name, Names
from addin.memory.sheets import Sheet, Sheets


class Book(base_classes.Book):
    """A workbook with one sheet, which is never saved. `reads` and `writes` count those of its cells' values."""

    name = ""

    def __init__(self, app: Any, name: str) -> None:
        self._app = app
        self.name = name
        self.all_names: dict[str, Name] = {}
        self.structure_protected = False
        self.reads = 0
        self.writes = 0
        self.front = Sheet(self, "Sheet1")
        self.all_sheets = [self.front]
        self.selected = [Area("Sheet1", 1, 1, 1, 1)]
        app.open_books.insert(0, self)

    def check(self) -> None:
        """Raise ComError when Excel would refuse a call: the workbook is closed, or Excel is busy."""
        if self not in self._app.open_books:
            raise ComError("the workbook is closed")
        if self._app.busy:
            raise ComError("call was rejected by callee")

    @property
    def open_sheets(self) -> list[Sheet]:
        """The sheets, as long as the workbook is open."""
        self.check()
        return self.all_sheets

    @property
    def api(self) -> com.Workbook:
        """What Excel's Workbook object tells."""
        return com.Workbook(self)

    @property
    def app(self) -> Any:
        """The application it is open in."""
        return self._app

    @property
    def fullname(self) -> str:
        """Its name: it has no path."""
        return self.name

    @property
    def sheets(self) -> Sheets:
        """Its sheets."""
        return Sheets(self)

    @property
    def names(self) -> Names:
        """Its defined names."""
        return Names(self)

    def activate(self) -> None:
        """Bring it to the front."""
        self.check()
        self._app.open_books.remove(self)
        self._app.open_books.insert(0, self)

    def close(self) -> None:
        """Close it; whoever still holds it gets ComError."""
        self._app.open_books.remove(self)

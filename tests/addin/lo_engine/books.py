"""Workbooks: the spreadsheet documents that are open in the office."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xlwings import base_classes

from addin.memory import ComError
from tests.addin.lo_engine import com
from tests.addin.lo_engine.bridge import properties, uno
from tests.addin.lo_engine.names import Names
from tests.addin.lo_engine.sheets import Sheets

_WRITERS = {".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML", ".ods": "calc8"}


class Books(base_classes.Books):
    """The open workbooks."""

    api = None

    def __init__(self, app: Any) -> None:
        self.app = app

    def _documents(self) -> list[Any]:
        every, found = self.app.office.desktop.Components.createEnumeration(), []
        while every.hasMoreElements():
            component = every.nextElement()
            if component.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
                found.append(component)
        return found

    def __iter__(self) -> Iterator[Book]:
        return (Book(self.app, document) for document in self._documents())

    def __len__(self) -> int:
        return len(self._documents())

    def __contains__(self, key: str) -> bool:
        return key.lower() in {book.name.lower() for book in self}

    def __call__(self, key: int | str) -> Book:
        if isinstance(key, numbers.Number):
            return Book(self.app, self._documents()[key - 1])
        for book in self:
            if book.name.lower() == str(key).lower():
                return book
        raise KeyError(key)

    @property
    def active(self) -> Book:
        """The workbook in front. Raises ComError when none is open."""
        documents, current = self._documents(), self.app.office.desktop.getCurrentComponent()
        com.refuse_if(not documents, "No workbook is open.")
        return Book(self.app, current if current in documents else documents[-1])

    def add(self) -> Book:
        return self._load("private:factory/scalc")

    def open(self, fullname: str, *_unused: Any, **_unused_too: Any) -> Book:
        return self._load(Path(fullname).resolve().as_uri())

    def _load(self, url: str) -> Book:
        made = Book(self.app, self.app.office.desktop.loadComponentFromURL(url, "_blank", 0, ()))
        made.activate()
        return made


class Book(base_classes.Book):
    """One open workbook."""

    app: Any = None

    def __init__(self, app: Any, document: Any) -> None:
        self.app = app
        self._document = document

    @property
    def document(self) -> Any:
        """LibreOffice's document. Raises ComError when the workbook has been closed."""
        try:
            self._document.getURL()
        except uno().getClass("com.sun.star.lang.DisposedException"):
            raise ComError("The workbook has been closed.") from None
        return self._document

    @property
    def api(self) -> com.Workbook:
        return com.Workbook(self)

    @property
    def name(self) -> str:
        return Path(self.fullname).name

    @property
    def fullname(self) -> str:
        url = self.document.getURL()
        return str(uno().fileUrlToSystemPath(url)) if url else str(self.document.Title).replace("Untitled ", "Book")

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    def activate(self) -> None:
        self.document.CurrentController.Frame.activate()

    def close(self) -> None:
        self.document.close(True)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        target = Path(path or self.fullname).resolve()
        self.document.storeAsURL(target.as_uri(), properties(FilterName=_WRITERS[target.suffix]))

"""Excel's objects as our VBA meets them: each records what it was told."""
# ruff: noqa: N802, N803 - the names are Excel's

from __future__ import annotations

from typing import Any

from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter import EMPTY, NOTHING, VBAArray, VBAObject, member, method, setter


class Control(VBAObject):
    """An IRibbonControl."""

    def __init__(self, tag: str) -> None:
        self._tag = tag

    @member
    def Tag(self) -> str:
        return self._tag


class Ribbon(VBAObject):
    """An IRibbonUI that counts."""

    def __init__(self) -> None:
        self.drawn = 0
        self.redrawn: list[str] = []

    @method
    def Invalidate(self) -> None:
        self.drawn += 1

    @method
    def InvalidateControl(self, name: Any) -> None:
        self.redrawn.append(str(name))


class Named(VBAObject):
    """A defined name."""

    def __init__(self, name: str, refers_to: str) -> None:
        self._name, self._refers_to = name, refers_to

    @member
    def Name(self) -> str:
        return self._name

    @member
    def RefersTo(self) -> str:
        return self._refers_to


class Several(VBAObject):
    """A collection."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def vba_iterate(self) -> Any:
        return iter(self.items)


class Book(VBAObject):
    """A workbook; `links` is what it links to, `changed` what ChangeLink was asked for."""

    vba_type_name = "Workbook"

    def __init__(self, name: str, *, path: str = "", names: dict[str, str] | None = None) -> None:
        self.name, self.path = name, path
        self.names = [Named(*pair) for pair in (names or {}).items()]
        self.links: list[str] = []
        self.changed: list[tuple[Any, ...]] = []
        self.saved = True

    @member
    def Name(self) -> str:
        return self.name

    @member
    def FullName(self) -> str:
        return self.path + self.name

    @member
    def Names(self) -> Several:
        return Several(list(self.names))

    @member
    def Saved(self) -> bool:
        return self.saved

    @setter("Saved")
    def set_saved(self, value: bool) -> None:
        self.saved = bool(value)

    @member
    def IsAddin(self) -> bool:
        return True

    @setter("IsAddin")
    def set_is_addin(self, value: bool) -> None:
        pass

    @method
    def LinkSources(self, Type: Any) -> Any:
        return VBAArray([(1, len(self.links))], items=list(self.links)) if self.links else EMPTY

    @method
    def ChangeLink(self, Name: Any, NewName: Any, Type: Any) -> None:
        self.changed.append((Name, NewName, int(Type)))
        self.saved = False


class Sheet(VBAObject):
    """A worksheet of a book."""

    vba_type_name = "Worksheet"

    def __init__(self, name: str, book: Book) -> None:
        self._name, self._book = name, book

    @member
    def Name(self) -> str:
        return self._name

    @member
    def Parent(self) -> Book:
        return self._book


class Cells(VBAObject):
    """A range that called."""

    vba_type_name = "Range"


class Python(VBAObject):
    """What xlwings' library gives: records statements and calls; `fault` is raised by each when set."""

    def __init__(self, rim: Rim) -> None:
        self._rim = rim

    @method
    def Module(self, name: Any) -> Any:
        return str(name)

    @method
    def SetAttr(self, module: Any, name: Any, value: Any) -> None:
        self._rim.heard.append((str(module), str(name), value))

    @method
    def Exec(self, statement: Any) -> None:
        app = self._rim.app
        self._rim.heard.append(("exec", str(statement), (app.events, app.alerts)))
        self._rim.fail()

    @method
    def CallUDF(self, module: Any, name: Any, arguments: Any, book: Any, caller: Any) -> Any:
        self._rim.heard.append(("udf", str(module), str(name), len(list(arguments.items)), book, caller))
        self._rim.fail()
        return "answered"


class Excel(VBAObject):
    """Application."""

    vba_type_name = "Application"

    def __init__(self) -> None:
        self.events, self.alerts, self.status = True, True, False
        self.caller: Any = NOTHING
        self.wizard = False
        self.timers: list[tuple[str, bool]] = []
        self.due: Any = None
        self.described: list[dict[str, Any]] = []
        self.books: list[Book] = []

    @member
    def EnableEvents(self) -> bool:
        return self.events

    @setter("EnableEvents")
    def set_events(self, value: bool) -> None:
        self.events = bool(value)

    @member
    def DisplayAlerts(self) -> bool:
        return self.alerts

    @setter("DisplayAlerts")
    def set_alerts(self, value: bool) -> None:
        self.alerts = bool(value)

    @member
    def StatusBar(self) -> Any:
        return self.status

    @setter("StatusBar")
    def set_status(self, value: Any) -> None:
        self.status = value

    @member
    def Path(self) -> str:
        return "/Applications/Microsoft Excel.app/Contents"

    @member
    def Caller(self) -> Any:
        return self.caller

    @member
    def Workbooks(self) -> Several:
        return Several(list(self.books))

    @method
    def CommandBars(self, name: Any) -> Any:
        return self

    @method
    def Controls(self, index: Any) -> Any:
        return self

    @member
    def Enabled(self) -> bool:
        return not self.wizard

    @method
    def OnTime(self, EarliestTime: Any, Procedure: Any, LatestTime: Any, Schedule: Any) -> None:
        self.timers.append((str(Procedure), Schedule is not False))
        self.due = EarliestTime

    @method
    def MacroOptions(self, Macro: Any, Description: Any, Category: Any, ArgumentDescriptions: Any) -> None:
        arguments = [str(item) for item in getattr(ArgumentDescriptions, "items", [])]
        told = {"name": str(Macro), "purpose": str(Description), "category": str(Category), "arguments": arguments}
        self.described.append(told)


class Rim(VBAObject):
    """The world around: environment, files, settings, and what Python was told."""

    def __init__(self, settings: dict[str, str], files: set[str]) -> None:
        self.settings, self.files = settings, files
        self.app = Excel()
        self.heard: list[tuple[Any, ...]] = []
        self.asked: list[str] = []
        self.fault = ""
        self.variables = {"USERPROFILE": "C:\\Users\\her", "HOME": "/Users/her"}

    def fail(self) -> None:
        if self.fault:
            raise VBARuntimeError(1000, self.fault)

    @method
    def Variable(self, name: Any) -> str:
        return self.variables[str(name)]

    @method
    def IsFile(self, path: Any) -> bool:
        return str(path) in self.files

    @method
    def Setting(self, file: Any, name: Any) -> str:
        self.asked.append(str(file))
        return self.settings.get(str(name), "")

    @method(name="Python")
    def python(self) -> Python:
        return Python(self)

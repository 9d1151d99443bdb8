"""Our VBA in pyOpenVBA's interpreter: the text that the add-in file carries, with the rim of Excel handed in.

What the interpreter has not got is replaced by name: file access and xlwings' library, both xlwings' own text.
"""
# ruff: noqa: N802, N803 - the names are Excel's

from __future__ import annotations

import re
from typing import Any

from pyopenvba import ExcelFile
from pyopenvba.apps.excel import Application
from pyopenvba.apps.excel._bridge import ExcelBridge
from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter import EMPTY, NOTHING, Interpreter, VBAArray, VBAObject, member, method, setter
from pyopenvba.interpreter._preprocess import strip_directives
from pyopenvba.interpreter._runtime import UNRESOLVED

from addin.excel.build import MODULES, source, template
from addin.excel.stock import bridge

_RIM = """
Public Function Environ(ByVal name As String) As String
    Environ = Rim.Variable(name)
End Function
Public Function TheBridge() As Bridge
    Set TheBridge = New Bridge
End Function
Public Function PythonCommand(ByVal action As String, ByVal argument As String) As String
    PythonCommand = TheBridge().PythonCommand(action, argument)
End Function
Public Function XLPyCommand() As String
    XLPyCommand = TheBridge().XLPyCommand()
End Function
Public Function MacParameters(ByVal action As String, ByVal book As String) As String
    MacParameters = TheBridge().MacParameters(action, "", book)
End Function
"""

# xlwings' own procedures that read files or start its library, by their heads; what stands in for each.
_STAND_INS = {
    "Function XLPy()": "Set XLPy = Rim.Python()",
    "Function FileExists(ByVal FileSpec As String) As Boolean": "FileExists = Rim.IsFile(FileSpec)",
    "Function GetConfigFromFile(sFile As String, sName As String, Optional sValue As String) As Boolean": (
        "sValue = Rim.Setting(sFile, sName)\n    GetConfigFromFile = (sValue <> vbNullString)"
    ),
    "Public Function MacFailure() As String": 'MacFailure = Rim.Setting("log", "failure")',
}


def stock_text() -> str:
    """The xlwings module of xlwings' template."""
    with ExcelFile(template()) as book:
        return str(book.vba_project().get_module("xlwings").source)


def bridge_text() -> str:
    """The text of the class Bridge as the build makes it."""
    return bridge(stock_text(), source("Bridge.cls"))


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


class _Host(ExcelBridge):
    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(Application())
        self._names = names

    def global_object(self, name: str) -> Any:
        return self._names.get(name, UNRESOLVED)


class Desk:
    """Excel with our add-in open in it, on Windows or on a Mac."""

    def __init__(
        self, *, mac: bool = False, settings: dict[str, str] | None = None, files: set[str] | None = None
    ) -> None:
        where = "/Users/her/py/bin/python" if mac else "C:\\py\\python.exe"
        self.settings = {f"INTERPRETER_{'MAC' if mac else 'WIN'}": where, **(settings or {})}
        self.rim = Rim(self.settings, {where, *(files or ())})
        self.addin = Book("sheetscore.xlam", path="C:\\here\\")
        self.book = Book("Loans.xlsx", path="C:\\work\\")
        self.ribbon = Ribbon()
        self.names: dict[str, Any] = {
            "rim": self.rim,
            "application": self.rim.app,
            "thisworkbook": self.addin,
            "activeworkbook": self.book,
            "activesheet": Sheet("Data", self.book),
        }
        self.vba = Interpreter(_Host(self.names))
        self.vba.add_module(_RIM, name="RimModule")
        self.vba.add_module(_for_platform(_stand_in(bridge_text()), mac=mac), name="Bridge", kind="class")
        for name in MODULES:
            self.vba.add_module(_for_platform(source(f"{name}.bas"), mac=mac), name=name)
        self.vba.add_module(_for_platform(source("ThisWorkbook.cls"), mac=mac), name="Events")
        self.run("OnRibbonLoad", self.ribbon)

    def run(self, name: str, *arguments: Any) -> Any:
        """Run a procedure of any module."""
        return self.vba.run(name, list(arguments))

    def ask(self, name: str, *arguments: Any) -> Any:
        """Run a callback that answers in its last argument."""
        told = ", ".join(f"a{i}" for i in range(len(arguments)))
        probe = f"Probe{name}"
        body = f"    Dim answer As Variant\n    {name} {told}, answer\n    {probe} = answer"
        code = f"Function {probe}({told})\n{body}\nEnd Function"
        self.vba.add_module(code, name=probe)
        return self.run(probe, *arguments)

    @property
    def statements(self) -> list[str]:
        """What Python was told to run."""
        return [str(heard[1]) for heard in self.rim.heard if heard[0] == "exec"]

    @property
    def messages(self) -> list[str]:
        """What the person was told in a box."""
        return [dialog[1] for dialog in self.vba.dialogs]


def _stand_in(text: str) -> str:
    for head, body in _STAND_INS.items():
        pattern = rf"^{re.escape(head)}\n.*?^End Function$"
        (found,) = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
        text = text.replace(found, f"{head}\n    {body}\nEnd Function")
    return text.replace("        Kill MacLog()\n", "")


def _for_platform(text: str, *, mac: bool) -> str:
    text = text.replace("As IRibbonControl", "As Object").replace("As IRibbonUI", "As Object")
    text = text.replace("Private WithEvents app As Application", "Private app As Object")
    return str(strip_directives(text, constants={"Mac": mac, "Win64": not mac}))

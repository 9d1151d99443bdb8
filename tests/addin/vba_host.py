"""Our VBA in pyOpenVBA's interpreter: the text that the add-in file carries, with the rim of Excel handed in.

What the interpreter has not got is replaced by name: file access and xlwings' library, both xlwings' own text.
"""

from __future__ import annotations

import re
from typing import Any

from pyopenvba import ExcelFile
from pyopenvba.apps.excel import Application
from pyopenvba.apps.excel._bridge import ExcelBridge
from pyopenvba.interpreter import Interpreter
from pyopenvba.interpreter._preprocess import strip_directives
from pyopenvba.interpreter._runtime import UNRESOLVED

from addin.excel.build import MODULES, source, template
from addin.excel.stock import bridge
from tests.addin.vba_fakes import Book, Ribbon, Rim, Sheet

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

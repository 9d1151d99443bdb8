"""The worksheet functions' VBA, run and compared with addin.functions."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from pyopenvba.interpreter import NOTHING, VBAErrorValue

from addin.excel.build import MODULES, source
from tests.addin.vba_fakes import Cells
from tests.addin.vba_host import Desk

TEXT = source("Functions.bas")
HEADS = re.findall(r"^Public Function (\w+)\((.*)\) As Variant$", TEXT, re.MULTILINE)
ARGUMENTS: dict[str, list[Any]] = {
    "SCORE": ["data"],
    "SCORE_SCHEMA": [],
    "SCORE_SAMPLE": [],
    "SCORE_ENDPOINTS": [],
    "SCORE_STATUS": ["cell"],
}
NOT_AVAILABLE = 2042


def _desk(**options: Any) -> Desk:
    desk = Desk(**options)
    desk.rim.app.caller = Cells()
    return desk


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_function_hands_all_its_arguments_and_the_calling_cell_to_python(name: str) -> None:
    """And no workbook: xlwings would look through it for sheets named *.py and refuse, or run, what they hold."""
    desk = _desk()
    assert desk.run(name, *ARGUMENTS[name]) == "answered"
    ((kind, module, function, count, book, caller),) = desk.rim.heard
    assert (kind, module, function, book) == ("udf", "addin.functions", name, NOTHING)
    assert count == len([part for part in dict(HEADS)[name].split(", ") if part]) + 1
    assert caller is desk.rim.app.caller


@pytest.mark.parametrize("name", ARGUMENTS)
def test_in_the_function_wizard_nothing_is_asked(name: str) -> None:
    """The wizard calculates with every letter typed."""
    desk = _desk()
    desk.rim.app.wizard = True
    desk.run(name, *ARGUMENTS[name])
    assert desk.rim.heard == []


def test_a_score_that_fails_is_a_real_error_not_words() -> None:
    """A text counts as more than any number: IF(score>0.5, ...) would decide by it."""
    desk = _desk()
    desk.rim.fault = "Traceback ..."
    answer = desk.run("SCORE", "data")
    assert isinstance(answer, VBAErrorValue)
    assert answer.number == NOT_AVAILABLE


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - {"SCORE"}))
def test_the_other_functions_say_what_to_do(name: str) -> None:
    """Never a trace."""
    desk = _desk()
    desk.rim.fault = "Traceback ..."
    answer = desk.run(name, *ARGUMENTS[name])
    assert "sheetscore addin doctor" in answer
    assert "Traceback" not in answer


def test_on_a_mac_the_functions_say_that_they_are_not_there() -> None:
    """The ribbon is all that macOS has."""
    desk = _desk(mac=True)
    assert isinstance(desk.run("SCORE", "data"), VBAErrorValue)
    assert "Windows only" in desk.run("SCORE_STATUS", "cell")
    assert desk.rim.heard == []


def test_called_by_a_macro_nothing_is_asked() -> None:
    """There is no cell that the answer could belong to."""
    desk = Desk()
    desk.run("SCORE", "data")
    assert desk.rim.heard == []


def test_the_help_names_each_argument_within_what_excel_takes() -> None:
    """255 characters for each text."""
    desk = Desk()
    desk.run("RegisterHelp")
    described = {told["name"].split("!")[1]: told for told in desk.rim.app.described}
    assert set(described) == {name for name, _ in HEADS}
    for name, arguments in HEADS:
        told = described[name]
        assert len(told["arguments"]) == len([part for part in arguments.split(", ") if part]), name
        assert all(0 < len(text) <= 255 for text in [told["purpose"], *told["arguments"]])


def test_cells_can_call_the_five_functions_and_nothing_else() -> None:
    """A public function of a module can be called from any cell of any workbook: =RunPython("...") would run code.

    Subs cannot be, and what a class holds can be reached neither from a cell nor from a drawn button.
    """
    public = set()
    for name in MODULES:
        public |= set(re.findall(r"^(?:Public )?(?:Function|Property Get) (\w+)", source(f"{name}.bas"), re.MULTILINE))
    assert public == set(ARGUMENTS)


def test_no_public_sub_takes_text() -> None:
    """A drawn button of a workbook can run a public sub with texts and numbers of its own; objects it cannot make."""
    for name in MODULES:
        for sub, arguments in re.findall(r"^Public Sub (\w+)\((.*)\)", source(f"{name}.bas"), re.MULTILINE):
            first = arguments.split(", ")[0]
            assert first == "" or re.search(r" As (Object|Workbook|IRibbonControl|IRibbonUI)$", first), sub


def test_the_arguments_are_those_of_addin_functions() -> None:
    """Name for name, in order, and optional where they have a default; the calling cell comes last."""
    functions = pytest.importorskip("addin.functions")
    for name, text in HEADS:
        parameters = inspect.signature(getattr(functions, name)).parameters.values()
        wanted = [
            (parameter.name, parameter.default is not parameter.empty)
            for parameter in parameters
            if parameter.name != "origin"
        ]
        parts = [part for part in text.split(", ") if part]
        assert [
            (part.removeprefix("Optional ").split(" As ")[0], part.startswith("Optional ")) for part in parts
        ] == wanted

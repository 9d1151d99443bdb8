"""What is asked of Excel beside xlwings: on macOS by names of its dictionary, on Windows without endless calls."""

from __future__ import annotations

import ast
import inspect
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings as xw
from xlwings import mac_dict

from addin import excelfacts, memory
from addin.errors import GridError, GridFault


class Answer:
    """An appscript reference: `get` tells its value."""

    __module__ = "appscript.reference"

    def __init__(self, value: object = None, **properties: object) -> None:
        self._value = value
        self.__dict__.update({name: Answer(value) for name, value in properties.items()})

    def get(self) -> object:
        return self._value


class MissingValue:
    """What appscript gives for nothing."""

    def __str__(self) -> str:
        return "k.missing_value"


def on_mac(**properties: object) -> Any:
    """Something of Excel for macOS."""
    return SimpleNamespace(api=Answer(**properties))


def test_macos_is_asked_by_appscript_names() -> None:
    """The same facts come out."""
    assert excelfacts.has_formula(on_mac(has_formula=True)) is True
    assert excelfacts.has_formula(on_mac(has_formula=MissingValue())) is None
    assert excelfacts.is_structure_protected(on_mac(protect_structure=True))
    assert excelfacts.is_chart_active(on_mac(active_chart=MissingValue())) is False
    assert excelfacts.exact_values(on_mac(value2=[[1.5]])) == [[1.5]]
    assert excelfacts.is_in_protected_view(on_mac()) is False
    sheet = on_mac(protect_contents=True)
    assert excelfacts.is_protected(SimpleNamespace(sheet=sheet, **vars(on_mac(locked=True))))
    assert not excelfacts.is_protected(SimpleNamespace(sheet=sheet, **vars(on_mac(locked=False))))


def test_excel_for_macos_is_always_ready() -> None:
    """It has no word for it, and waits itself."""
    slept: list[float] = []
    excelfacts.wait_until_ready(on_mac(), slept.append)
    assert slept == []


def test_every_appscript_name_is_in_the_dictionary_of_excel() -> None:
    """The one that xlwings ships."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(excelfacts))) if isinstance(node, ast.Call)]
    asked = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in {"_ask", "_ask_object"}]
    names = {c.args[2].value for c in asked if isinstance(c.args[2], ast.Constant)}
    assert len(names) > 7
    assert names <= {name for name, _ in mac_dict.properties}


def test_a_refused_call_means_busy_and_is_not_repeated_without_end() -> None:
    """Xlwings wraps COM objects so that a refused call is made again for ever; the object within is asked instead."""

    class Refusing:
        asked = 0

        @property
        def Ready(self) -> bool:  # noqa: N802 - a COM name
            Refusing.asked += 1
            raise memory.ComError("call was rejected by callee")

    wrapped: Any = SimpleNamespace(api=SimpleNamespace(_inner=Refusing(), Ready=True))
    with pytest.raises(GridError) as caught:
        excelfacts.wait_until_ready(wrapped, lambda _: None, patience=1)
    assert caught.value.fault is GridFault.BUSY
    assert Refusing.asked == 5


def test_only_filters_that_hide_rows_have_ranges(sheet: xw.Sheet) -> None:
    """The sheet's own and those of tables."""
    sheet["A1"].value = [["x", None, "y"], ["a", None, "c"], ["b", None, "d"]]
    table = sheet.tables.add(source=sheet["C1:C3"], name="T")
    assert excelfacts.filtered_ranges(sheet) == []
    table.autofilter.apply_values(1, ["c"])
    assert excelfacts.filtered_ranges(sheet) == ["$C$1:$C$3"]
    table.autofilter.clear()
    sheet["A1:A3"].autofilter.apply_values(1, ["a"])
    assert excelfacts.filtered_ranges(sheet) == ["$A$1:$A$3"]


def test_an_advanced_filter_may_hide_any_row() -> None:
    """It is on, but has no arrows and no range."""
    sheet: Any = SimpleNamespace(
        api=SimpleNamespace(FilterMode=True, AutoFilterMode=False),
        tables=[],
        used_range=SimpleNamespace(address="$A$1:$C$9"),
    )
    assert excelfacts.filtered_ranges(sheet) == ["$A$1:$C$9"]
    filtering = SimpleNamespace(FilterMode=True, Range=SimpleNamespace(Address="$A$1:$A$3"))
    sheet.tables = [SimpleNamespace(api=SimpleNamespace(AutoFilter=filtering))]
    assert excelfacts.filtered_ranges(sheet) == ["$A$1:$A$3"]

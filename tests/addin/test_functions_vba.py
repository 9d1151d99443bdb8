"""The add-in's VBA turns what Python cannot say into a real #N/A; run in pyOpenVBA's interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter import NULL, VBAArray, VBAErrorValue

from addin.excel.build import source
from tests.addin.win_shim import windows

TEXT = source("Functions.bas")
XL_ERR_NA = 2042


@pytest.fixture(scope="module")
def errors() -> Any:
    """`WithErrors` of the add-in's module, callable."""
    found = [
        re.search(rf"Private Function {name}\(.*?End Function", TEXT, re.DOTALL) for name in ("WithErrors", "IsOneRow")
    ]
    code = "\n".join(part[0].replace("Private ", "Public ") for part in found if part)
    app = ExcelApplication()
    app.add_workbook()
    app.add_module(f"Const xlErrNA = {XL_ERR_NA}\n{code}", name="Functions")
    return lambda value: app.run("WithErrors", value)


def array(rows: list[Any]) -> VBAArray:
    """Rows as COM makes an array of them; None is Null."""
    deep = isinstance(rows[0], list)
    made = VBAArray([(0, len(rows) - 1), (0, len(rows[0]) - 1)] if deep else [(0, len(rows) - 1)])
    for at, value in cells(rows):
        made.set(at, NULL if value is None else value)
    return made


def cells(rows: list[Any]) -> Iterator[tuple[list[int], Any]]:
    """Each cell with its place."""
    for at, row in enumerate(rows):
        if isinstance(row, list):
            yield from (([at, column], value) for column, value in enumerate(row))
        else:
            yield [at], row


def test_null_becomes_na_in_one_cell(errors: Any) -> None:
    """And nothing else changes."""
    assert _shown(errors(NULL)) == "#N/A"
    assert [_shown(errors(value)) for value in (0.5, "=1+1", "", True)] == [0.5, "=1+1", "", True]


@pytest.mark.parametrize("rows", [
    [0.5, None, "text"],
    [[0.5, None], [None, "x"], [1.0, 2.0]],
    [[None], [2.0]],
])  # fmt: skip
def test_null_becomes_na_in_rows(errors: Any, rows: list[Any]) -> None:
    """In one row, which xlwings hands over as an array of one dimension, and in several."""
    found = errors(array(rows))

    wanted = [("#N/A" if value is None else value) for _, value in cells(rows)]
    assert [_shown(value) for _, value in cells(found)] == wanted


def test_the_arguments_of_the_vba_are_those_of_python() -> None:
    """Each function hands over what Python takes, in that order, the calling cell last; none runs in the wizard."""
    ours = dict(re.findall(r'Answer\("(\w+)", Array\((.*?)\),', TEXT))
    with windows() as excel:
        theirs = dict(
            re.findall(r'#Else\s+\w+ = XLPy.CallUDF\("addin.functions", "(\w+)", Array\((.*?)\)\)', excel.wrapper())
        )
    assert ours == theirs
    assert sorted(ours) == ["SCORE", "SCORE_ENDPOINTS", "SCORE_SAMPLE", "SCORE_SCHEMA", "SCORE_STATUS"]
    for name in ours:
        body = TEXT[TEXT.index(f"Public Function {name}(") :]
        assert body.splitlines()[1].strip() == "If IsWizardOpen() Then Exit Function"


def _shown(value: Any) -> Any:
    return "#N/A" if isinstance(value, VBAErrorValue) and value.number == XL_ERR_NA else value

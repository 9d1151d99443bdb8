"""A first contract: what is read off the model, what off the sample rows, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from onnx import TensorProto as T

from tests.endpoints import tiny
from worker.endpoints.inferring import MOST_CATEGORIES, infer
from worker.endpoints.rules import ModelMisfit
from worker.endpoints.trial import Graph, look_apart, score_apart
from worker.scoring.schema import ColumnType

OUT: dict[str, tuple[str, list[Any]]] = {"y": ("tensor(float)", [None, 1])}


def column(kind: str, cells: list[Any]) -> Any:
    """The one input of a contract inferred for a model that wants this kind."""
    return infer(Graph({"x": (f"tensor({kind})", 2)}, OUT), {"x": cells}).inputs[0]


def test_a_contract_that_can_be_published() -> None:
    """Names, types, categories, blanks and both classic outputs; the model scores its own sample rows."""
    cells = {
        "Purpose": ["car", "boat", "car", "boat", "house", "house"],
        "AMOUNT ": ["1200.5", None, "7", "8", "9", "10"],
        "Months": ["12", "6", "1", "2", "3", "4"],
        "Remark": ["", "", "", "", "", ""],
    }
    contract = infer(look_apart(tiny.credit()), cells)
    purpose, amount, months = contract.inputs
    assert (purpose.type, purpose.categories) == (ColumnType.TEXT, ("boat", "car", "house"))
    assert (amount.name, amount.type, amount.nullable) == ("AMOUNT ", ColumnType.NUMBER, True)
    assert (months.type, months.nullable) == (ColumnType.INTEGER, False)
    assert [(o.name, o.source, o.index) for o in contract.outputs] == [
        ("Scored Labels", "label", None),
        ("Scored Probabilities", "probabilities", 1),
    ]
    assert contract.sample[0] == {"Purpose": "car", "AMOUNT ": 1200.5, "Months": 12}
    renamed = infer(look_apart(tiny.credit()), {name.strip().title(): values for name, values in cells.items()})
    assert score_apart(renamed, tiny.credit())["Scored Labels"][:2] == ["yes", "no"]


@pytest.mark.parametrize(
    ("kind", "cells", "wanted"),
    [
        ("int64", ["1", "2"], "integer"),
        ("int64", ["true", "false"], "boolean"),
        ("int64", ["2024-02-29", "1999-12-31T10:00:00"], "datetime"),
        ("double", ["2024-02-29"], "datetime"),
        ("float", ["1", "2"], "number"),
        ("float", [True, False], "boolean"),
        ("bool", ["true"], "boolean"),
        ("string", ["1", "2"], "text"),
    ],
)
def test_types_are_what_the_model_takes_and_the_cells_are(kind: str, cells: list[Any], wanted: str) -> None:
    """The model's kind decides what is possible, the cells which of it."""
    assert column(kind, cells).type == wanted


def test_categories_are_few_values_that_repeat() -> None:
    """Names of people are no categories, and neither are many values."""
    assert column("string", ["a", "b"] * 2).categories == ("a", "b")
    assert column("string", ["a", "b", "c"]).categories == ()
    many = [str(i) for i in range(MOST_CATEGORIES + 1)]
    assert column("string", many * 5).categories == ()


def test_rows_that_the_contract_would_refuse_are_no_sample() -> None:
    """A blank for an input of the model that knows none: it stays an input without blanks."""
    contract = infer(Graph({"x": ("tensor(int64)", 2)}, OUT), {"x": ["1", None, "3"]})
    assert contract.inputs[0].nullable is False
    assert contract.sample == ({"x": 1}, {"x": 3})


def test_outputs_have_one_column_each() -> None:
    """Three classes are three outputs, beside the label."""
    outputs = {"label": ("tensor(string)", [None]), "p": ("tensor(float)", [None, 3])}
    contract = infer(Graph({"x": ("tensor(float)", 2)}, outputs), {"x": ["1"]})
    assert [(o.name, o.type, o.index) for o in contract.outputs] == [
        ("label", "text", None),
        *[(f"p {i}", "number", i) for i in range(3)],
    ]


@pytest.mark.parametrize(
    ("kind", "cells", "words"),
    [
        ("float", {"other": ["1"]}, "no column for the model's input 'x'"),
        ("float", {"x": ["abc"]}, "column 'x', for an input that is tensor.float.: 'abc' .not a number."),
        ("complex64", {"x": ["1"]}, "input 'x' is tensor.complex64., which no column can be"),
    ],
)
def test_what_does_not_go_together_is_said(kind: str, cells: dict[str, list[Any]], words: str) -> None:
    """Each difference by name."""
    with pytest.raises(ModelMisfit, match=words):
        infer(Graph({"x": (f"tensor({kind})", 2)}, OUT), cells)


def test_an_input_of_one_value_becomes_a_parameter() -> None:
    """It has no default until a person chooses one; the sample is scored with an example all the same."""
    contract = infer(look_apart(tiny.shifted([1], T.INT64)), {"x": ["1", "2"]})
    (shift,) = contract.parameters
    assert (shift.name, shift.type, shift.default) == ("shift", ColumnType.INTEGER, None)
    assert score_apart(contract, tiny.shifted([1], T.INT64)) == {"y": [1.0, 2.0]}
    with pytest.raises(ModelMisfit, match="there is none for a column"):
        infer(Graph({"shift": ("tensor(float)", 0)}, OUT), {})

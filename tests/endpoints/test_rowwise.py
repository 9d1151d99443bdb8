"""Only a model that gives each row, beside others, the very bits that it gives it alone may score calls together."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto as T
from onnx import helper

from tests.endpoints import greedy, tiny
from worker.endpoints.onnxmodel import OnnxSession
from worker.endpoints.rowwise import MOST_ROWS, ROWS, is_rowwise
from worker.scoring.errors import Rejected
from worker.scoring.schema import Columns, Schema, row_count

ONE = greedy.contract()


def of(nodes: list[object], constants: list[object] | None = None) -> OnnxSession:
    """A model of one number x that gives one number y."""
    return OnnxSession(tiny.model(nodes, [("x", T.FLOAT)], [("y", T.FLOAT, [None, 1])], constants))  # type: ignore[arg-type]


def trees() -> OnnxSession:
    """Two regression trees: y = (x <= 5 ? 1 : 2) + (x <= 500 ? 10 : 20)."""
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=[0, 0, 0, 1, 1, 1],
        nodes_nodeids=[0, 1, 2, 0, 1, 2],
        nodes_featureids=[0] * 6,
        nodes_values=[5.0, 0, 0, 500.0, 0, 0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"] * 2,
        nodes_truenodeids=[1, 0, 0, 1, 0, 0],
        nodes_falsenodeids=[2, 0, 0, 2, 0, 0],
        target_treeids=[0, 0, 1, 1],
        target_nodeids=[1, 2, 1, 2],
        target_ids=[0] * 4,
        target_weights=[1.0, 2.0, 10.0, 20.0],
    )
    return of([node])


def test_trees_and_arithmetic_score_each_row_for_itself() -> None:
    assert is_rowwise(trees().score, ONE)
    assert is_rowwise(of([helper.make_node("Neg", ["x"], ["y"])]).score, ONE)


@pytest.mark.parametrize(
    "mixing",
    [
        [helper.make_node("ReduceMean", ["x"], ["mean"]), helper.make_node("Sub", ["x", "mean"], ["y"])],
        [helper.make_node("CumSum", ["x", "axis"], ["y"])],
        [helper.make_node("Softmax", ["x"], ["y"], axis=0)],
    ],
    ids=["less the mean", "sum so far", "share of all"],
)
def test_a_model_that_looks_at_other_rows_is_found(mixing: list[object]) -> None:
    axis = helper.make_tensor("axis", T.INT64, [], [0])
    assert not is_rowwise(of(mixing, [axis]).score, ONE)


@pytest.mark.parametrize("size", range(2, MOST_ROWS + 1))
def test_one_bit_in_one_row_is_enough(size: int) -> None:
    """Another rounding, where so many rows are scored together."""

    def score(columns: Columns, _: Schema) -> Columns:
        x = columns["x"].copy()
        if row_count(columns) == size:
            x[-1] = np.nextafter(x[-1], np.inf)
        return {"y": x}

    assert not is_rowwise(score, ONE)


@pytest.mark.parametrize("operator", ["Elu", "Selu", "Softplus", "Sin", "Log", "Atan"])
def test_what_rounds_otherwise_for_small_numbers_is_found(operator: str) -> None:
    """A kernel takes four numbers at a time and what is over one by one, in another way."""
    assert not is_rowwise(of([helper.make_node(operator, ["x"], ["y"])]).score, ONE)


def test_rows_like_those_of_the_sample_are_tried() -> None:
    """Where others are of no use: this one mixes rows about 40,000 and no others."""
    near = Schema.from_dict({**ONE.to_dict(), "sample": [{"x": 40_000}]})

    def score(columns: Columns, _: Schema) -> Columns:
        x = columns["x"]
        return {"y": x + (np.abs(x - 40_000) < 30_000) * row_count(columns)}

    assert is_rowwise(score, ONE)
    assert not is_rowwise(score, near)


def test_blanks_are_tried() -> None:
    blank = Schema.from_dict({**ONE.to_dict(), "inputs": [{"name": "x", "type": "number", "nullable": True}]})

    def score(columns: Columns, _: Schema) -> Columns:
        return {"y": np.where(np.isnan(columns["x"]), row_count(columns), columns["x"])}

    assert is_rowwise(score, ONE)
    assert not is_rowwise(score, blank)


def test_a_model_that_draws_lots_is_not_shared() -> None:
    nodes = [helper.make_node("RandomNormalLike", ["x"], ["lot"]), helper.make_node("Add", ["x", "lot"], ["y"])]
    assert not is_rowwise(of(nodes).score, ONE)


def test_what_cannot_be_seen_is_not_believed() -> None:
    def refuse(_columns: Columns, _schema: Schema) -> Columns:
        raise Rejected("ModuleExecutionError", "No.")

    assert not is_rowwise(refuse, ONE)
    parameter = {"name": "p", "type": "number", "default": 1}
    with_parameter = Schema.from_dict({**ONE.to_dict(), "parameters": [parameter]})
    assert not is_rowwise(lambda columns, _: {"y": columns["x"]}, with_parameter)


def test_made_up_rows_are_of_the_contract() -> None:
    """Within bounds, of the categories, of every type."""
    contract = Schema.from_dict(
        {
            "inputs": [
                {"name": "n", "type": "number", "minimum": 3.2, "maximum": 3.4},
                {"name": "i", "type": "integer", "maximum": -7},
                {"name": "b", "type": "boolean"},
                {"name": "t", "type": "text", "categories": ["red", "blue"]},
                {"name": "free", "type": "text"},
                {"name": "d", "type": "datetime"},
            ],
            "outputs": [{"name": "y", "type": "number"}],
        }
    )
    seen: list[Columns] = []

    def score(columns: Columns, _: Schema) -> Columns:
        seen.append(columns)
        return {"y": columns["n"]}

    assert is_rowwise(score, contract)
    rows = {name: np.concatenate([part[name] for part in seen[:ROWS]]) for name in seen[0]}
    assert ((rows["n"] >= 3.2) & (rows["n"] <= 3.4)).all()
    assert len(set(rows["n"].tolist())) > ROWS / 2
    assert (rows["i"] <= -7).all()
    assert rows["i"].dtype == np.int64
    assert set(rows["b"].tolist()) == {True, False}
    assert set(rows["t"].tolist()) == {"red", "blue"}
    assert set(map(type, rows["free"].tolist() + rows["d"].tolist())) == {str}

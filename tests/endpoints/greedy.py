"""Tiny ONNX models that ask for too much: each is a few hundred bytes, takes `x` and gives `y`."""

from __future__ import annotations

from typing import Any

from onnx import TensorProto as T
from onnx import helper

from tests.endpoints import tiny
from worker.scoring.schema import Schema

_ONE = [None, 1]


def contract(rows: int = 1, **cells: Any) -> Schema:
    """One number in, one out; with sample rows of `cells`, or of x = 1."""
    sample = [cells or {"x": 1.0}] * rows
    return Schema.from_dict(
        {
            "inputs": [{"name": "x", "type": "number"}],
            "outputs": [{"name": "y", "type": "number", "source": "y"}],
            "sample": sample,
        }
    )


def tile(copies: int) -> bytes:
    """Writes `copies` copies of x side by side, 4 bytes each, then gives x."""
    nodes = [
        helper.make_node("Tile", ["x", "copies"], ["many"]),
        helper.make_node("ReduceMax", ["many"], ["y"], axes=[1]),
    ]
    return tiny.model(
        nodes, [("x", T.FLOAT)], [("y", T.FLOAT, _ONE)], [helper.make_tensor("copies", T.INT64, [2], [1, copies])]
    )


def tile_by_value() -> bytes:
    """Writes x copies of x side by side, then gives x: what it takes hangs on its input."""
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["number"], to=T.INT64),
        helper.make_node("Reshape", ["number", "one"], ["copies"]),
        helper.make_node("Concat", ["one", "copies"], ["shape"], axis=0),
        helper.make_node("Tile", ["x", "shape"], ["many"]),
        helper.make_node("ReduceMax", ["many"], ["y"], axes=[1]),
    ]
    return tiny.model(nodes, [("x", T.FLOAT)], [("y", T.FLOAT, _ONE)], [helper.make_tensor("one", T.INT64, [1], [1])])


def folded(copies: int) -> bytes:
    """As `tile`, of a constant: onnxruntime computes it when it loads the model."""
    nodes = [
        helper.make_node("Tile", ["constant", "copies"], ["many"]),
        helper.make_node("ReduceMax", ["many"], ["largest"], axes=[1]),
        helper.make_node("Add", ["x", "largest"], ["y"]),
    ]
    constants = [
        helper.make_tensor("copies", T.INT64, [2], [1, copies]),
        helper.make_tensor("constant", T.FLOAT, [1, 1], [1.0]),
    ]
    return tiny.model(nodes, [("x", T.FLOAT)], [("y", T.FLOAT, _ONE)], constants)


def loop() -> bytes:
    """Goes round as long as x is above 10, which is for ever; gives x."""
    value, truth = helper.make_tensor_value_info, T.BOOL
    body = helper.make_graph(
        [helper.make_node("Identity", ["go_in"], ["go_out"]), helper.make_node("Identity", ["v_in"], ["v_out"])],
        "body",
        [value("i", T.INT64, []), value("go_in", truth, []), value("v_in", T.FLOAT, _ONE)],
        [value("go_out", truth, []), value("v_out", T.FLOAT, _ONE)],
    )
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["largest"], keepdims=0),
        helper.make_node("Greater", ["largest", "ten"], ["go"]),
        helper.make_node("Loop", ["", "go", "x"], ["y"], body=body),
    ]
    return tiny.model(nodes, [("x", T.FLOAT)], [("y", T.FLOAT, _ONE)], [helper.make_tensor("ten", T.FLOAT, [], [10.0])])

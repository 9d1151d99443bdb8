"""Tiny ONNX models and their contracts, made by hand."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import TensorProto as T
from onnx import helper

from worker.scoring.schema import Schema

CONTRACT = {
    "inputs": [
        {"name": "Purpose", "type": "text", "categories": ["car", "house", "boat"], "description": "What it is for."},
        {"name": "Amount", "type": "number", "nullable": True, "minimum": 0, "unit": "EUR"},
        {"name": "Months", "type": "integer"},
    ],
    "outputs": [
        {"name": "Scored Labels", "type": "text", "source": "label"},
        {"name": "Scored Probabilities", "type": "number", "source": "probabilities", "index": 1, "format": "0.00"},
    ],
    "sample": [{"Purpose": "car", "Amount": 1200.5, "Months": 12}, {"Purpose": "boat", "Amount": None, "Months": 6}],
}


def contract(**changes: Any) -> Schema:
    """The contract of `credit`, with other inputs, outputs or sample."""
    return Schema.from_dict({**CONTRACT, **changes})


def model(
    nodes: list[onnx.NodeProto],
    inputs: list[tuple[str, int]],
    outputs: list[tuple[str, int, list[Any]]],
    initializers: list[onnx.TensorProto] | None = None,
    domains: tuple[str, ...] = (),
) -> bytes:
    """A model as file; each input is one column."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, [None, 1]) for name, kind in inputs],
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in outputs],
        initializers or [],
    )
    opsets = [("", 17), ("ai.onnx.ml", 3), *((domain, 1) for domain in domains)]
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets]
    return bytes(helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString())


def credit(weight: float = 0.1) -> bytes:
    """Scores p = sigmoid(purpose + Amount / 1000 + weight * Months - 2); label yes when p > 0.5. NaN stays NaN."""
    ml = {"domain": "ai.onnx.ml"}
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["Purpose"],
            ["purpose"],
            keys_strings=["car", "house", "boat"],
            values_floats=[0.5, -0.5, 0.0],
            **ml,
        ),
        helper.make_node("Cast", ["Months"], ["months"], to=T.FLOAT),
        helper.make_node("Mul", ["months", "weight"], ["weighted"]),
        helper.make_node("Mul", ["Amount", "thousandth"], ["amount"]),
        helper.make_node("Sum", ["purpose", "weighted", "amount", "bias"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], ["p"]),
        helper.make_node("Sub", ["one", "p"], ["q"]),
        helper.make_node("Concat", ["q", "p"], ["probabilities"], axis=1),
        helper.make_node("Greater", ["p", "q"], ["yes"]),
        helper.make_node("Cast", ["yes"], ["number"], to=T.INT64),
        helper.make_node("LabelEncoder", ["number"], ["label"], keys_int64s=[0, 1], values_strings=["no", "yes"], **ml),
    ]
    constants = {"weight": weight, "thousandth": 0.001, "bias": -2.0, "one": 1.0}
    return model(
        nodes,
        [("Purpose", T.STRING), ("Amount", T.FLOAT), ("Months", T.INT64)],
        [("label", T.STRING, [None, 1]), ("probabilities", T.FLOAT, [None, 2])],
        [helper.make_tensor(name, T.FLOAT, [1], [value]) for name, value in constants.items()],
    )


TYPES: dict[str, int] = {
    "number": T.DOUBLE,
    "integer": T.INT64,
    "boolean": T.BOOL,
    "text": T.STRING,
    "datetime": T.INT64,
}


def echo(**kinds: int) -> bytes:
    """A model that gives back each of its inputs unchanged, `in_x` as `out_x`."""
    kinds = kinds or dict(TYPES)
    return model(
        [helper.make_node("Identity", [f"in_{name}"], [f"out_{name}"]) for name in kinds],
        [(f"in_{name}", kind) for name, kind in kinds.items()],
        [(f"out_{name}", kind, [None, 1]) for name, kind in kinds.items()],
    )


def echo_contract(*kinds: str, nullable: bool = False, sample: tuple[dict[str, Any], ...] = ()) -> Schema:
    """The contract of `echo`, for some of its columns."""
    return Schema.from_dict(
        {
            "inputs": [{"name": f"in_{kind}", "type": kind, "nullable": nullable} for kind in kinds or TYPES],
            "outputs": [{"name": kind, "type": kind, "source": f"out_{kind}"} for kind in kinds or TYPES],
            "sample": list(sample),
        }
    )


def shifted(shape: list[Any], kind: int = T.FLOAT) -> bytes:
    """A model with a column `x` and a parameter `shift` of the shape given: score = x + shift."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["shift"], ["by"], to=T.FLOAT),
            helper.make_node("Add", ["x", "by"], ["y"]),
        ],
        "shifted",
        [
            helper.make_tensor_value_info("x", T.FLOAT, [None, 1]),
            helper.make_tensor_value_info("shift", kind, shape),
        ],
        [helper.make_tensor_value_info("y", T.FLOAT, [None, 1])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def shifted_contract(**changes: Any) -> Schema:
    """The contract of `shifted`; `changes` are those of its parameter."""
    parameter = {"name": "Shift", "type": "number", "source": "shift", "default": 0.5, "minimum": -9, "maximum": 9}
    return Schema.from_dict(
        {
            "inputs": [{"name": "x", "type": "number"}],
            "outputs": [{"name": "score", "type": "number", "source": "y"}],
            "parameters": [{name: value for name, value in (parameter | changes).items() if value is not None}],
            "sample": [{"x": 1.0}],
        }
    )

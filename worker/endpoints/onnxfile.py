"""Looks into an ONNX file without running anything: which operator sets it uses, whether it reads other files.

The messages below are the part of onnx.proto (onnx/onnx, ONNX 1.17) in which operators and tensors can stand. They are
parsed by the same protobuf rules as onnxruntime's, so nothing can be hidden from one and shown to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

STANDARD = frozenset({"", "ai.onnx", "ai.onnx.ml"})
"""Operator sets of the ONNX standard."""

_INT64, _STRING, _MESSAGE = 3, 9, 11
_OPTIONAL, _REPEATED = 1, 3
# message: field: (number, type), a message's name standing for the type
_FIELDS: dict[str, dict[str, tuple[int, int | str]]] = {
    "Model": {
        "ir_version": (1, _INT64),
        "graph": (7, "Graph"),
        "opset_import": (8, "OperatorSet"),
        "training_info": (20, "Training"),
        "functions": (25, "Function"),
    },
    "OperatorSet": {"domain": (1, _STRING), "version": (2, _INT64)},
    "Graph": {"node": (1, "Node"), "initializer": (5, "Tensor"), "sparse_initializer": (15, "SparseTensor")},
    "Training": {"initialization": (1, "Graph"), "algorithm": (2, "Graph")},
    "Function": {
        "node": (7, "Node"),
        "opset_import": (9, "OperatorSet"),
        "domain": (10, _STRING),
        "attribute_proto": (11, "Attribute"),
    },
    "Node": {"attribute": (5, "Attribute"), "domain": (7, _STRING)},
    "Attribute": {
        "t": (5, "Tensor"),
        "g": (6, "Graph"),
        "tensors": (10, "Tensor"),
        "graphs": (11, "Graph"),
        "sparse_tensor": (22, "SparseTensor"),
        "sparse_tensors": (23, "SparseTensor"),
    },
    "SparseTensor": {"values": (1, "Tensor"), "indices": (2, "Tensor")},
    "Tensor": {"external_data": (13, "Entry"), "data_location": (14, _INT64)},
    "Entry": {"key": (1, _STRING)},
}


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What was found: operator sets (`domains`), and whether a tensor lies in another file."""

    domains: frozenset[str]
    external: bool


def look_into(data: bytes) -> OnnxFile:
    """Raises ValueError when the bytes are no ONNX model."""
    model = _MODEL()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise ValueError("it is not written as ONNX files are") from None
    if model.ir_version < 1 or not model.graph:
        raise ValueError("it holds no graph")
    domains: set[str] = set()
    external = False
    for message in _messages(model):
        kind = message.DESCRIPTOR.name
        if kind in {"OperatorSet", "Function", "Node"}:
            domains.add(message.domain)
        elif kind == "Tensor":
            external |= bool(message.external_data) or bool(message.data_location)
    return OnnxFile(frozenset(domains), external)


def _messages(message: Any) -> Iterator[Any]:  # noqa: ANN401 - made at run time
    todo = [message]
    while todo:
        message = todo.pop()
        yield message
        for field, value in message.ListFields():
            if field.message_type is not None:
                todo.extend(value)


def _model_class() -> Any:  # noqa: ANN401 - made at run time
    package = "sheetscore.onnx"
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto2")
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            if isinstance(kind, int):
                message.field.add(name=field, number=number, label=_OPTIONAL, type=kind)
            else:  # read as repeated even where ONNX has one: what stands twice is then seen twice, whoever would win
                link = f".{package}.{kind}"
                message.field.add(name=field, number=number, label=_REPEATED, type=_MESSAGE, type_name=link)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.Model"))


_MODEL = _model_class()

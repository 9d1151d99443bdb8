"""One ONNX model in memory: does it fit a contract, and what does it score."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.endpoints.deadline import WATCH
from worker.endpoints.onnxfile import STANDARD, look_into
from worker.endpoints.rules import (
    MODEL_BYTES,
    ExternalData,
    ForeignOperators,
    ModelMisfit,
    ModelTooCostly,
    ModelTooLarge,
    NotAModel,
)
from worker.endpoints.runtime import MEMORY_BYTES, lacks_memory, native, onnxruntime, session_options
from worker.endpoints.values import objects, read_column
from worker.scoring.errors import BadAnswer, EndpointError, Rejected, TimedOut, TooLarge
from worker.scoring.limits import Limits
from worker.scoring.schema import Column, Columns, ColumnType, Output, Parameter, Schema, row_count

Feeds = dict[str, npt.NDArray[Any]]
Feeder = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]

CALL_SECONDS = Limits().call_seconds
SLICE_ROWS = 5_000
"""Rows scored by one run: more fall out of the processor's cache (research: 423 against 533 ms for 100,000)."""

FEW_ROWS = 64
"""Up to here the numbers of a call are one array, looked at and converted in one go."""

FAILURES = (
    native.EPFail,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NoModel,
    native.NoSuchFile,
    native.NotImplemented,
    native.RuntimeException,
    MemoryError,
    RuntimeError,
    ValueError,
)

FLOAT, DOUBLE, INT64, STRING, BOOL = (f"tensor({name})" for name in ("float", "double", "int64", "string", "bool"))

# What a model may declare for a column; for those marked nullable, what can also hold a null.
_INPUTS = {
    ColumnType.NUMBER: (FLOAT, DOUBLE),
    ColumnType.INTEGER: (INT64, FLOAT, DOUBLE),
    ColumnType.BOOLEAN: (BOOL, INT64, FLOAT, DOUBLE),
    ColumnType.TEXT: (STRING,),
    ColumnType.DATETIME: (INT64, DOUBLE),
}
_NULLS = (FLOAT, DOUBLE, STRING)
_OUTPUTS = {
    ColumnType.NUMBER: (FLOAT, DOUBLE, INT64),
    ColumnType.INTEGER: (INT64,),
    ColumnType.BOOLEAN: (BOOL,),
    ColumnType.TEXT: (STRING,),
    ColumnType.DATETIME: (INT64,),
}
_WHOLE_FLOAT32 = 2**24  # up to here float32 holds every integer
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)
_NUMPY = {FLOAT: np.float32, DOUBLE: np.float64, INT64: np.int64, BOOL: np.bool_}


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which column becomes which input, and how. `floats` are the numbers that the model takes as float32, [n, 1];
    `wanted` are the model's names of what `read` makes outputs of: which of them each is made of.
    """

    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    floats: list[tuple[str, str]]
    others: list[tuple[str, str, Feeder]]
    wanted: list[str]
    read: list[tuple[Output, int]]

    def feeds(self, columns: Columns) -> Feeds:
        """Raises Rejected where a value would be changed beyond rounding."""
        feeds = {name: feed(columns[column]) for column, name, feed in self.others}
        if row_count(columns) <= FEW_ROWS and self.floats:
            numbers = np.array([columns[column] for column, _ in self.floats])
            if np.fmax.reduce(np.abs(numbers), axis=None, initial=0) <= _LARGEST_FLOAT32:
                parts = numbers.astype(np.float32)[:, :, np.newaxis]
                return feeds | {name: part for (_, name), part in zip(self.floats, parts, strict=True)}
        return feeds | {name: _float32(columns[column], column)[:, np.newaxis] for column, name in self.floats}


class OnnxSession:
    """A model ready to run, used by any number of threads at once."""

    def __init__(self, data: bytes) -> None:
        """Raises ModelTooLarge, NotAModel, ForeignOperators, ExternalData, ModelTooCostly."""
        _refuse(data)
        try:
            self._session = onnxruntime.InferenceSession(data, session_options(), providers=["CPUExecutionProvider"])
        except FAILURES as error:
            if lacks_memory(error):
                raise ModelTooCostly("memory", MEMORY_BYTES) from None
            raise NotAModel(_first_line(error)) from None
        self._inputs = {i.name: (i.type, len(i.shape)) for i in self._session.get_inputs()}
        self._single = {i.name for i in self._session.get_inputs() if all(size == 1 for size in i.shape)}
        self._plan: _Plan | None = None
        self._names: dict[str, str] = {_plain(name): name for name in self._inputs} | {
            name: name for name in self._inputs
        }

    def check_fit(self, schema: Schema) -> None:
        """Raises ModelMisfit, naming every difference between the model and the contract."""
        given = (*schema.inputs, *schema.parameters)
        fed = [self._name(column) for column in given]
        faults = [f"the model wants {name!r}, which is no input" for name in self._inputs if name not in fed]
        faults += [f"two inputs would be fed to {name!r}" for name in self._inputs if fed.count(name) > 1]
        for column in given:
            faults += self._input_faults(column)
        for output in schema.outputs:
            faults += _output_faults(output, self.outputs)
        if faults:
            raise ModelMisfit(faults)

    @property
    def inputs(self) -> dict[str, tuple[str, int]]:
        """The model's inputs: type as onnxruntime names it, number of dimensions, 0 for one that is a single value."""
        return {name: (kind, 0 if name in self._single else rank) for name, (kind, rank) in self._inputs.items()}

    @property
    def outputs(self) -> dict[str, tuple[str, list[Any]]]:
        """The model's outputs: type, and shape with None or a name for what is not fixed."""
        return {o.name: (o.type, list(o.shape)) for o in self._session.get_outputs()}

    def score(self, columns: Columns, schema: Schema, seconds: float = CALL_SECONDS) -> Columns:
        """Every output of the schema, whose parameters all have a value.

        Raises Rejected when the model cannot take the values, BadAnswer when it gives another number of rows than it
        got, TimedOut when it takes longer than `seconds`, TooLarge when these rows take it more than MEMORY_BYTES.
        """
        rows = row_count(columns)
        plan = self._planned(schema)
        feeds = plan.feeds(columns)
        single: Feeds = {}
        for parameter in schema.parameters:
            name, value = self._name(parameter), self._value(parameter)
            if name in self._single:
                single[name] = value
            else:
                feeds[name] = np.repeat(value, rows, axis=0)
        with WATCH.run(seconds) as options:
            try:
                parts = [self._session.run(plan.wanted, part | single, options) for part in _slices(feeds, rows)]
            except FAILURES as error:
                raise _failed(error, seconds if options.terminate else None) from None
        whole = parts[0] if len(parts) == 1 else [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]
        if {*map(len, whole)} != {rows}:
            raise BadAnswer("the model gave another number of rows than it got")
        return {output.name: _read(output, whole[at]) for output, at in plan.read}

    def _planned(self, schema: Schema) -> _Plan:
        """Made once for the contract that was asked for last, since most calls bring one row."""
        plan = self._plan
        if plan is None or plan.inputs is not schema.inputs or plan.outputs is not schema.outputs:
            named = [(column, self._name(column)) for column in schema.inputs]
            floats = [(c.name, n) for c, n in named if c.type is ColumnType.NUMBER and self._inputs[n] == (FLOAT, 2)]
            others = [(c.name, n, _feeder(c, *self._inputs[n])) for c, n in named if (c.name, n) not in floats]
            wanted = list(dict.fromkeys(output.source for output in schema.outputs))
            read = [(output, wanted.index(output.source)) for output in schema.outputs]
            plan = self._plan = _Plan(schema.inputs, schema.outputs, floats, others, wanted, read)
        return plan

    def _name(self, column: Column) -> str:
        """The model's own name for an input: converters of scikit-learn's write `_` for what is no letter or digit."""
        name = column.source or column.name if isinstance(column, Parameter) else column.name
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = self._names.get(_plain(name), name)
        return found

    def _input_faults(self, column: Column) -> list[str]:
        name = self._name(column)
        if name not in self._inputs:
            return [f"the model has no input {column.name!r}"]
        kind, rank = self._inputs[name]
        allowed = [name for name in _INPUTS[column.type] if name in _NULLS or not column.nullable]
        faults = []
        if kind not in allowed:
            null = " that may be blank" if column.nullable else ""
            faults.append(f"input {column.name!r} is {kind}; {column.type}{null} needs {' or '.join(allowed)}")
        if rank not in {1, 2} and not (isinstance(column, Parameter) and name in self._single):
            faults.append(f"input {column.name!r} has {rank} dimensions; wanted one column")
        return faults

    def _value(self, parameter: Parameter) -> npt.NDArray[Any]:
        values, problems = read_column(parameter, [parameter.default])
        if problems:
            raise Rejected("MissingRequiredGlobalParameters", "A parameter has no value.", None, parameter.name)
        name = self._name(parameter)
        kind, rank = self._inputs[name]
        feed = _feeder(parameter, kind, rank)(values)
        return feed.reshape((1,) * rank) if name in self._single else feed


def _refuse(data: bytes) -> None:
    if len(data) > MODEL_BYTES:
        raise ModelTooLarge(len(data), MODEL_BYTES)
    try:
        found = look_into(data)
    except ValueError as error:
        raise NotAModel(str(error)) from None
    if foreign := sorted(found.domains - STANDARD):
        raise ForeignOperators(foreign)
    if found.external:
        raise ExternalData


def _slices(feeds: Feeds, rows: int) -> list[Feeds]:
    if rows <= SLICE_ROWS:
        return [feeds]
    starts = range(0, rows, SLICE_ROWS)
    return [{name: values[start : start + SLICE_ROWS] for name, values in feeds.items()} for start in starts]


def _failed(error: BaseException, ended_after: float | None) -> EndpointError:
    if ended_after is not None:
        return TimedOut(ended_after)
    if lacks_memory(error):
        return TooLarge()
    return Rejected("ModuleExecutionError", "The model could not score these rows.")


def _output_faults(output: Output, found: dict[str, tuple[str, list[Any]]]) -> list[str]:
    if output.source not in found:
        return [f"the model has no output {output.source!r} for {output.name!r}; it has {', '.join(map(repr, found))}"]
    kind, shape = found[output.source]
    if kind.startswith("seq"):
        return [f"output {output.source!r} is a list of maps; convert the model with zipmap switched off"]
    faults = []
    if kind not in _OUTPUTS[output.type]:
        faults.append(f"output {output.source!r} is {kind}; {output.type} needs {' or '.join(_OUTPUTS[output.type])}")
    width = shape[1] if len(shape) == 2 else 1 if len(shape) < 2 else None
    if width is None or (output.index is None and isinstance(width, int) and width != 1):
        faults.append(f"output {output.source!r} has the shape {shape}; {output.name!r} needs an index of one column")
    elif output.index is not None and (
        len(shape) != 2 or output.index < 0 or (isinstance(width, int) and output.index >= width)
    ):
        faults.append(f"output {output.source!r} has the shape {shape}: there is no column {output.index}")
    return faults


def _feeder(column: Column, kind: str, rank: int) -> Feeder:
    """What makes the model's input of a column. It raises Rejected where that would change a value beyond rounding."""
    into = _INTO.get(column.type) if kind == STRING or column.type is ColumnType.DATETIME else None
    dtype = _NUMPY.get(kind)
    most = _WHOLE_FLOAT32 if column.type is ColumnType.INTEGER else _LARGEST_FLOAT32
    limited = kind == FLOAT and column.type is not ColumnType.BOOLEAN

    def feed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if into is not None:
            values = into(values)
        if dtype is not None:
            if values.dtype == object and kind in {FLOAT, DOUBLE}:
                values = values.astype(np.float64)
            if limited:
                _check_size(values, most, column.name)
            values = values.astype(dtype, copy=False)
        return values[:, np.newaxis] if rank == 2 else values

    return feed


def _check_size(values: npt.NDArray[Any], most: float, column: str) -> None:
    largest = abs(values.item()) if values.size == 1 else np.fmax.reduce(np.abs(values), initial=0)
    if largest > most:
        raise _too_large(int(np.argmax(np.abs(values) > most)), column)


def _too_large(row: int, column: str) -> Rejected:
    return Rejected("InputParseError", "The number is too large for the model's precision.", row, column)


def _float32(values: npt.NDArray[np.float64], column: str) -> npt.NDArray[np.float32]:
    _check_size(values, _LARGEST_FLOAT32, column)
    return values.astype(np.float32)


def _blank_text(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """ONNX has no null text; models are trained with '' in its place."""
    plain = values.tolist()
    return objects([value or "" for value in plain]) if None in plain else values


def _epoch_seconds(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """ISO text to seconds since 1970; NaN for blanks."""
    moments = np.array([value or "NaT" for value in values], "datetime64[s]")
    seconds = moments.astype(np.int64)
    return np.where(np.isnat(moments), np.nan, seconds) if np.isnat(moments).any() else seconds


_INTO: dict[ColumnType, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]] = {
    ColumnType.TEXT: _blank_text,
    ColumnType.DATETIME: _epoch_seconds,
}


def _read(output: Output, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    values = values.reshape(-1) if output.index is None else values[:, output.index]
    if output.type is ColumnType.NUMBER:
        return values.astype(np.float64)
    if output.type is ColumnType.INTEGER:
        return values
    if output.type is ColumnType.BOOLEAN:
        return values.astype(object)
    if output.type is ColumnType.DATETIME:
        return objects(np.datetime_as_string(values.astype("datetime64[s]")).tolist())
    return objects([value or None for value in values.tolist()])


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-zA-Z]", "_", name)


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:300] or type(error).__name__

"""From a model file and sample rows to the ONNX twin, its contract, and how the two agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.base import is_classifier, is_regressor

from worker.convert.agreement import Agreement, compare
from worker.convert.columns import steps, texts, wanted
from worker.convert.graph import to_onnx
from worker.convert.loading import load
from worker.convert.sample import WORKBOOKS, for_model, read_cells
from worker.endpoints.inferring import infer
from worker.endpoints.onnxmodel import OnnxSession
from worker.endpoints.trial import Graph
from worker.endpoints.values import read_column, read_columns
from worker.scoring.schema import Column, ColumnType, Output, Schema

LABEL = "label"
"""What skl2onnx calls the output of a classifier that holds its labels."""


@dataclass(frozen=True, slots=True)
class Twin:
    """What a conversion gives."""

    model: bytes
    contract: Schema
    agreement: Agreement


def convert(file: Path, sample: Path, tolerance: float) -> Twin:
    """See `convert_apart`. Raises ValueError and RuleError with what is wrong, and what the libraries raise."""
    estimator = load(file)
    if not hasattr(estimator, "predict") or not (is_classifier(estimator) or is_regressor(estimator)):
        raise ValueError(f"{type(estimator).__name__} gives no scores: wanted a fitted classifier or regressor")
    known, count = wanted(estimator)
    if known is None and sample.suffix in WORKBOOKS:
        raise ValueError("the model knows no names of columns; give a CSV with just its columns, in its order")
    cells = read_cells(sample, known or [])
    names = for_model(cells, known, count)
    frame, text = _frame(cells, names, texts(estimator, list(names)))
    try:
        model = to_onnx(estimator, names, text, frame)
    except (MissingConverter, MissingShapeCalculator) as error:
        raise ValueError(_culprit(estimator, error)) from None
    session = OnnxSession(model)
    contract = _named(infer(Graph(session.inputs, session.outputs), cells), estimator)
    columns, problems = read_columns(cells, contract)
    if problems:
        first = problems[0]
        raise ValueError(f"row {first.row + 1} of the sample, {first.column}: {first.value!r} ({first.kind})")
    labels = [output.name for output in contract.outputs if output.source == LABEL]
    agreement = compare(
        _original(estimator, frame, contract),
        session.score(columns, contract),
        labels=labels,
        tolerance=tolerance,
        relative=not is_classifier(estimator),
    )
    return Twin(model, contract, agreement)


def _frame(
    cells: Mapping[str, Sequence[Any]], names: Mapping[str, str], known: Mapping[str, Any]
) -> tuple[pd.DataFrame, set[str]]:
    """The sample as the original takes it, and which of its columns are text."""
    made: dict[str, Any] = {}
    text: set[str] = set()
    for name, header in names.items():
        numbers = None if name in known else _numbers(cells[header])
        if numbers is None:
            text.add(name)
            blank = known.get(name, np.nan)
            numbers = np.array([blank if cell is None else str(cell) for cell in cells[header]], object)
        made[name] = numbers
    return pd.DataFrame(made), text


def _numbers(cells: Sequence[Any]) -> npt.NDArray[Any] | None:
    """A column as float64, blanks as NaN; None when it is text."""
    for type_ in (ColumnType.NUMBER, ColumnType.BOOLEAN):
        values, problems = read_column(Column("any", type_, nullable=True), cells)
        if not problems:
            return values.astype(np.float64)
    return None


def _named(contract: Schema, estimator: Any) -> Schema:  # noqa: ANN401
    """The contract without probabilities where the original has none, and with the usual names of outputs."""
    outputs = list(contract.outputs)
    if not is_classifier(estimator) and len(outputs) == 1:
        outputs = [replace(outputs[0], name="Scored Labels")]
    elif is_classifier(estimator) and not hasattr(estimator, "predict_proba"):
        outputs = [output for output in outputs if output.source == LABEL]
    elif is_classifier(estimator) and len(outputs) > 2:
        outputs = [_of_class(output, estimator.classes_) for output in outputs]
    return replace(contract, outputs=tuple(outputs))


def _of_class(output: Output, classes: npt.NDArray[Any]) -> Output:
    name = "Scored Labels" if output.index is None else f"Scored Probabilities for {classes[output.index]}"
    return replace(output, name=name)


def _original(estimator: Any, frame: pd.DataFrame, contract: Schema) -> dict[str, npt.NDArray[Any]]:  # noqa: ANN401
    """What the original scores, by output of the contract."""
    rows = frame if hasattr(estimator, "feature_names_in_") else frame.to_numpy()
    scores = np.asarray(estimator.predict(rows))
    if not is_classifier(estimator):
        table = scores.reshape(len(frame), -1)
        return {output.name: table[:, output.index or 0] for output in contract.outputs}
    likely = estimator.predict_proba(rows) if hasattr(estimator, "predict_proba") else None
    return {o.name: scores if o.source == LABEL or likely is None else likely[:, o.index] for o in contract.outputs}


def _culprit(estimator: Any, error: Exception) -> str:  # noqa: ANN401
    for path, step in steps(estimator):
        if str(type(step)) in str(error):
            place = f"step {path}: " if path else ""
            return f"{place}{type(step).__name__} cannot be written as ONNX"
    return str(error).strip().splitlines()[0]

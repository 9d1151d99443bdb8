"""Small models, really trained, on made-up borrowers: 600 rows, 2 numbers (one with blanks), 1 text, 1 code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["Age (years)", "Income"]
ROWS = 600


def borrowers(*, blank_towns: bool = False) -> pd.DataFrame:
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "Age (years)": random.integers(18, 80, ROWS),
            "Income": random.lognormal(8, 1, ROWS).round(2),
            "Town": random.choice(["Rome", "Paris", "Łódź"], ROWS),
            "Code": random.integers(1, 4, ROWS),
        }
    )
    frame.loc[::17, "Income"] = np.nan
    if blank_towns:
        frame.loc[::13, "Town"] = np.nan
    return frame


def bad(frame: pd.DataFrame) -> Any:
    chance = 1 / (1 + np.exp(-(frame["Age (years)"] - 50) / 10 - (frame["Town"] == "Rome")))
    return (np.random.default_rng(6).random(ROWS) < chance).to_numpy().astype(int)


def worth(frame: pd.DataFrame) -> Any:
    return frame["Age (years)"] * 3.3 + frame["Income"].fillna(0) / 1000


def columns(numbers: Any = "passthrough", texts: Any = None) -> ColumnTransformer:
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("texts", texts or encoder, ["Town"])])


def scaled() -> Any:
    return make_pipeline(SimpleImputer(), StandardScaler())


def files(folder: Path, model: Any, frame: pd.DataFrame) -> tuple[Path, Path]:
    """The model as a pickle, the rows as a CSV."""
    joblib.dump(model, folder / "model.joblib")
    frame.to_csv(folder / "rows.csv", index=False)
    return folder / "model.joblib", folder / "rows.csv"

"""The models that are measured, as scikit-learn has them, and their data: 8 numbers (3 % blank), 1 integer, 3 texts of
5, 8 and 12 categories, made from scikit-learn's breast cancer data, resampled with 5 % jitter.

`python -m tests.benchmarks.pipelines FOLDER` saves the LightGBM one for MLflow, with the libraries of the environment
that runs it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

NUMBERS = (0, 1, 4, 5, 6, 8, 10, 21)  # columns of the data set
BANDS = {"concavity band": (26, 5), "area band": (23, 8), "texture band": (1, 12)}  # column, number of categories

Table = dict[str, list[Any]]


def made_table(rows: int, seed: int) -> tuple[Table, npt.NDArray[np.int64]]:
    """Columns, and what is to be foretold of each row."""
    from sklearn.datasets import load_breast_cancer

    source = load_breast_cancer()
    random = np.random.default_rng(seed)
    chosen = random.integers(0, len(source.data), rows)
    jittered = source.data[chosen] * (1 + 0.05 * random.standard_normal((rows, source.data.shape[1])))
    table: Table = {}
    for column in NUMBERS:
        blank = random.random(rows) < 0.03
        table[str(source.feature_names[column])] = [
            None if gone else value for gone, value in zip(blank, jittered[:, column].tolist(), strict=True)
        ]
    table["area"] = jittered[:, 3].round().astype(int).tolist()
    for name, (column, bands) in BANDS.items():
        edges = np.quantile(source.data[:, column], np.linspace(0, 1, bands + 1)[1:-1])
        table[name] = [f"band {band:02d}" for band in np.searchsorted(edges, jittered[:, column])]
    return table, source.target[chosen]


def frame_of(table: Table) -> pd.DataFrame:
    """As scikit-learn takes it: blanks are NaN."""
    frame = pd.DataFrame(table)
    numbers = [name for name in table if name not in BANDS]
    return frame.astype(dict.fromkeys(numbers, float))


def fitted(kind: str) -> Any:
    """A pipeline: `lightgbm` (100 trees of 31 leaves) or `logistic`, behind one-hot encoding."""
    from lightgbm import LGBMClassifier
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    table, target = made_table(5_000, seed=0)
    numbers = [name for name in table if name not in BANDS]
    prepared, model = {
        "lightgbm": ("passthrough", LGBMClassifier(n_estimators=100, num_leaves=31, verbose=-1, random_state=0)),
        "logistic": (make_pipeline(SimpleImputer(), StandardScaler()), LogisticRegression(max_iter=1_000)),
    }[kind]
    texts = ("texts", OneHotEncoder(handle_unknown="ignore"), list(BANDS))
    return make_pipeline(ColumnTransformer([("numbers", prepared, numbers), texts]), model).fit(frame_of(table), target)


def _save(folder: str) -> None:
    import mlflow

    frame = frame_of(made_table(1_000, seed=0)[0]).astype({"area": int})
    pipeline = fitted("lightgbm")
    mlflow.sklearn.save_model(
        pipeline,
        folder,
        serialization_format="cloudpickle",
        signature=mlflow.models.infer_signature(frame, pipeline.predict_proba(frame)),
        pip_requirements=[],
        pyfunc_predict_fn="predict_proba",
    )


if __name__ == "__main__":
    _save(sys.argv[1])

"""Reads a model file into an estimator with `predict`, and `predict_proba` if it classifies."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin


class LightGbmRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A LightGBM booster that came without its scikit-learn face."""

    def __init__(self, booster_: Any) -> None:  # noqa: ANN401
        self.booster_ = booster_
        self.boosting_type = "gbdt"
        self.feature_names_in_ = np.array(booster_.feature_name(), object)
        self.n_features_in_ = booster_.num_feature()

    def predict(self, rows: Any) -> npt.NDArray[Any]:  # noqa: ANN401
        """The booster's own prediction, shape (rows,)."""
        found: npt.NDArray[Any] = self.booster_.predict(np.asarray(rows, float))
        return found


class LightGbmClassifier(ClassifierMixin, LightGbmRegressor):  # type: ignore[misc]
    """The same for a booster that classifies; its labels are 0, 1, ..."""

    def __init__(self, booster_: Any) -> None:  # noqa: ANN401
        super().__init__(booster_)
        self.n_classes_ = max(2, booster_.num_model_per_iteration())
        self.classes_ = np.arange(self.n_classes_)

    def predict_proba(self, rows: Any) -> npt.NDArray[Any]:  # noqa: ANN401
        """Shape (rows, classes)."""
        found = super().predict(rows)
        return found if found.ndim == 2 else np.column_stack([1 - found, found])

    def predict(self, rows: Any) -> npt.NDArray[Any]:  # noqa: ANN401
        """The likeliest class."""
        labels: npt.NDArray[Any] = self.predict_proba(rows).argmax(axis=1)
        return labels


def load(file: Path) -> Any:  # noqa: ANN401
    """Raises whatever the file makes its library raise, ValueError for a kind of file that is not known."""
    if file.suffix in {".joblib", ".pkl", ".pickle"}:
        return _pickled(file)
    if file.suffix in {".json", ".ubj"}:
        return _xgboost(file)
    if file.suffix == ".txt":
        return _lightgbm(file)
    raise ValueError(f"a file {file.suffix or 'without an ending'} is not known; known: joblib, pkl, json, ubj, txt")


def _pickled(file: Path) -> Any:  # noqa: ANN401
    try:
        found = joblib.load(file)
    except (EOFError, IndexError, KeyError, UnicodeDecodeError, ValueError, pickle.UnpicklingError):
        raise ValueError("it is no joblib or pickle file, or a broken one") from None
    return getattr(found, "best_estimator_", found)


def _xgboost(file: Path) -> Any:  # noqa: ANN401
    import xgboost  # noqa: PLC0415 - one of three libraries, each there or not

    booster = xgboost.Booster(model_file=str(file))
    objective = json.loads(booster.save_config())["learner"]["learner_train_param"]["objective"]
    classifies = objective.startswith(("binary:", "multi:"))
    model = xgboost.XGBClassifier() if classifies else xgboost.XGBRegressor()
    model.load_model(file)
    return model


def _lightgbm(file: Path) -> Any:  # noqa: ANN401
    import lightgbm  # noqa: PLC0415 - as above

    booster = lightgbm.Booster(model_file=file)
    classifies = booster.dump_model(num_iteration=1)["objective"].startswith(("binary", "multiclass"))
    return LightGbmClassifier(booster) if classifies else LightGbmRegressor(booster)

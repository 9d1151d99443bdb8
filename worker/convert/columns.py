"""Which columns an estimator takes, which of them are text, and what a blank text is to it.

ONNX has no blank text: the host gives '' in its place, so the twin must be made for ''.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline


def wanted(estimator: Any) -> tuple[list[str] | None, int | None]:  # noqa: ANN401 - any estimator
    """Names and number of the columns it was trained on, as far as it knows them."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None and hasattr(estimator, "get_booster"):
        names = estimator.get_booster().feature_names
    return None if names is None else [str(name) for name in names], getattr(estimator, "n_features_in_", None)


def first_step(estimator: Any) -> Any:  # noqa: ANN401
    """What sees the columns first."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[0][1]
    return estimator


def steps(estimator: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Every estimator inside, with its names from the outside in, joined by `/`."""
    if isinstance(estimator, Pipeline):
        inner = list(estimator.steps)
    elif isinstance(estimator, ColumnTransformer):
        inner = [(name, step) for name, step, _ in estimator.transformers_]
    else:
        yield path, estimator
        return
    for name, step in inner:
        if not isinstance(step, str):
            yield from steps(step, f"{path}/{name}" if path else name)


def texts(estimator: Any, names: Sequence[str]) -> dict[str, Any]:  # noqa: ANN401
    """Columns that an encoder or imputer learned as text, each with what the estimator takes for a blank."""
    found: dict[str, Any] = {}
    first = first_step(estimator)
    if not isinstance(first, ColumnTransformer):
        return found
    for _, transformer, columns in first.transformers_:
        if isinstance(transformer, str):
            continue
        mine = _names(columns, names)
        for _, step in reversed(list(steps(transformer))):
            for place, name in enumerate(mine):
                if isinstance(step, SimpleImputer) and step.statistics_.dtype.kind in "OU":
                    found[name] = step.missing_values
                elif len(_categories(step)) == len(mine) and _categories(step)[place].dtype.kind in "OU":
                    found[name] = "" if "" in _categories(step)[place].tolist() else np.nan
    return found


def for_blank_text(estimator: Any) -> Any:  # noqa: ANN401
    """A copy that takes '' for what the estimator took for a blank text."""
    twin = copy.deepcopy(estimator)
    for _, step in steps(twin):
        if isinstance(step, SimpleImputer) and step.statistics_.dtype.kind in "OU":
            step.missing_values = ""
        if categories := _categories(step):
            step.categories_ = [_without_nulls(values) for values in categories]
    return twin


def _names(columns: Any, names: Sequence[str]) -> list[str]:  # noqa: ANN401 - names, places, a mask or a slice
    if isinstance(columns, str):
        return [columns]
    if not isinstance(columns, slice) and all(isinstance(column, str) for column in columns):
        return list(columns)
    return list(pd.Index(names)[columns])


def _categories(step: Any) -> list[npt.NDArray[Any]]:  # noqa: ANN401
    found = getattr(step, "categories_", None)
    return found if isinstance(found, list) else []


def _without_nulls(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if values.dtype != object:
        return values
    return np.array(["" if pd.isna(value) else value for value in values], object)

"""A fitted estimator as an ONNX graph with one input for each column, under the column's own name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from skl2onnx.common.shape_calculator import (
    calculate_linear_classifier_output_shapes,
    calculate_linear_regressor_output_shapes,
)
from skl2onnx.operator_converters.random_forest import (
    convert_sklearn_random_forest_classifier,
    convert_sklearn_random_forest_regressor_converter,
)
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline

from worker.convert.columns import first_step, for_blank_text, steps
from worker.convert.loading import LightGbmClassifier, LightGbmRegressor

_OPSETS = {"": 17, "ai.onnx.ml": 3}
# library, module and name of its converter, classifiers, regressors; a name is one of the library's own
_OTHERS: tuple[tuple[str, str, str, list[Any], list[Any]], ...] = (
    (
        "lightgbm",
        "LightGbm",
        "convert_lightgbm",
        [LightGbmClassifier, "LGBMClassifier"],
        [LightGbmRegressor, "LGBMRegressor"],
    ),
    ("xgboost", "XGBoost", "convert_xgboost", ["XGBClassifier"], ["XGBRegressor"]),
)
_CLASSIFIER = {"nocl": [True, False], "zipmap": [True, False, "columns"], "raw_scores": [True, False]}


def to_onnx(estimator: Any, names: Mapping[str, str], texts: set[str], rows: Any) -> bytes:  # noqa: ANN401
    """The estimator as ONNX. `names`: its columns in order, each with the input's name; `texts`: those that are text.

    `rows` is a frame of the columns. Inputs are [None, 1], float or string; a column that changes no score has none.
    Raises whatever the converters raise.
    """
    _register()
    twin = for_blank_text(estimator)
    for _, step in steps(twin):
        if hasattr(step, "get_booster"):
            step.get_booster().feature_names = None  # the converter reads names as f0, f1, ... only
    if not isinstance(first_step(twin), ColumnTransformer):
        every = ColumnTransformer([("columns", "passthrough", list(names))]).fit(rows)
        twin = Pipeline([("columns", every), ("model", twin)])
    model = convert_sklearn(
        twin,
        initial_types=[(n, (StringTensorType if n in texts else FloatTensorType)([None, 1])) for n in names],
        options={id(twin): {"zipmap": False}} if is_classifier(estimator) else None,
        target_opset=_OPSETS,
    )
    _name_inputs(model.graph, list(names.values()))
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _name_inputs(graph: Any, names: list[str]) -> None:  # noqa: ANN401 - a message of protobuf
    # skl2onnx turns "Age (years)" into "Age__years_", and keeps inputs that it does not use
    wanted = dict(zip((each.name for each in graph.input), names, strict=True))
    used = {name for node in graph.node for name in node.input}
    kept = [each for each in graph.input if each.name in used]
    del graph.input[:]
    graph.input.extend(kept)
    for each in graph.input:
        each.name = wanted[each.name]
    for node in graph.node:
        node.input[:] = [wanted.get(name, name) for name in node.input]


class _WholeNumbers:
    """A container whose nodes have plain integers: onnx takes neither numpy's unsigned ones nor booleans, which the
    converter of histogram trees gives (skl2onnx 1.20 with onnx 1.23).
    """

    def __init__(self, container: Any) -> None:  # noqa: ANN401
        self._container = container

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._container, name)

    def add_node(self, *node: Any, **attributes: Any) -> None:  # noqa: ANN401
        plain = {name: _plain(value) if isinstance(value, list) else value for name, value in attributes.items()}
        self._container.add_node(*node, **plain)


def _plain(values: list[Any]) -> list[Any]:
    return [int(value) if isinstance(value, bool | np.bool_ | np.integer) else value for value in values]


def _histogram_classifier(scope: Any, operator: Any, container: Any) -> None:  # noqa: ANN401
    convert_sklearn_random_forest_classifier(scope, operator, _WholeNumbers(container))


def _histogram_regressor(scope: Any, operator: Any, container: Any) -> None:  # noqa: ANN401
    convert_sklearn_random_forest_regressor_converter(scope, operator, _WholeNumbers(container))


def _register() -> None:
    """Tell skl2onnx of estimators it does not know; LightGBM and XGBoost where they are installed."""
    labels, numbers = calculate_linear_classifier_output_shapes, calculate_linear_regressor_output_shapes
    _know(HistGradientBoostingClassifier, labels, _histogram_classifier, options=_CLASSIFIER)
    _know(HistGradientBoostingRegressor, numbers, _histogram_regressor)
    for library, place, converter, classifiers, regressors in _OTHERS:
        try:
            home = import_module(library)
        except ModuleNotFoundError:
            continue
        convert = getattr(import_module(f"onnxmltools.convert.{library}.operator_converters.{place}"), converter)
        for kind in classifiers:
            _know(getattr(home, kind) if isinstance(kind, str) else kind, labels, convert, options=_CLASSIFIER)
        for kind in regressors:
            _know(getattr(home, kind) if isinstance(kind, str) else kind, numbers, convert, options={"split": None})


def _know(kind: type, shapes: Any, converter: Any, options: dict[str, Any] | None = None) -> None:  # noqa: ANN401
    update_registered_converter(kind, f"Sheetscore{kind.__name__}", shapes, converter, options=options)

"""What a change of pins would do to an endpoint's scores, on the contract's sample rows; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.endpoints.models import Model, Models
from worker.endpoints.publishing import check_fit
from worker.endpoints.rows import EndpointRow
from worker.endpoints.rules import RuleError
from worker.endpoints.updates import Pin, check_movable, pin
from worker.endpoints.values import read_columns
from worker.scoring.errors import EndpointError
from worker.scoring.schema import Columns, Schema

ALIKE = 1e-6
"""Numbers that differ by less than this share of themselves are one score: models compute in 32 bits."""


@dataclass(frozen=True, slots=True)
class Preview:
    """`moved` of `rows` sample rows would score otherwise; `largest` is the largest step of a number. Both are None
    when the old model cannot score the new contract's sample rows. `which` has the rows (the first is 1) of each output
    that moves. `refused` says why the change would be refused.
    """

    endpoint: EndpointRow
    after: Pin
    rows: int = 0
    moved: int | None = None
    largest: float | None = None
    refused: RuleError | None = None
    which: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def preview(models: Models, endpoint: EndpointRow, after: Pin) -> Preview:
    """Score the new contract's sample rows with both pairs and compare."""
    try:
        check_movable(endpoint, "refresh")
        schema, model = models.get(endpoint.service, after.contract, after.model)
        new = check_fit(schema, model)
    except RuleError as error:
        return Preview(endpoint, after, refused=error)
    before = pin(endpoint)
    old = _scored(*models.get(endpoint.service, before.contract, before.model), schema.sample)
    shared = [name for name in new if old is not None and name in old]
    if old is None or not shared:
        return Preview(endpoint, after, len(schema.sample))
    moved = np.zeros(len(schema.sample), bool)
    largest: float | None = None
    which: dict[str, tuple[int, ...]] = {}
    for name in shared:
        differ, step = _compare(old[name], new[name])
        moved |= differ
        if differ.any():
            which[name] = tuple((np.flatnonzero(differ) + 1).tolist())
        largest = step if largest is None or (step is not None and step > largest) else largest
    return Preview(endpoint, after, len(schema.sample), int(moved.sum()), largest, which=which)


def _scored(schema: Schema, model: Model, sample: Sequence[Mapping[str, Any]]) -> Columns | None:
    """Scores of rows that may have been made for another contract; None when this one does not take them."""
    if not sample or not set(schema.input_names) <= set(sample[0]):
        return None
    columns, problems = read_columns({name: [row[name] for row in sample] for name in schema.input_names}, schema)
    if problems:
        return None
    try:
        return model.score(columns, schema.given(schema.example_parameters))
    except EndpointError:
        return None


def _compare(old: npt.NDArray[Any], new: npt.NDArray[Any]) -> tuple[npt.NDArray[np.bool_], float | None]:
    if old.dtype.kind in "fi" and new.dtype.kind in "fi":
        left, right = old.astype(float), new.astype(float)
        differ = ~np.isclose(left, right, rtol=ALIKE, atol=0, equal_nan=True)
        steps = np.abs(left - right)[differ]
        return differ, float(np.nanmax(steps)) if len(steps) and not np.isnan(steps).all() else None
    return np.array([a != b for a, b in zip(old.tolist(), new.tolist(), strict=True)], bool), None

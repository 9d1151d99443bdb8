"""Trials of models for tests about something else: each model is tried once."""

from __future__ import annotations

import json
from typing import Any

from worker.endpoints.trial import score_apart
from worker.scoring.schema import Schema

_SCORES: dict[tuple[str, bytes], dict[str, list[Any]]] = {}


def remembered(contract: Schema, model: bytes) -> dict[str, list[Any]]:
    """As `score_apart`, which is asked the first time; a refusal is not remembered."""
    key = json.dumps(contract.to_dict()), model
    if key not in _SCORES:
        _SCORES[key] = score_apart(contract, model)
    return _SCORES[key]

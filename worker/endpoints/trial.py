"""Tries a model that nobody has tried, in a child process with limits: this process never loads it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from worker import apart
from worker.apart import ChildDied, Death
from worker.endpoints.rules import (
    MODEL_BYTES,
    ExternalData,
    ForeignOperators,
    ModelMisfit,
    ModelTooCostly,
    ModelTooLarge,
    NotAModel,
    RuleError,
    SampleNotScored,
)
from worker.scoring.schema import Schema

Trial = Callable[[Schema, bytes], dict[str, list[Any]]]
"""What `score_apart` does."""

_BOOT = "from worker.endpoints.trial_child import main; main(sys.argv[2])"
_KINDS: dict[str, type[RuleError]] = {
    kind.__name__: kind
    for kind in (
        ExternalData,
        ForeignOperators,
        ModelMisfit,
        ModelTooCostly,
        ModelTooLarge,
        NotAModel,
        SampleNotScored,
    )
}
_FROM_THE_CHILD = "the process that tried it gave no sensible answer"


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """What a model may take to be loaded and to score the sample rows, the runtime itself included."""

    seconds: int = 30
    memory_bytes: int = 2**30


@dataclass(frozen=True, slots=True)
class Graph:
    """What an ONNX model declares. Inputs: type and number of dimensions, 0 for a single value; outputs: type and
    shape.
    """

    inputs: dict[str, tuple[str, int]]
    outputs: dict[str, tuple[str, list[Any]]]


def score_apart(contract: Schema, model: bytes, limits: TrialLimits | None = None) -> dict[str, list[Any]]:
    """Scores of the contract's sample rows, as JSON values, from a model that fits the contract.

    Raises ModelTooLarge, NotAModel, ForeignOperators, ExternalData, ModelMisfit, SampleNotScored, ModelTooCostly.
    """
    answer = _try(model, {"contract": contract.to_dict()}, limits or TrialLimits())
    scores = answer.get("scores")
    if not isinstance(scores, dict) or (contract.sample and set(scores) != set(contract.output_names)):
        raise NotAModel(_FROM_THE_CHILD)
    return scores


def look_apart(model: bytes, limits: TrialLimits | None = None) -> Graph:
    """What a model declares. Raises as `score_apart` does."""
    answer = _try(model, {"contract": None}, limits or TrialLimits())
    try:
        inputs = {str(name): (str(kind), int(rank)) for name, (kind, rank) in answer["inputs"].items()}
        outputs = {str(name): (str(kind), list(shape)) for name, (kind, shape) in answer["outputs"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAModel(_FROM_THE_CHILD) from None
    return Graph(inputs, outputs)


def _try(model: bytes, job: dict[str, Any], limits: TrialLimits) -> dict[str, Any]:
    if len(model) > MODEL_BYTES:
        raise ModelTooLarge(len(model), MODEL_BYTES)
    with tempfile.TemporaryDirectory(prefix="sheetscore-") as folder:
        (Path(folder) / "model.onnx").write_bytes(model)
        try:
            answer = apart.run(
                job | asdict(limits), Path(folder), _BOOT, limits.seconds, watch=apart.watch(limits.memory_bytes, 0)
            )
        except ChildDied as died:
            raise _told(died, limits) from None
    if "error" in answer:
        raise _raised(answer)
    return answer


def _told(died: ChildDied, limits: TrialLimits) -> RuleError:
    if died.death is Death.SECONDS:
        return ModelTooCostly("seconds", limits.seconds)
    if died.death is Death.MEMORY:
        return ModelTooCostly("memory", limits.memory_bytes)
    return NotAModel(f"it ends the process that tries it ({died.detail})")


def _raised(answer: dict[str, Any]) -> RuleError:
    try:
        return _KINDS[answer["error"]](**answer["facts"])
    except (KeyError, TypeError, ValueError):
        return NotAModel(_FROM_THE_CHILD)

"""The child that tries a model: one job, one answer, within limits. Imports no more than the model needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from worker import apart
from worker.endpoints.rules import ModelTooCostly, NotAModel, RuleError

_ANSWER_BYTES = 64_000_000


def main(folder: str) -> None:
    """Do what `job.json` in `folder` says with `model.onnx` there, and leave `answer.json`."""
    place = Path(folder)
    job = json.loads((place / "job.json").read_text("ascii"))
    apart.limit(seconds=job["seconds"], memory_bytes=job["memory_bytes"], file_bytes=_ANSWER_BYTES)
    try:
        answer = _work(job, place)
    except BaseException as error:  # noqa: BLE001 - every end must be told
        answer = _told(error, job)
    (place / "answer.json").write_text(json.dumps(answer), "ascii")


def _work(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    from worker.endpoints.onnxmodel import OnnxSession  # noqa: PLC0415 - under the limits
    from worker.endpoints.sample import plain, score_sample  # noqa: PLC0415
    from worker.scoring.schema import Schema  # noqa: PLC0415

    session = OnnxSession((folder / "model.onnx").read_bytes())
    if job["contract"] is None:
        return {"inputs": session.inputs, "outputs": session.outputs}
    contract = Schema.from_dict(job["contract"])
    session.check_fit(contract)
    scores = score_sample(contract, lambda columns, schema: session.score(columns, schema, job["seconds"]))
    return {"scores": plain(scores)}


def _told(error: BaseException, job: dict[str, Any]) -> dict[str, Any]:
    from worker.scoring.errors import TimedOut, TooLarge  # noqa: PLC0415

    if isinstance(error, MemoryError | TooLarge):
        error = ModelTooCostly("memory", job["memory_bytes"])
    elif isinstance(error, TimedOut):
        error = ModelTooCostly("seconds", job["seconds"])
    elif not isinstance(error, RuleError):
        error = NotAModel(f"it could not be tried ({type(error).__name__})")
    return {"error": type(error).__name__, "facts": vars(error)}

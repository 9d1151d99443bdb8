"""The child that converts: one job, one answer, within limits."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from worker import apart

_FILE_BYTES = 400_000_000


def main(folder: str) -> None:
    """Do what `job.json` in `folder` says with the two files there, and leave `model.onnx` and `answer.json`."""
    place = Path(folder)
    job = json.loads((place / "job.json").read_text("ascii"))
    apart.limit(seconds=job["seconds"], memory_bytes=job["memory_bytes"], file_bytes=_FILE_BYTES)
    try:
        answer = _work(job, place)
    except ModuleNotFoundError as error:
        answer = {"error": str(error), "missing": (error.name or "").split(".")[0] or None}
    except BaseException as error:  # noqa: BLE001 - every end must be told
        answer = {"error": _first_line(error), "missing": None}
    (place / "answer.json").write_text(json.dumps(answer), "ascii")


def _work(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    from worker.convert.twin import convert  # noqa: PLC0415 - under the limits

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        twin = convert(folder / f"original{job['original']}", folder / f"sample{job['sample']}", job["tolerance"])
    (folder / "model.onnx").write_bytes(twin.model)
    told = [str(each.message) for each in caught if each.category.__name__ == "InconsistentVersionWarning"]
    return {"contract": twin.contract.to_dict(), "agreement": asdict(twin.agreement), "notes": told[:1]}


def _first_line(error: BaseException) -> str:
    text = (str(error).strip().splitlines() or [""])[0][:300]
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}".rstrip(": ")

"""Converts in a child process: the parent never loads the model, and a converter that runs wild ends alone.

A pickle runs code when it is loaded. The child keeps accidents small; it is no prison, so convert only what is yours.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from worker import apart
from worker.apart import ChildDied
from worker.convert.agreement import Agreement
from worker.scoring.errors import SheetscoreError
from worker.scoring.schema import Schema

_BOOT = "from worker.convert.child import main; main(sys.argv[2])"


class NotConverted(SheetscoreError):
    """A model cannot be turned into ONNX, with the reason, or `missing` is what must be installed first."""

    def __init__(self, reason: str, missing: str | None = None) -> None:
        told = f"{missing} is missing. Run: pip install 'sheetscore[convert]'" if missing else reason
        super().__init__(told)
        self.reason, self.missing = reason, missing


@dataclass(frozen=True, slots=True)
class ConvertLimits:
    """What a conversion may take. Libraries of trees reserve far more memory than they use."""

    seconds: int = 600
    memory_bytes: int = 16 * 2**30


@dataclass(frozen=True, slots=True)
class Converted:
    """The ONNX file, a first contract for it, and how the two agree on the sample. `notes` are warnings of loading."""

    model: bytes
    contract: Schema
    agreement: Agreement
    notes: Sequence[str] = ()


def convert_apart(
    file: Path, sample: Path, *, tolerance: float = 1e-4, limits: ConvertLimits | None = None
) -> Converted:
    """Convert a model file: joblib or pickle of a fitted scikit-learn, LightGBM or XGBoost estimator or pipeline, a
    LightGBM booster (.txt), or an XGBoost booster (.json, .ubj).

    `sample` is a CSV or workbook with the columns the model was trained on. Scores that differ by at most `tolerance`
    are equal: for probabilities as they are, for other numbers as a share of the original. Raises NotConverted.
    """
    limits = limits or ConvertLimits()
    with tempfile.TemporaryDirectory(prefix="sheetscore-") as name:
        folder = Path(name)
        shutil.copyfile(file, folder / f"original{file.suffix.lower()}")
        shutil.copyfile(sample, folder / f"sample{sample.suffix.lower()}")
        job = {"original": file.suffix.lower(), "sample": sample.suffix.lower(), "tolerance": tolerance}
        try:
            answer = apart.run(
                job | asdict(limits), folder, _BOOT, limits.seconds, watch=apart.watch(limits.memory_bytes, 0)
            )
        except ChildDied as died:
            raise NotConverted(f"the process that converts it ended: {died}") from None
        if "error" in answer:
            raise NotConverted(answer["error"], answer["missing"])
        model = (folder / "model.onnx").read_bytes()
    return Converted(
        model, Schema.from_dict(answer["contract"]), Agreement.from_dict(answer["agreement"]), answer["notes"]
    )

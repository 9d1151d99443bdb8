"""The add-in loads the scoring core on every desktop: it must bring no server library along."""

import json
import subprocess
import sys

HEAVY = ("alembic", "fastapi", "onnxruntime", "pydantic", "pyarrow", "sqlalchemy", "starlette", "uvicorn", "xlwings")
PROBE = "import {module}, json, sys; print(json.dumps(sorted(set({heavy!r}) & set(sys.modules))))"


def loaded(module: str) -> set[str]:
    """Which of the heavy libraries an import brings into a fresh interpreter."""
    code = PROBE.format(module=module, heavy=HEAVY)
    return set(json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout))


def test_the_scoring_core_loads_no_server_library() -> None:
    """Nothing beyond what pandas takes by itself (it loads pyarrow where that happens to be installed)."""
    assert loaded("worker.scoring") <= loaded("pandas")


def test_the_probe_finds_what_is_loaded() -> None:
    """A look that never finds anything would prove nothing."""
    assert "sqlalchemy" in loaded("sqlalchemy")

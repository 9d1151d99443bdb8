"""onnxruntime as it is used here: it keeps and sends nothing, and is loaded by what scores only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCORES = """
import sys
from pathlib import Path
import numpy as np
from worker.demo import material
from worker.endpoints import Models, Registry
from worker.endpoints.values import read_columns
from worker.store.engine import open_store
home = Path(sys.argv[1])
engine = open_store("", home)
Registry(engine, home).add_service("creditrisk", material.contract(), material.model(1))
schema, model = Models(engine, home).get("creditrisk", 1, 1)
columns, problems = read_columns({n: [row[n] for row in schema.sample] for n in schema.input_names}, schema)
assert not problems and len(model.score(columns, schema)) == len(schema.outputs)
"""
LISTS = """
import sys
from pathlib import Path
from worker.endpoints import Models, Registry
from worker.store.engine import open_store
home = Path(sys.argv[1])
Registry(open_store("", home), home).endpoints()
assert "onnxruntime" not in sys.modules
"""


def left_in_home(code: str, folder: Path) -> list[Path]:
    """What a fresh interpreter leaves in the home folder of a user who never ran anything."""
    user = folder / "user"
    user.mkdir()
    unset = {"XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY"}
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env |= {"HOME": str(user), "USERPROFILE": str(user), "LOCALAPPDATA": str(user)}
    subprocess.run([sys.executable, "-c", code, str(folder / "home")], check=True, env=env)
    return list(user.rglob("*"))


def test_publishing_and_scoring_leave_nothing_in_the_user_s_home(tmp_path: Path) -> None:
    """No id of the machine, no record of uses."""
    assert left_in_home(SCORES, tmp_path) == []


def test_every_import_of_the_runtime_goes_through_the_one_that_silences_it() -> None:
    """One import elsewhere that came first would be enough."""
    worker = Path(__file__).parents[2] / "worker"
    loud = {file.name for file in worker.rglob("*.py") if "\nimport onnxruntime" in file.read_text("utf-8")}
    assert loud == {"runtime.py"}


def test_what_scores_nothing_does_not_load_the_runtime(tmp_path: Path) -> None:
    """Lists of endpoints need no model."""
    left_in_home(LISTS, tmp_path)

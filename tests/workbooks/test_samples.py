"""Workbooks that are made to hurt end as they must: refused, or read within the limits; the parent is as before."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.workbooks.samples import LIMITS, READ, samples
from tests.workbooks.smallest import packed, smallest
from worker.scoring.schema import Schema
from worker.workbooks import WorkbookError, append_apart, quarantine, read_apart
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit

SAMPLES = samples()
_MOST_MB = 20


def _status(name: str) -> int:
    """A number of bytes that the system keeps of this process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def _grown(work: Callable[[], object]) -> tuple[object, float]:
    """What `work` returns, and how many MB more this process had at most meanwhile."""
    if sys.platform != "linux":
        return work(), 0
    Path("/proc/self/clear_refs").write_text("5")  # from now on the highest is counted anew
    before = _status("VmRSS")
    result = work()
    return result, (_status("VmHWM") - before) / 1e6


def _end(path: Path, schema: Schema) -> Fault | Limit | str:
    """How reading ends, and where it does well, writing too."""
    try:
        found = read_apart(path, schema, limits=LIMITS)
        append_apart(path, path.with_name("out.xlsx"), {"Scores": pd.DataFrame({"a": [1]})}, LIMITS)
    except FileBroken as error:
        return error.fault
    except FileTooCostly as error:
        return error.limit
    except WorkbookError as error:
        return type(error).__name__
    assert found.frame.iloc[0].tolist() == ["car", 2]
    return READ


def test_there_are_as_many_as_promised() -> None:
    """At least sixty, and more than half of them end by their own name."""
    assert len(SAMPLES) >= 60
    assert len([1 for sample in SAMPLES.values() if len(sample.ends) == 1 and READ not in sample.ends]) > 60


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound workbook; what reading loads is loaded afterwards."""
    return packed(tmp_path_factory.mktemp("warm") / "book.xlsx", smallest())


@pytest.fixture
def ready(warm: Path, schema: Schema) -> None:
    """Everything is loaded."""
    if not warm.with_name("out.xlsx").exists():
        assert _end(warm, schema) == READ


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.usefixtures("ready")
def test_a_hostile_sample_ends_as_it_must(name: str, schema: Schema, tmp_path: Path) -> None:
    """By its own name, within the limits, and this process lives and has the memory it had."""
    path = tmp_path / "book.xlsx"
    SAMPLES[name].make(path)
    ended, grown = _grown(lambda: _end(path, schema))
    assert ended in SAMPLES[name].ends
    assert grown < _MOST_MB
    assert {file.name for file in tmp_path.iterdir()} <= {"book.xlsx", "out.xlsx"}


_TWIN = """
import resource
from worker.workbooks import preflight, quarantine_child
preflight.preflight = lambda archive, limits: None
quarantine_child.limit = lambda limits: None
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))  # what else would take the machine
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
quarantine_child.main(sys.argv[2])
"""
_TELLING = (
    "a count of four thousand million",
    "a document type in a part nobody reads",
    "a document type in UTF-16 in a part nobody reads",
    "a far row in single quotes",
    "a picture larger than it says",
    "a merge of the whole sheet",
    "UTF-7",
    "definitions of more columns than there are",
    "strings by negative numbers",
)


@pytest.mark.skipif(sys.platform != "linux", reason="the twin is kept from taking the machine by a limit of Linux")
@pytest.mark.parametrize("name", _TELLING)
def test_a_twin_without_the_look_and_the_limits_fails(
    name: str, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads the trap, dies of it, or finds only that something is wrong."""
    path = tmp_path / "book.xlsx"
    SAMPLES[name].make(path)
    real = quarantine.run_child
    monkeypatch.setattr(quarantine, "run_child", lambda *given, **named: real(*given, **named | {"boot": _TWIN}))
    assert _end(path, schema) not in SAMPLES[name].ends

"""Two thousand workbooks with something wrong in each; `python -m tests.workbooks.mutating 10000` takes more."""

from __future__ import annotations

import sys
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pytest

from tests.workbooks import mutated
from tests.workbooks.mutating import LIMITS, Seed, make, outcomes
from tests.workbooks.seeds import seeds
from worker.workbooks.block import read_blocks

COUNT = 2000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the campaign sets its limits as POSIX has them")


@pytest.fixture(scope="module")
def sound() -> list[Seed]:
    return seeds()


def test_every_mutant_ends_with_a_reason_or_a_right_result(sound: list[Seed]) -> None:
    """Within the limits; where it is read, another reader reads the same, and no part changes that need not."""
    found = dict(outcomes(sound, COUNT))
    assert len(found) == COUNT
    assert [name for name, outcome in found.items() if outcome.end != "read" and not outcome.reason] == []
    assert {name: outcome.faults for name, outcome in found.items() if outcome.faults} == {}
    assert max(outcome.seconds for outcome in found.values()) < LIMITS.seconds
    ends = Counter(outcome.end for outcome in found.values())
    assert ends["read"] > COUNT / 5
    assert ends["FileBroken"] > COUNT / 5
    assert len({outcome.kind for outcome in found.values()}) == 9


def test_twins_that_read_or_write_otherwise_are_found(
    sound: list[Seed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One takes the first text for every other, one packs what was packed again."""
    data, wanted = sound[0]
    path = tmp_path / "book.xlsx"
    path.write_bytes(data)
    blocks = list(read_blocks(path, wanted))
    assert mutated.misread(path, blocks) == mutated.written(path, [*wanted], blocks, LIMITS) == []
    texts = pa.chunked_array([[blocks[0].columns[0][0].as_py()] * len(blocks[0].rows)])
    assert mutated.misread(path, [replace(blocks[0], columns=(texts, *blocks[0].columns[1:]))])

    def pack_again(source: Path, made: BinaryIO, *_: object) -> None:
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(made, "w") as new:
            for info in old.infolist():
                new.writestr(info, old.read(info), zipfile.ZIP_DEFLATED, 1)

    monkeypatch.setattr(mutated, "splice", pack_again)
    assert any("changed" in fault for fault in mutated.written(path, [*wanted], blocks, LIMITS))


def test_a_mutant_can_be_made_again(sound: list[Seed]) -> None:
    """By its name alone, so that what a campaign finds can be looked at."""
    assert make(sound, 17, 4) == make(sound, 17, 4)
    assert make(sound, 17, 4)[1] != make(sound, 18, 4)[1]

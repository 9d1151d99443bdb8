"""Thousands of workbooks with something wrong in each, and a child that takes them one after the other.

python -m tests.workbooks.mutating 10000 [SEED]
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from worker import apart
from worker.apart import ChildDied
from worker.workbooks import FileLimits, WorkbookError
from worker.workbooks.quarantine import _raised, _told

LIMITS = FileLimits(upload_mb=5, expanded_mb=30, cells_millions=1, seconds=10, memory_mb=1000)
_BOOT = "from tests.workbooks.mutated import main; main(sys.argv[2])"
_ALL_SECONDS = 3600
_OUTCOMES = "outcomes.jsonl"
_SIDE_BY_SIDE = 2

_ATTRIBUTE = re.compile(rb"""([\w:]+=")([^"]*)(")""")
_TEXT = re.compile(rb"(<(?:v|t|f|definedName[^>]*)>)([^<]*)(<)")
_TAG = re.compile(rb"<[^>]*>")
_VALUES = (b"", b"0", b"-1", b"1", b"4294967296", b"9" * 30, b"A1", b"A1:XFD1048576", b"XFE1048577", b"NaN", b"1e999")
_VALUES += (b"s", b"&a;", b"\xff")
_Parts = list[tuple[str, bytes]]

Seed = tuple[bytes, tuple[str, ...]]
"""A workbook, and columns that it has."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: READ, or how it ended and why; `faults` is what must not be."""

    kind: str
    end: str
    reason: str
    faults: tuple[str, ...]
    seconds: float


def mutant(data: bytes, dice: random.Random) -> tuple[str, bytes]:
    """The kind of mutation, and the workbook with it."""
    kind = dice.choice([*_KINDS])
    return kind, _KINDS[kind](data, dice)


def _flip(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(data: bytes, dice: random.Random) -> bytes:
    first, last = sorted(dice.randrange(len(data)) for _ in range(2))
    return dice.choice([data[:first], data[:first] + data[last:], data[:last] + data[first:]])


def _field(data: bytes, dice: random.Random) -> bytes:
    """A field of a header, a record or the end of the directory."""
    signature, size = dice.choice([(b"PK\3\4", 26), (b"PK\1\2", 42), (b"PK\5\6", 16)])
    places = [found.start() for found in re.finditer(re.escape(signature), data)]
    if not places:
        return data
    at = dice.choice(places) + 4 + 2 * dice.randrange(size // 2 - 1)
    value = dice.choice([0, 1, 0xFFFF, dice.getrandbits(16), len(data) & 0xFFFF])
    return data[:at] + struct.pack("<H", value) + data[at + 2 :]


def _in_parts(change: Callable[[_Parts, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    """A mutation of what is packed; the zip file itself is sound."""

    def mutate(data: bytes, dice: random.Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            parts = [(name, file.read(name)) for name in file.namelist()]
        change(parts, dice)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
            for name, part in parts:
                file.NameToInfo.pop(name, None)  # or a name that is there already would be warned of
                file.writestr(name, part)
        return made.getvalue()

    return mutate


def _swap(parts: _Parts, dice: random.Random) -> None:
    one, other = (dice.randrange(len(parts)) for _ in range(2))
    (name, data), (second, more) = parts[one], parts[other]
    parts[one], parts[other] = (name, more), (second, data)


def _drop(parts: _Parts, dice: random.Random) -> None:
    parts.pop(dice.randrange(len(parts)))


def _rename(parts: _Parts, dice: random.Random) -> None:
    at = dice.randrange(len(parts))
    name = dice.choice([parts[at][0].upper() + "x", "../" + parts[at][0], "xl/" + parts[at][0], parts[at][0] + "/a"])
    parts[at] = (name, parts[at][1])


def _edit(pattern: re.Pattern[bytes]) -> Callable[[_Parts, random.Random], None]:
    """Other values where the pattern's second group is, up to three."""

    def change(parts: _Parts, dice: random.Random) -> None:
        at = dice.choice([n for n, (name, _) in enumerate(parts) if name.endswith((".xml", ".rels"))])
        for _ in range(dice.randint(1, 3)):
            name, data = parts[at]
            found = list(pattern.finditer(data))
            if found:
                here = dice.choice(found)
                value = dice.choice([*_VALUES, dice.choice(found)[2], here[2] + b"0"])
                parts[at] = (name, data[: here.start(2)] + value + data[here.end(2) :])

    return change


def _tags(parts: _Parts, dice: random.Random) -> None:
    """A tag less, or what stands between two tags once more."""
    at = dice.choice([n for n, (name, _) in enumerate(parts) if name.endswith((".xml", ".rels"))])
    name, data = parts[at]
    found = list(_TAG.finditer(data))
    one, other = sorted((dice.choice(found).start(), dice.choice(found).end()))
    tag = dice.choice(found)
    parts[at] = (
        name,
        dice.choice([data[: tag.start()] + data[tag.end() :], data[:other] + data[one:other] + data[other:]]),
    )


_KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bits": _flip,
    "cut": _cut,
    "field": _field,
    "parts swapped": _in_parts(_swap),
    "part dropped": _in_parts(_drop),
    "part renamed": _in_parts(_rename),
    "attributes": _in_parts(_edit(_ATTRIBUTE)),
    "texts": _in_parts(_edit(_TEXT)),
    "tags": _in_parts(_tags),
}


def outcomes(seeds: Sequence[Seed], count: int, seed: int = 1) -> Iterator[tuple[str, Outcome]]:
    """What became of `count` mutants, each with its name, by which it can be made again."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        shares = [range(place, count, _SIDE_BY_SIDE) for place in range(_SIDE_BY_SIDE)]
        folders = [Path(name) / str(place) for place in range(_SIDE_BY_SIDE)]
        for done in pool.map(lambda share, folder: _share(seeds, share, seed, folder), shares, folders):
            yield from done


def make(seeds: Sequence[Seed], number: int, seed: int) -> tuple[str, bytes, tuple[str, ...]]:
    """One mutant: kind, bytes, the columns it should have."""
    dice = random.Random(f"{seed} {number}")
    data, wanted = dice.choice(seeds)
    return *mutant(data, dice), wanted


def _share(seeds: Sequence[Seed], numbers: range, seed: int, folder: Path) -> list[tuple[str, Outcome]]:
    folder.mkdir()
    kinds: dict[int, str] = {}
    jobs = []
    for number in numbers:
        kinds[number], data, wanted = make(seeds, number, seed)
        (folder / f"{number}.xlsx").write_bytes(data)
        jobs.append((number, wanted))
    found: list[tuple[str, Outcome]] = []
    while jobs:
        told, died = _work(folder, jobs)
        for number, end, reason, faults, seconds in told:
            found.append((f"{seed}/{number}", Outcome(kinds[number], end, reason, tuple(faults), seconds)))
        jobs = jobs[len(told) :]
        if died is not None:
            (number, _), jobs = jobs[0], jobs[1:]
            error = _told(died, LIMITS)
            found.append((f"{seed}/{number}", Outcome(kinds[number], "died", str(error), (), 0)))
    shutil.rmtree(folder)
    return found


def _work(folder: Path, jobs: list[tuple[int, tuple[str, ...]]]) -> tuple[list[tuple], ChildDied | None]:
    """What a child told of its jobs until it died, if it died."""
    (folder / _OUTCOMES).unlink(missing_ok=True)
    died = None
    try:
        limits = {name: getattr(LIMITS, name) for name in FileLimits.__dataclass_fields__}
        apart.run({"jobs": jobs, "limits": limits}, folder, _BOOT, _ALL_SECONDS)
    except ChildDied as error:
        died = error
    told = []
    for line in (folder / _OUTCOMES).read_text("ascii").splitlines():
        number, end, answer, faults, seconds = json.loads(line)
        error = _raised(answer)
        reason = _words(error) if isinstance(error, WorkbookError) else repr(error) if error else ""
        told.append((number, end, reason, faults, seconds))
    return told, died


def _words(error: WorkbookError) -> str:
    from worker.batch.explain import explain

    return explain(error)


def main() -> None:
    """Run a campaign and tell what came of it; exit code 1 when something is wrong."""
    from tests.workbooks.seeds import seeds

    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    started = time.monotonic()
    ends: Counter[str] = Counter()
    wrong = 0
    for name, outcome in outcomes(seeds(), count, seed):
        ends[outcome.end] += 1
        if outcome.faults or (outcome.end != "read" and not outcome.reason):
            wrong += 1
            print(name, f"{outcome.kind}: {outcome.end} {outcome.reason} {outcome.faults}"[:500])
    print(f"{count} mutants in {time.monotonic() - started:.0f} s, seed {seed}: {dict(ends)}; {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

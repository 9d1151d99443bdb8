"""Limits of a child that the system does not keep itself, tried with stand-ins where the system is not here."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from worker import apart, limits_mac, limits_windows
from worker.apart import ChildDied, Death, Watch

_GROW = "import time; kept = bytearray(200_000_000)\nfor at in range(0, len(kept), 4096): kept[at] = 1\ntime.sleep(60)"


def _resident(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        return None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_that_grows_is_ended_by_its_parent(tmp_path: Path) -> None:
    """As on macOS, where no limit of memory is kept."""
    started = time.monotonic()
    with pytest.raises(ChildDied) as died:
        apart.run({}, tmp_path, _GROW, 30, watch=Watch(100_000_000, 0, _resident, every=0.05))
    assert died.value.death is Death.MEMORY
    assert time.monotonic() - started < 20


def test_a_child_that_writes_too_much_is_ended_by_its_parent(tmp_path: Path) -> None:
    """As on Windows, where no limit of a file's size is kept."""
    write = "import time; open('book', 'wb').write(b'x' * 3_000_000); time.sleep(60)"
    with pytest.raises(ChildDied) as died:
        apart.run({}, tmp_path, write, 30, watch=Watch(0, 2_000_000, lambda pid: None, every=0.05))
    assert died.value.death is Death.OUTPUT


def test_a_folder_may_be_named_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home such as the demonstration's is; the child itself starts in the folder."""
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    answer = "import pathlib, sys; (pathlib.Path(sys.argv[2]) / 'answer.json').write_text('{\"a\": 1}')"
    assert apart.run({}, Path("home"), answer, 30) == {"a": 1}


def test_a_child_within_its_limits_is_left_alone(tmp_path: Path) -> None:
    """The watch changes nothing else."""
    answer = "open('answer.json', 'w').write('{\"a\": 1}')"
    assert apart.run({}, tmp_path, answer, 30, watch=Watch(10**12, 10**12, lambda pid: 1, every=0.01)) == {"a": 1}


def test_a_secret_comes_by_standard_input_alone(tmp_path: Path) -> None:
    """Not by the command line, the environment, or a file in the shared folder."""
    tell = (
        "import json, os, pathlib; told = sys.stdin.read(); folder = pathlib.Path(sys.argv[2])\n"
        "seen = [pathlib.Path('/proc/self/' + name).read_bytes() for name in ('cmdline', 'environ')]\n"
        "seen += [file.read_bytes() for file in folder.iterdir()]\n"
        "answer = {'told': told, 'seen': any(told.encode() in data for data in seen)}\n"
        "(folder / 'answer.json').write_text(json.dumps(answer))"
    )
    assert apart.run({"a": 1}, tmp_path, tell, 30, secret="pässword") == {"told": "pässword", "seen": False}


def test_a_secret_for_a_child_that_is_gone(tmp_path: Path) -> None:
    """It is told as a death, not as a broken pipe."""
    with pytest.raises(ChildDied):
        apart.run({}, tmp_path, "import os; os.close(0); os._exit(3)", 30, secret="x" * 1_000_000)


class _Kernel:
    """What of Windows is called."""

    def __init__(self, told: int = 1) -> None:
        self.limits, self.entered = limits_windows.Limits(), False

        def fill(job: int, kind: int, limits: Any, size: int) -> int:
            assert (job, kind, size) == (7, 9, ctypes.sizeof(limits_windows.Limits))
            ctypes.memmove(ctypes.byref(self.limits), limits, size)
            return told

        def assign(job: int, process: int) -> int:
            self.entered = (job, process) == (7, -1)
            return 1

        self.CreateJobObjectW, self.GetCurrentProcess = (lambda *_: 7), (lambda: -1)
        self.SetInformationJobObject, self.AssignProcessToJobObject = fill, assign


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the numbers are those of 64 bits")
def test_the_job_object_of_windows_is_filled_as_documented() -> None:
    """Size and places as in winnt.h; time in 100 ns; one process; memory in bytes."""
    assert ctypes.sizeof(limits_windows.Limits) == 144
    assert limits_windows.Limits.process_memory.offset == 112
    kernel = _Kernel()
    limits_windows.enter_job(120, 2_048_000_000, kernel)
    raw = bytes(kernel.limits)
    assert int.from_bytes(raw[:8], "little") == 1_200_000_000
    assert int.from_bytes(raw[16:20], "little") == 0x10A
    assert int.from_bytes(raw[40:44], "little") == 1
    assert int.from_bytes(raw[112:120], "little") == 2_048_000_000
    assert kernel.entered
    with pytest.raises(OSError, match="refuses"):
        limits_windows.enter_job(1, 1, _Kernel(told=0))


def test_the_footprint_of_macos_is_read_as_documented() -> None:
    """The eighth number behind 16 bytes of uuid; nothing for a process that is gone."""

    def usage(_pid: int, flavor: int, place: Any) -> int:
        assert flavor == 0
        raw = bytearray(96)
        raw[72:80] = (123_456_789).to_bytes(8, sys.byteorder)
        ctypes.memmove(place, bytes(raw), 96)
        return 0

    assert limits_mac.footprint(1, SimpleNamespace(proc_pid_rusage=usage)) == 123_456_789
    assert limits_mac.footprint(1, SimpleNamespace(proc_pid_rusage=lambda *_: -1)) is None

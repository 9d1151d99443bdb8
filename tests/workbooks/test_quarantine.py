"""The child process: what it gets, and how its death is told."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from worker.scoring.schema import Schema
from worker.workbooks import FileLimits, WorkbookError, append_apart, quarantine, read_apart
from worker.workbooks.block import Block
from worker.workbooks.cells import column, unified
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, Limit
from worker.workbooks.exchange import StoredBlock, save_block
from worker.workbooks.opening import Told
from worker.workbooks.quarantine import run_child

Book = Callable[..., Path]
_BOOK = {"S": {"A1": "Purpose", "B1": "Amount", "A2": "car", "B2": 1.5}}
_LIMITS = FileLimits(seconds=1, memory_mb=400, expanded_mb=1)


def _run(code: str, tmp_path: Path) -> dict[str, object]:
    """Run `code` as the child would run, with its limits set; what it leaves in answer.json."""
    start = "folder = sys.argv[2]\n"
    return run_child({}, tmp_path, _LIMITS, boot=f"{start}from worker.workbooks import quarantine_child\n{code}")


_LIMIT = "quarantine_child.limit({'seconds': 1, 'memory_mb': 400, 'expanded_mb': 1})\n"


@pytest.mark.skipif(sys.platform != "linux", reason="limits by the system hold on Linux")
@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("while True: pass", Limit.SECONDS),
        ("import os; os.abort()", Limit.MEMORY),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Limit.MEMORY),
        ("import time; time.sleep(60)", Limit.SECONDS),
    ],
)
def test_death_is_an_error_with_facts(tmp_path: Path, code: str, limit: Limit) -> None:
    """Processor time, memory and wall clock: each death names the limit."""
    with pytest.raises(FileTooCostly) as caught:
        _run(_LIMIT + code, tmp_path)
    assert caught.value.limit is limit


def test_crash_names_the_signal(tmp_path: Path) -> None:
    """A child that dies otherwise is a broken file."""
    with pytest.raises(FileBroken) as caught:
        _run("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)
    assert caught.value.facts() == {"fault": Fault.CRASHED, "detail": "SIGSEGV"}


_GIVEN = {"ARROW_DEFAULT_MEMORY_POOL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LC_CTYPE"}


def test_child_gets_no_environment_and_no_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in the parent's environment, open files and PYTHONPATH do not reach the child."""
    monkeypatch.setenv("SHEETSCORE_SECRET", "canary")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    handle = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(handle, True)
    try:
        answer = _run(
            "import json, os, sys, pathlib\n"
            "open_files = sorted(int(name) for name in os.listdir('/proc/self/fd'))\n"
            "told = {'environment': sorted(os.environ), 'files': open_files, 'path': sys.path}\n"
            "told['session'] = os.getsid(0) == os.getpid()\n"
            "pathlib.Path(folder, 'answer.json').write_text(json.dumps(told))",
            tmp_path,
        )
    finally:
        os.close(handle)
    assert set(answer["environment"]) <= _GIVEN  # type: ignore[call-overload]
    assert handle not in answer["files"]  # type: ignore[operator]
    assert str(tmp_path) not in answer["path"]  # type: ignore[operator]
    assert answer["session"] is True


def test_child_does_not_load_what_it_does_not_need(book: Book, schema: Schema, tmp_path: Path) -> None:
    """Reading apart loads no pandas and no writer: each file would wait for them."""
    job = {"job": "read", "path": str(book(_BOOK)), "wanted": schema.input_names, "where": "", "labels": {}}
    job["told"] = asdict(Told())
    boot = (
        "import pathlib\n"
        "from worker.workbooks.quarantine_child import main; main(sys.argv[2])\n"
        "pathlib.Path(sys.argv[2], 'loaded').write_text(' '.join(sys.modules))"
    )
    run_child(job, tmp_path, FileLimits(), boot=boot)
    loaded = (tmp_path / "loaded").read_text().split()
    assert "pyarrow" in loaded
    assert {"pandas", "requests", "pyarrow.compute", "worker.workbooks.splice"} & set(loaded) == set()


def test_files_in_the_current_folder_change_nothing(
    book: Book, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with files that Python would load in place of its own, or of ours, is a folder like any other."""
    trap = tmp_path / "trap"
    trap.mkdir()
    for name in ("worker", "json", "sitecustomize", "usercustomize", "pyarrow", "numpy"):
        (trap / f"{name}.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w').close()")
    monkeypatch.chdir(trap)
    monkeypatch.setenv("PYTHONPATH", str(trap))
    path = book(_BOOK)
    assert read_apart(path, schema).rows.tolist() == [2]
    append_apart(path, "out.xlsx", {"New": pd.DataFrame({"a": [1]})})
    assert (trap / "out.xlsx").exists()
    assert not (tmp_path / "sprung").exists()


def test_child_runs_the_code_of_its_parent(tmp_path: Path) -> None:
    """Where two versions are installed, parent and child are of one."""
    root = tmp_path / "other"
    root.mkdir()
    (root / "worker").symlink_to(Path(quarantine.__file__).parents[1], target_is_directory=True)
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from pathlib import Path\n"
        "from worker.workbooks import FileLimits; from worker.workbooks.quarantine import run_child\n"
        'tell = \'import json, worker; open("answer.json", "w").write(json.dumps({"at": worker.__file__}))\'\n'
        f"print(run_child({{}}, Path({str(tmp_path)!r}), FileLimits(), boot=tell)['at'])"
    )
    told = subprocess.check_output([sys.executable, "-P", "-c", code], text=True)
    assert told.strip() == str(root / "worker" / "__init__.py")


_LEAVE = "import json, os, pathlib; place = pathlib.Path(folder, 'answer.json')\n"


@pytest.mark.parametrize(
    "answer",
    ["[]", "{", '{"error": "Nonsense", "facts": {}}', '{"error": "FileBroken", "facts": {"fault": 1}}', '{"error": 1}'],
)
def test_answer_that_makes_no_sense(tmp_path: Path, answer: str) -> None:
    """Whatever a child that was taken over answers, the parent says that it crashed, and no more."""
    with pytest.raises(FileBroken) as caught:
        _run(f"{_LEAVE}place.write_text({answer!r})", tmp_path)
    assert caught.value.fault is Fault.CRASHED


def test_answer_without_end(tmp_path: Path) -> None:
    """A flood on every way out of the child takes none of the parent's memory."""
    flood = "for way in (1, 2): os.write(way, b'x' * 10_000_000)\nplace.write_text('[' * 100_000_000)"
    with pytest.raises(FileBroken) as caught:
        _run(_LEAVE + flood, tmp_path)
    assert caught.value.fault is Fault.CRASHED


def test_cells_that_make_no_sense(tmp_path: Path) -> None:
    """Cells are checked before they are used: text that is not text never gets into a frame."""
    rows, cells = pa.array([2]), (unified([column(["x"])]),)
    facts = save_block(Block(("a",), cells, "S", "S!A1:A2", rows, ("A",), ("General",), (), (), ("a",), None), tmp_path)
    data = (tmp_path / "cells-read-0.arrow").read_bytes()
    at = data.rindex(b"x\0\0\0")
    (tmp_path / "cells-read-0.arrow").write_bytes(data[:at] + b"\xff" + data[at + 1 :])
    with pytest.raises(ValueError, match="UTF8"):
        StoredBlock(facts, tmp_path)


def test_full_disk_is_no_fault_of_the_file(tmp_path: Path) -> None:
    """An error of the machine comes out as such; a result larger than allowed is a limit."""
    told = "place.write_text(json.dumps(quarantine_child._told(%s, {'expanded_mb': 1})))"
    with pytest.raises(OSError, match="No space left"):
        _run(_LEAVE + told % "OSError(28, 'full')", tmp_path)
    with pytest.raises(FileTooCostly) as caught:
        _run(_LEAVE + told % "OSError(27, 'large')", tmp_path)
    assert caught.value.facts() == {"limit": Limit.EXPANDED_BYTES, "found": 0, "allowed": 1_000_000, "detail": ""}


def test_nothing_is_left_behind(book: Book, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder shared with a child is gone after it, also when the child died."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    path = book(_BOOK)
    read_apart(path, schema)
    with pytest.raises(WorkbookError):
        read_apart(path, schema, limits=FileLimits(memory_mb=60))
    assert list(scratch.iterdir()) == []


def _other(book: Book, tmp_path: Path) -> tuple[Path, Path, str]:
    """A workbook, another, and code of a child that gives the first one's name to the other before it reads."""
    path = book(_BOOK)
    other = book({"S": {"A1": "Purpose", "B1": "Amount", "A2": "house", "B2": 9}}, "other.xlsx")
    swap = f"import os; os.replace({str(other)!r}, {str(path)!r})\n"
    return path, other, swap + "from worker.workbooks.quarantine_child import main; main(sys.argv[2])"


@pytest.mark.parametrize("named", [False, True])
def test_the_child_reads_what_its_parent_opened(
    named: bool, book: Book, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the name in between. Where open files have no names it is read by its own; the twin there
    reads what has the name now.
    """
    path, _, boot = _other(book, tmp_path)
    real = quarantine.run_child
    monkeypatch.setattr(quarantine, "run_child", lambda *given, **more: real(*given, **more | {"boot": boot}))
    if named:
        monkeypatch.setattr(quarantine, "_OPEN_FILES", tmp_path / "nowhere")
    elif not quarantine._OPEN_FILES.exists():
        pytest.skip("open files have no names here")
    assert read_apart(path, schema).frame["Purpose"].tolist() == (["house"] if named else ["car"])

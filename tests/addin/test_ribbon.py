"""The ribbon's door lets in the actions of its list and nothing else, and never shows what a person cannot read."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from addin import memory
from addin.errors import GridError, GridFault
from addin.log import LogHandler, write_line
from addin.paths import log_file
from addin.ribbon import ACTIONS, INDEXED, Door, calling_book
from addin.ui import RecordingUi
from tests.addin.acting import NOON, Bench, table

NAMES = {
    "add_endpoint",
    "sign_in",
    "refresh",
    "schema",
    "sample_data",
    "check_inputs",
    "score_selection",
    "score_table",
    "score_sheet",
    "score_again",
    "undo_scoring",
    "freeze_scores",
    "auto_score",
    "auto_score_tick",
    "stop_calls",
    "clear_cache",
    "log",
    "offer_endpoint",
    "help",
}


def test_the_list_of_actions() -> None:
    """These and no others: what VBA may call."""
    assert set(ACTIONS) == NAMES
    assert set(INDEXED) == {"select_endpoint"}
    for action in ACTIONS.values():
        assert (action.__doc__ or "").split("\n")[0].strip()


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("__import__", ""),
        ("os.system", "1"),
        ("score_selection", "1"),
        ("select_endpoint", ""),
        ("select_endpoint", "-1"),
        ("select_endpoint", "1;2"),
        ("select_endpoint", "\u0661"),
        ("", ""),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, name: str, argument: str) -> None:
    """With a sentence; nothing is done."""
    bench = Bench(memory.book({"A1": table()}), tmp_path)
    ui = RecordingUi()
    Door(
        tmp_path, caller=lambda: bench.book, open_ui=lambda _: ui, open_desk=lambda book, *_: bench.desk(book)
    ).dispatch(name, argument)
    assert len(ui.told) == 1
    assert "Traceback" not in ui.told[0]
    assert bench.rows_sent == 0


def test_nothing_is_raised_even_when_the_ui_is_broken(tmp_path: Path) -> None:
    """Beyond the door is Excel, which would show a stack trace."""

    class Broken(RecordingUi):
        def tell(self, text: str, report: str = "") -> None:
            raise OSError(text)

        def status(self, text: str | None) -> None:
            raise OSError(text)

    Door(tmp_path, caller=memory.book, open_ui=lambda _: Broken()).dispatch("nonsense")
    assert "nonsense" in log_file(tmp_path).read_text("utf-8")


def test_nothing_is_raised_when_there_is_no_ui_at_all(tmp_path: Path) -> None:
    """Nor a place for the log."""

    def none(_: Any) -> Any:
        raise RuntimeError("no screen")

    folder = tmp_path / "file"
    folder.write_text("in the way")
    Door(folder, caller=memory.book, open_ui=none).dispatch("help")


def test_without_excel_the_caller_is_said_to_have_no_workbook() -> None:
    """As when the last one was closed meanwhile."""
    with pytest.raises(GridError) as caught:
        calling_book()
    assert caught.value.fault is GridFault.NO_WORKBOOK


def test_a_log_line_is_added_to_what_is_there(tmp_path: Path) -> None:
    """In order."""
    for number in range(3):
        write_line(tmp_path, NOON, {"action": f"a{number}"})
    lines = log_file(tmp_path).read_text("utf-8").splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["a0", "a1", "a2"]


def test_other_parts_log_into_the_same_file_without_the_text_of_an_error(tmp_path: Path) -> None:
    """It can hold anything."""
    logger = logging.getLogger("tests.addin.formulas")
    handler = LogHandler(tmp_path)
    logger.addHandler(handler)
    try:
        float("customer 4711")
    except ValueError:
        logger.exception("a worksheet function failed")
    logger.removeHandler(handler)
    line = json.loads(log_file(tmp_path).read_text("utf-8"))
    assert (line["action"], line["outcome"]) == ("tests.addin.formulas", "a worksheet function failed")
    assert line["where"][0] == "ValueError"
    assert "4711" not in str(line)


def run(folder: Path, code: str) -> tuple[int, str, str]:
    """A fresh interpreter with a home of its own."""
    environ = {**os.environ, "HOME": str(folder), "USERPROFILE": str(folder), "SHEETSCORE_CACHE_KEY": "secret"}
    code = f"import sys, pathlib, addin.ribbon as r, addin.ui, addin.memory; folder = pathlib.Path(sys.argv[1]); {code}"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False, env=environ
    )
    return done.returncode, done.stdout.strip(), done.stderr


def test_the_door_loads_no_server_library_and_ends_without_an_error(tmp_path: Path) -> None:
    """Excel or not."""
    code = (
        "r.Door(folder, open_ui=lambda book: addin.ui.RecordingUi()).dispatch('score_selection'); "
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'starlette', 'sqlalchemy', 'onnxruntime', 'uvicorn'}))"
    )
    assert run(tmp_path, code) == (0, "[]", "")
    assert '"outcome": "GridError"' in log_file(tmp_path).read_text("utf-8")


def test_a_desk_is_opened_with_what_the_account_has(tmp_path: Path) -> None:
    """Settings, keys, endpoints and cache: here nothing yet, so the person is told what to do first."""
    code = (
        "ui = addin.ui.RecordingUi(); "
        "r.Door(folder, caller=addin.memory.book, open_ui=lambda book: ui).dispatch('schema'); print(ui.told[0])"
    )
    assert run(tmp_path, code) == (0, "There is no endpoint yet. Click Add endpoint. Sheet unchanged.", "")

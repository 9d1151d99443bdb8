"""Schema, sample rows, endpoints, log and help."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
import xlwings as xw

from addin.actions.looking import HERE, NEW_SHEET, OVERWRITE
from addin.actions.placing import BESIDE
from addin.actions.table import ACTIONS
from addin.paths import log_file
from tests.addin.acting import HEADER, Bench, contents, in_memory, table, values
from tests.scoring.conftest import KEY, SCHEMA
from worker.scoring import Schema

SAMPLE = ({"age": 31, "income": 2500.5, "purpose": "A40"}, {"age": 40, "income": None, "purpose": "A41"})


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    return Bench(book, tmp_path, schema=Schema(SCHEMA.inputs, SCHEMA.outputs, SAMPLE))


def test_schema_shows_inputs_and_outputs_on_a_new_sheet(bench: Bench) -> None:
    """With types and allowed values."""
    bench.do("schema")
    rows = values(bench.book, "A1:E7", "Schema")
    assert rows[0][:5] == [None, "Name", "Type", "May be blank", "Allowed values"]
    assert [row[1] for row in rows[1:]] == [*HEADER, "probability", "double age", "decision"]
    assert rows[3][4] == "A40, A41"


def test_schema_is_shown_in_a_window_where_no_sheet_can_be_added(bench: Bench) -> None:
    """One line for each column."""
    bench.book.api.Protect()
    report = bench.do("schema").reports[0]
    assert "Input  purpose  text  no  A40, A41" in report
    bench.book.api.Unprotect()


def test_sample_rows_go_to_the_selected_cell_ready_to_be_scored(bench: Bench) -> None:
    """They are selected, so the next click scores them; undo takes them away."""
    sheet = bench.book.sheets[0]
    sheet["B3"].select()
    bench.do("sample_data", HERE)
    assert values(bench.book, "B3:D5") == [HEADER, [31, 2500.5, "A40"], [40, None, "A41"]]
    assert bench.book.selection.address == "$B$3:$D$5"
    bench.do("score_selection", BESIDE)
    assert values(bench.book, "H4:H5") == [["ok"], ["ok"]]


def test_sample_rows_overwrite_only_when_told(bench: Bench) -> None:
    """What would be lost is said; undo brings it back."""
    sheet = bench.book.sheets[0]
    sheet["A1"].value = "mine"
    sheet["A1"].select()
    before = contents(bench.book)
    ui = bench.do("sample_data", None)
    assert ui.asked == [("2 sample rows. A1:C3 holds 1 value. Where should they go?", (NEW_SHEET, OVERWRITE, "Cancel"))]
    assert contents(bench.book) == before
    bench.do("sample_data", OVERWRITE)
    assert values(bench.book, "A1") == [["age"]]
    bench.do("undo_scoring")
    assert values(bench.book, "A1:C3") == [["mine", None, None], [None] * 3, [None] * 3]
    bench.do("sample_data", NEW_SHEET)
    assert values(bench.book, "A1:C1", "Sample") == [HEADER]


@in_memory
def test_one_sample_row_is_told_as_one(book: xw.Book, tmp_path: Path) -> None:
    """Not as "1 sample rows"."""
    bench = Bench(book, tmp_path, schema=Schema(SCHEMA.inputs, SCHEMA.outputs, SAMPLE[:1]))
    assert bench.do("sample_data", None).asked[0][0] == "1 sample row. Where should it go?"


@in_memory
def test_the_log_has_a_line_for_each_action_and_no_values_or_keys(bench: Bench) -> None:
    """And only this account can read it."""
    bench.book.sheets[0]["A1"].value = table()
    bench.book.sheets[0]["A1"].select()
    bench.do("score_selection", BESIDE)
    assert bench.logged() == {
        "at": "2026-05-03T12:00:00",
        "action": "score_selection",
        "endpoint": "credit",
        "host": "scores.example.com",
        "rows": 3,
        "calls": 1,
        "sent": 3,
        "cached": 0,
        "outcome": "done",
        "seconds": bench.logged()["seconds"],
    }
    file = log_file(bench.folder)
    text = file.read_text("utf-8")
    assert KEY not in text
    assert "A40" not in text
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert bench.do("log").opened == [file]


@in_memory
def test_the_log_is_bounded(bench: Bench) -> None:
    """One older file is kept."""
    file = log_file(bench.folder)
    file.write_text("x" * 1_100_000)
    bench.do("help")
    assert file.stat().st_size < 1000
    assert file.with_name(file.name + ".1").stat().st_size == 1_100_000


@in_memory
def test_help_names_every_button(bench: Bench) -> None:
    """Each with one sentence."""
    report = bench.do("help").reports[0]
    for name in set(ACTIONS) - {"auto_score_tick", "offer_endpoint", "clear_cache"}:
        assert name.replace("_", " ").capitalize() in report.replace("Auto-score", "Auto score")
    assert "=SCORE(data)" in report


@in_memory
def test_add_endpoint_chooses_what_was_added(bench: Bench) -> None:
    """A closed window changes nothing."""
    bench.ui.entries = [None]
    other = bench.made.catalogue.add("other", "https://scores.example.com/workspaces/w1/services/e2", KEY)
    assert bench.desk().chosen() == "credit"
    ui = bench.do("add_endpoint")
    assert ui.told == []
    assert bench.desk().chosen() == "credit"
    bench.ui.entries = [other]
    bench.do("add_endpoint")
    assert bench.desk().chosen() == "other"
    bench.do_indexed("select_endpoint", "0")
    assert bench.desk().chosen() == "credit"


@in_memory
def test_without_an_endpoint_the_first_step_is_named(bench: Bench) -> None:
    """Whatever was clicked."""
    bench.made.catalogue.remove("credit")
    for action in ("score_selection", "schema", "refresh"):
        assert bench.do(action).told == ["There is no endpoint yet. Click Add endpoint. Sheet unchanged."]

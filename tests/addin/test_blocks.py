"""What a workbook remembers of its blocks: within Excel's limits, all or nothing, and never trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin import memory
from addin.actions.auto import AUTO, SWITCH_ON
from addin.actions.placing import BESIDE
from addin.blocks import PREFIX, Facts, Remembered, new_id, remember, remembered
from addin.grid import Area, get_name, names, set_name
from addin.memory.errors import ComError
from tests.addin.acting import HEADER, OUTPUTS, Bench, in_memory, scores, table, values
from worker.scoring import EndpointError

DATA, SCORES = Area("Sheet1", 2, 1, 3, 3), Area("Sheet1", 2, 4, 3, 4)


def facts(**changed: Any) -> Facts:
    """Those of a block in A2:C4."""
    given = {
        "endpoint": "credit",
        "version": "1",
        "at": "2026-05-03T12:00:00",
        "header": True,
        "top": True,
        "table": False,
        "sheet": False,
        "complete": True,
        "width": 3,
        "names": ("probability", "double age", "decision", "Status"),
        "inputs": "",
        "rows": 3,
        "mix": "",
        "order": "",
        "readings": (("age", "separator", 1),),
    }
    return Facts(**given | changed)


def block(**changed: Any) -> Remembered:
    """The block, with headers in the first row."""
    header, top = Area("Sheet1", 1, 1, 1, 3), Area("Sheet1", 1, 4, 1, 4)
    return Remembered(new_id(), DATA, SCORES, facts(**changed), header, top)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    book = memory.book({"A1": table()})
    book.sheets[0]["A1"].select()
    return Bench(book, tmp_path)


def test_many_outputs_with_long_greek_names_are_remembered(book: xw.Book) -> None:
    """No name is longer than Excel allows, and fewer pieces later leave no rest."""
    book.sheets[0]["A1"].value = [[*HEADER, *OUTPUTS], *([1] * 7 for _ in range(3))]
    many = block(names=tuple(f'Πιθανότητα "αθέτησης" {n} μήνες {"ω" * 40}' for n in range(200)))
    remember(book, many)
    assert remembered(book) == [many]
    assert max(len(name.refers_to) for name in book.names) < 8_192
    few = Remembered(many.id, DATA, SCORES, facts(), many.header, many.top)
    remember(book, few)
    assert remembered(book) == [few]
    assert len(names(book, PREFIX)) == 5


class Refusing(dict[str, Any]):
    """Names of a workbook, one of which Excel does not take."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name.endswith("_scores"):
            raise ComError("1004")
        super().__setitem__(name, value)


def test_a_name_that_excel_refuses_leaves_scores_that_can_be_undone(bench: Bench) -> None:
    """The person is told; nothing half is remembered."""
    bench.book.impl.all_names = Refusing(bench.book.impl.all_names)
    ui = bench.do("score_selection", BESIDE)
    assert ui.told == ["The scores are written, but the workbook could not note it: Score again will not know them."]
    assert values(bench.book, "D2:G4") == scores(20, 21, 22)
    assert names(bench.book, PREFIX) == ()
    bench.do("undo_scoring")
    assert values(bench.book, "D1:G4") == [[None] * 4] * 4


@pytest.mark.parametrize(
    "changed",
    [
        {"header": "y"},
        {"endpoint": ["credit"]},
        {"at": 1},
        {"at": "2026. Call 0800 123456 to renew your key"},
        {"each": None},
        {"width": 3.5},
        {"names": 4},
        {"names": [["a"]]},
        {"readings": [["age", "separator", "7"]]},
        {"readings": [7]},
        {"surplus": 1},
    ],
    ids=str,
)
def test_names_of_odd_types_are_not_remembered(bench: Bench, changed: dict[str, Any]) -> None:
    """Somebody else wrote them."""
    made = block()
    remember(bench.book, made)
    given = json.loads(str(get_name(bench.book, f"{PREFIX}{made.id}_info")))
    set_name(bench.book, f"{PREFIX}{made.id}_info", json.dumps(given | changed))
    assert remembered(bench.book) == []
    assert bench.do("score_again").told == ["Nothing was scored here yet. Use Score selection first. Sheet unchanged."]


def test_a_header_below_its_rows_is_not_remembered(book: xw.Book) -> None:
    """Or on another sheet, or gone."""
    made = block()
    remember(book, made)
    set_name(book, f"{PREFIX}{made.id}_header", Area("Sheet1", 9, 1, 1, 3))
    assert remembered(book) == []
    book.names[f"{PREFIX}{made.id}_header"].delete()
    assert remembered(book) == []


def test_a_name_that_holds_something_else_is_not_remembered(bench: Bench) -> None:
    """A number, say, in place of cells."""
    made = block()
    remember(bench.book, made)
    bench.book.names[f"{PREFIX}{made.id}_data"].delete()
    bench.book.names.add(f"{PREFIX}{made.id}_data", "=1+1")
    assert remembered(bench.book) == []


def test_a_block_as_large_as_a_sheet_is_read_as_far_as_there_is_anything(bench: Bench) -> None:
    """Somebody else's name must not make Excel read 17,000,000,000 cells."""
    made = block()
    remember(bench.book, made)
    sheet = Area("Sheet1", 2, 1, 1_048_575, 16_384)
    set_name(bench.book, f"{PREFIX}{made.id}_data", sheet)
    (found,) = remembered(bench.book)
    assert found.data == Area("Sheet1", 2, 1, 3, 3)
    bench.book.sheets[0]["XFD1048576"].value = 1
    assert remembered(bench.book) == []


def test_names_of_somebody_else_do_not_trouble_auto_score(bench: Bench) -> None:
    """They hold no cells: no box at each change."""
    bench.do("score_selection", BESIDE)
    bench.book.names.add(f"{AUTO}_forged", "=1+1")
    bench.do("auto_score_tick")
    bench.do("auto_score", SWITCH_ON)
    bench.book.sheets[0]["A2"].value = 90
    bench.do("auto_score_tick")
    assert values(bench.book, "D2:G2") == scores(90)


def test_a_reading_that_does_not_exist_is_asked_for_again(bench: Bench) -> None:
    """A place out of range, or a doubt that nobody has."""
    bench.book.sheets[0]["A2"].value = "'1.234"
    remember(bench.book, block(readings=(("age", "separator", 7), ("age", "nonsense", 0))))
    ui = bench.do("score_again", None)
    assert [question.column for question in ui.questions[0]] == ["age"]


@in_memory
def test_consent_to_auto_score_does_not_travel_with_the_workbook(book: xw.Book, tmp_path: Path) -> None:
    """Whoever opens it sends nothing until they switch it on themselves; what the VBA looks for stays."""
    book.sheets[0]["A1"].value = table()
    book.sheets[0]["A1"].select()
    first, second = Bench(book, tmp_path / "first"), Bench(book, tmp_path / "second")
    first.do("score_selection", BESIDE)
    first.do("auto_score", SWITCH_ON)
    book.sheets[0]["A2"].value = 90
    second.do("auto_score_tick")
    assert second.rows_sent == 0
    assert len(names(book, AUTO)) == 1
    second.do("auto_score", SWITCH_ON)
    second.do("auto_score_tick")
    assert second.rows_sent == 3
    assert values(book, "A1:C1") == [HEADER]


class Failing(Exception):
    """What nobody foresaw."""


def test_what_nobody_foresaw_switches_auto_score_off(bench: Bench) -> None:
    """The box comes once, not with each change."""
    bench.do("score_selection", BESIDE)
    bench.do("auto_score", SWITCH_ON)
    bench.book.sheets[0]["A2"].value = 90
    down: Any = Failing()
    bench.host.down = down
    bench.made.time += 61
    bench.scorer = bench.made.new_scorer()
    with pytest.raises(Failing):
        bench.raw("auto_score_tick")
    assert not issubclass(Failing, EndpointError)
    bench.raw("auto_score_tick")
    assert names(bench.book, AUTO) == ()

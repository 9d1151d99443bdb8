"""The Ui of real life: what it hands to windows and takes from them, and what it does where none can be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin import memory
from addin.dialogs import NoWindows, Screen
from addin.grid import Area
from addin.ui import Choice, Progress, Question, RecordingUi, Ui
from addin.windowed import XlwingsUi, describe
from tests.addin.desks import URL, FakeHost, MadeDesk
from tests.scoring.conftest import KEY, SCHEMA
from worker.scoring import Login, Schema

QUESTION = Question(
    "Amount",
    "C2",
    7,
    ("1.234",),
    (Choice("the point stands before the decimals", ("1.234",)), Choice("the comma does", ("1234",))),
)


class Answering(Screen):
    """Windows that are answered before they are seen; without an answer there is no screen."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.shown: list[tuple[str, dict[str, object]]] = []

    def answer(self, window: str, **facts: object) -> Any:
        if not self.answers:
            raise NoWindows("none can be shown")
        self.shown.append((window, facts))
        return self.answers.pop(0)


@pytest.fixture
def book() -> xw.Book:
    return memory.book({"A1": [["x"], [1]]})


def test_answers_of_windows_are_handed_on(book: xw.Book) -> None:
    """And what is asked reaches them."""
    screen = Answering(None, "Overwrite", "OK", [1], "Close")
    ui = XlwingsUi(book, screen)
    ui.tell("Done.")
    assert ui.ask("H2 holds 1 value.", ("New sheet", "Overwrite", "Cancel")) == "Overwrite"
    assert ui.pairs([("Column A", "age", "20")])
    assert ui.choose_readings([QUESTION]) == {0: 1}
    ui.report("one\ntwo")
    assert [facts.get("text") for _, facts in screen.shown][:2] == ["Done.", "H2 holds 1 value."]
    assert screen.shown[4][1]["boxed"] == "one\ntwo"
    assert book.app.impl.alerts == []


def test_without_windows_excels_own_boxes_serve(book: xw.Book) -> None:
    """Yes and No stand for the first two choices, Cancel for none."""
    impl = book.app.impl
    ui = XlwingsUi(book, Answering())
    ui.tell("Done.")
    assert impl.alerts.pop()[0] == "Done."
    impl.answers = ["no", "ok", "no", "cancel"]
    ui_answer = ui.ask("H2 holds 1 value.", ("New sheet", "Overwrite", "Cancel"))
    assert impl.alerts[-1][0] == "H2 holds 1 value.\n\nYes: New sheet\nNo: Overwrite"
    assert ui_answer == "Overwrite"
    assert ui.pairs([("Column A", "age", "20")])
    assert ui.choose_readings([QUESTION]) == {0: 1}
    assert ui.ask("H2 holds 1 value.", ("New sheet", "Overwrite", "Cancel")) is None
    ui.report("x" * 5000)
    assert len(impl.alerts[-1][0]) == 1000


def test_without_windows_progress_is_told_in_the_status_bar(book: xw.Book) -> None:
    """Nobody can cancel there; the bar is given back."""
    ui = XlwingsUi(book, Answering())
    with ui.progress("Scoring with credit", 10) as window:
        window.update(3, 10)
        assert book.app.status_bar == "Scoring with credit: 3 of 10 rows"
        window.update(3, 10, "Endpoint busy.")
        assert book.app.status_bar == "Endpoint busy."
        assert not window.cancelled()
    ui.status(None)
    assert book.app.status_bar is False


def test_a_cell_is_picked_by_selecting_it_where_excel_has_no_box_for_that(book: xw.Book) -> None:
    """As on macOS, where the workbook can be used while the window is open."""
    book.sheets[0]["C7"].select()
    assert XlwingsUi(book, Answering("OK")).pick_cell("Select a cell.") == Area("Sheet1", 7, 3, 1, 1)
    assert XlwingsUi(book, Answering("Cancel")).pick_cell("Select a cell.") is None
    assert XlwingsUi(None, Answering("OK")).pick_cell("Select a cell.") is None


def test_a_cell_of_another_workbook_is_refused() -> None:
    """Its address would mean another cell here."""
    app = memory.app()
    here, other = app.books.add(), app.books.add()
    screen = Answering(None)
    ui = XlwingsUi(here, screen)
    assert ui.area_here(here, here.sheets[0]["C7"]) == Area("Sheet1", 7, 3, 1, 1)
    assert ui.area_here(here, other.sheets[0]["C7"]) is None
    assert "is another workbook" in str(screen.shown)


def test_without_a_workbook_nothing_is_lost_but_the_status_bar() -> None:
    """As when no workbook is open."""
    ui = XlwingsUi(None, Answering(None))
    ui.status("x")
    ui.tell("No workbook is open.")
    XlwingsUi(None, Answering()).tell("Nobody can hear this.")


def test_a_workbook_closed_meanwhile_is_no_reason_to_fail(book: xw.Book) -> None:
    """The bar is Excel's; with Excel gone there is none."""
    ui = XlwingsUi(book, Answering(None))
    app = book.app
    ui.status("Scoring")
    book.close()
    ui.status(None)
    assert app.status_bar is False
    app.impl.__class__ = type("Gone", (type(app.impl),), {"status_bar": property()})
    ui.status("x")


def test_an_endpoint_is_added_under_a_name_that_is_not_taken(tmp_path: Path) -> None:
    """The window knows which names are."""
    opened: list[dict[str, object]] = []

    class Recording(Screen):
        def open(self, window: str, **facts: object) -> Any:
            opened.append(facts)
            raise NoWindows(window)

    with pytest.raises(NoWindows):
        XlwingsUi(None, Recording()).add_endpoint(MadeDesk(tmp_path).catalogue)
    assert opened[0]["taken"] == ["credit"]


def test_an_endpoint_is_tested_with_one_sample_row(tmp_path: Any) -> None:
    """Its columns and the scores of the row, in words."""
    sample = ({"age": 31, "income": None, "purpose": "A41"}, {"age": 32, "income": 1.0, "purpose": "A40"})
    made = MadeDesk(tmp_path, FakeHost(schema=Schema(SCHEMA.inputs, SCHEMA.outputs, sample)))
    found = describe(made.catalogue, URL, KEY)
    assert found.sample == (("probability", "0.031"), ("double age", "62"), ("decision", "31-A41"))
    assert [field.name for field in found.inputs] == ["age", "income", "purpose"]
    assert found.name == "scores.example.com"
    assert [len(call["age"]) for call in made.host.fake.calls] == [1]


def test_both_uis_are_a_ui(book: xw.Book) -> None:
    """The type checker holds them to the same words; here they are seen to have them."""
    uis: list[Ui] = [RecordingUi(answers=["a"]), XlwingsUi(book, Answering("a"))]
    for ui in uis:
        assert ui.ask("?", ("a", "b")) == "a"
    with RecordingUi(cancel_after=1).progress("t", 2) as window:
        watched: Progress = window
        assert not watched.cancelled()
        watched.update(1, 2)
        assert watched.cancelled()


def test_a_sign_in_at_a_proxy_is_handed_on_with_a_report_for_it(book: xw.Book) -> None:
    """Closed, or where no window can be shown, there is none; Excel's own boxes show what is typed."""
    screen = Answering({"name": "ana", "password": "summer"}, None)
    ui = XlwingsUi(book, screen)
    assert ui.proxy_sign_in("proxy.example.com:3128", refused=False) == Login("ana", "summer")
    assert ui.proxy_sign_in("proxy.example.com:3128", refused=True) is None
    assert [(window, facts["refused"]) for window, facts in screen.shown] == [("login", False), ("login", True)]
    assert "proxy.example.com:3128" in str(screen.shown[0][1]["report"])
    assert XlwingsUi(book, Answering()).proxy_sign_in("proxy.example.com:3128", refused=False) is None
    assert book.app.impl.alerts == []

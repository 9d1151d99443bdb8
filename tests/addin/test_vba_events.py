"""What the add-in does on its own: automatic scoring's timer, formulas led home on opening, help for functions."""

from __future__ import annotations

import datetime as dt

import pytest
from pyopenvba.interpreter import to_text

from tests.addin.vba_fakes import Book, Cells, Control, Named, Sheet
from tests.addin.vba_host import Desk

TICK = "'sheetscore.xlam'!AutoScoreTick"


def _auto(reference: str = "='Data'!$A$1:$C$9") -> Desk:
    desk = Desk()
    desk.book.names = [Named("_sheetscore_auto_1", reference)]
    return desk


def test_a_change_on_an_automatic_sheet_only_arms_a_timer() -> None:
    """Nothing is scored in the middle of somebody's typing."""
    desk = _auto()
    desk.vba.freeze(dt.datetime(2026, 3, 4, 12, 0, 59))
    desk.run("app_SheetChange", Sheet("Data", desk.book), Cells())
    assert desk.rim.app.timers == [(TICK, True)]
    assert to_text(desk.rim.app.due).endswith("12:01:00 PM")
    assert desk.statements == []


def test_changes_in_a_row_are_scored_once() -> None:
    """Each takes back the timer before it; one second after the last one Python is called once."""
    desk = _auto()
    for _ in range(3):
        desk.run("app_SheetChange", Sheet("Data", desk.book), Cells())
    assert desk.rim.app.timers == [(TICK, True), (TICK, False), (TICK, True), (TICK, False), (TICK, True)]
    desk.run("AutoScoreTick")
    desk.run("AutoScoreTick")
    assert desk.statements == ["import addin.ribbon as r; r.dispatch('auto_score_tick')"]


def test_the_workbook_that_changed_is_scored_not_the_one_in_front() -> None:
    """One second is enough to go elsewhere; several workbooks may have changed."""
    desk = _auto()
    other = Book("Other.xlsx")
    other.names = [Named("_sheetscore_auto_1", "=Data!$A$1")]
    desk.run("app_SheetChange", Sheet("Data", other), Cells())
    desk.run("app_SheetChange", Sheet("Data", desk.book), Cells())
    desk.run("AutoScoreTick")
    assert [heard[2] for heard in desk.rim.heard if heard[1] == "BOOK_CALLER"] == [other, desk.book]


@pytest.mark.parametrize("reference", ["=Other!$A$1", "='Data 2'!$A$1", "=#REF!$A$1", '="Data"', "=1"])
def test_a_sheet_that_is_not_automatic_arms_nothing(reference: str) -> None:
    """Off by default, and switched on sheet by sheet."""
    desk = _auto(reference)
    desk.run("app_SheetChange", Sheet("Data", desk.book), Cells())
    assert desk.rim.app.timers == []


@pytest.mark.parametrize(
    ("sheet", "reference"),
    [
        ("Data", "=Data!$A$1"),
        ("Bob's data", "='Bob''s data'!$A$1:$B$2"),
        ("a!b", "='a!b'!$A$1"),
        ("DATA", "=Data!$A$1"),
    ],
)
def test_the_toggle_is_pressed_on_an_automatic_sheet(sheet: str, reference: str) -> None:
    """Whatever its name looks like."""
    desk = _auto(reference)
    desk.names["activesheet"] = Sheet(sheet, desk.book)
    assert desk.ask("AutoScorePressed", Control("")) is True


def test_another_sheet_in_front_draws_the_toggle_anew_and_nothing_else() -> None:
    """The rest of the ribbon does not depend on the sheet."""
    desk = _auto()
    desk.run("app_SheetActivate", Sheet("Data", desk.book))
    desk.run("app_WorkbookActivate", desk.book)
    assert (desk.ribbon.redrawn, desk.ribbon.drawn) == (["autoScore", "autoScore"], 0)


def test_a_failing_tick_tells_nobody_and_leaves_events_on() -> None:
    """The log has it; a box once a second would be worse."""
    desk = _auto()
    desk.run("app_SheetChange", Sheet("Data", desk.book), Cells())
    desk.rim.fault = "broken"
    desk.run("AutoScoreTick")
    assert (desk.messages, desk.rim.app.events) == ([], True)


def test_closing_takes_the_timer_back() -> None:
    """Or Excel would open the add-in again to run it."""
    desk = _auto()
    desk.run("app_SheetChange", Sheet("Data", desk.book), Cells())
    desk.run("Workbook_BeforeClose", False)
    assert desk.rim.app.timers[-1] == (TICK, False)


def test_opening_leads_formulas_to_the_add_in_that_is_here_and_starts_no_python() -> None:
    """Links to other files stay, and so does the mark that the workbook is saved."""
    desk = Desk()
    here = "C:\\here\\sheetscore.xlam"
    foreign = [
        "C:\\Users\\him\\AddIns\\Sheetscore.XLAM",
        "https://cloud/x/sheetscore.xlam",
        "/Users/her/x/sheetscore.xlam",
    ]
    desk.book.links = [*foreign, here, "C:\\data\\other.xlsx", "C:\\data\\not-sheetscore.xlam"]
    desk.run("app_WorkbookOpen", desk.book)
    assert desk.book.changed == [(link, here, 1) for link in foreign]
    assert desk.book.saved
    assert desk.rim.app.alerts
    assert desk.rim.heard == []


def test_starting_excel_describes_the_functions_mends_what_is_open_and_starts_no_python() -> None:
    """A workbook that was opened by a double click is open before the add-in is."""
    desk = Desk()
    desk.book.links = ["C:\\old\\sheetscore.xlam"]
    desk.rim.app.books = [desk.book]
    desk.run("Workbook_Open")
    assert [told["name"] for told in desk.rim.app.described] == [
        f"'sheetscore.xlam'!{name}"
        for name in ("SCORE", "SCORE_SCHEMA", "SCORE_SAMPLE", "SCORE_ENDPOINTS", "SCORE_STATUS")
    ]
    assert {told["category"] for told in desk.rim.app.described} == {"Sheetscore"}
    assert len(desk.book.changed) == 1
    assert desk.rim.heard == []

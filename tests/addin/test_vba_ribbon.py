"""The ribbon's VBA, run: what a click tells Python, what the drop-down and the toggles show, what an error says."""

from __future__ import annotations

import pytest
from pyopenvba.exceptions import VBARuntimeError
from pyopenvba.interpreter import NOTHING

from tests.addin.vba_fakes import Control
from tests.addin.vba_host import Desk

STATEMENT = "import addin.ribbon as r; r.dispatch('score_selection')"


def test_a_click_tells_python_the_tag_and_whose_workbook_it_is() -> None:
    """The workbook goes over as an object: neither its name nor its path is part of any text."""
    desk = Desk()
    desk.run("OnAction", Control("score_selection"))
    assert desk.statements == [STATEMENT]
    assert desk.rim.heard[0] == ("xlwings._xlwindows", "BOOK_CALLER", desk.book)
    assert desk.messages == []


def test_events_and_alerts_are_off_while_python_works_and_as_before_afterwards() -> None:
    """Own writes start no automatic scoring, and Excel does not ask whether to wait."""
    desk = Desk()
    desk.rim.app.alerts = False
    desk.run("OnAction", Control("score_selection"))
    assert desk.rim.heard[1][2] == (False, False)
    assert (desk.rim.app.events, desk.rim.app.alerts) == (True, False)


def test_after_a_failure_events_and_alerts_are_as_before_and_the_person_reads_a_sentence() -> None:
    """Never a trace: its last line at most, under what to do."""
    desk = Desk()
    desk.rim.fault = (
        "Unexpected Python Error: Traceback (most recent call last):\n  File x\nModuleNotFoundError: no addin\n"
    )
    desk.run("OnAction", Control("score_selection"))
    assert (desk.rim.app.events, desk.rim.app.alerts, desk.rim.app.status) == (True, True, False)
    (message,) = desk.messages
    assert "sheetscore addin doctor" in message
    assert "ModuleNotFoundError: no addin" in message
    assert "Traceback" not in message


def test_without_a_workbook_the_person_is_told_and_python_is_not() -> None:
    """In Protected View there is no active workbook either."""
    desk = Desk()
    desk.names["activeworkbook"] = NOTHING
    desk.run("OnAction", Control("score_selection"))
    assert desk.rim.heard == []
    assert "Protected View" in desk.messages[0]


@pytest.mark.parametrize("tag", ["", "x", "refresh'); import os; ('", "refresh;schema", ";", "Refresh", "*"])
def test_a_tag_that_is_no_action_runs_nothing(tag: str) -> None:
    """VBA has a list of its own: the statement is made of names on it and of digits."""
    desk = Desk()
    desk.run("OnAction", Control(tag))
    assert desk.statements == []
    assert desk.messages == ["Sheetscore has no such action."]


@pytest.mark.parametrize("argument", ["1'", "a", "1 2", "-1", "1.0"])
def test_an_argument_that_is_no_number_runs_nothing(argument: str) -> None:
    """The only argument there is, is a position in a list."""
    with pytest.raises(VBARuntimeError, match="wants a number"):
        Desk().run("PythonCommand", "select_endpoint", argument)


def test_the_drop_down_shows_the_names_of_the_settings_file_and_the_one_in_use() -> None:
    """Written by Python; read anew each time the ribbon is drawn."""
    desk = Desk(settings={"ENDPOINTS": "Loans acme;Fraud, v2;Zins", "SELECTED": "1"})
    assert desk.ask("EndpointCount", Control("")) == 3
    assert [desk.ask("EndpointLabel", Control(""), position) for position in range(3)] == [
        "Loans acme",
        "Fraud, v2",
        "Zins",
    ]
    assert desk.ask("EndpointSelected", Control("")) == 1
    desk.rim.settings["ENDPOINTS"] = "Zins"
    assert desk.ask("EndpointCount", Control("")) == 1
    assert desk.ask("EndpointSelected", Control("")) == 0


@pytest.mark.parametrize(("selected", "position"), [("2", 2), ("3", 0), ("Ω", 0), ("-1", 0), ("99999", 0), ("", 0)])
def test_names_that_look_alike_are_told_apart_by_their_place(selected: str, position: int) -> None:
    """A code page may have made question marks of them; a place that is none is the first."""
    desk = Desk(settings={"ENDPOINTS": "?;?;?", "SELECTED": selected})
    desk.ask("EndpointCount", Control(""))
    assert desk.ask("EndpointSelected", Control("")) == position


def test_with_no_endpoint_the_drop_down_is_empty_and_with_none_chosen_the_first_is_in_use() -> None:
    """As `Catalogue.selected` has it."""
    assert Desk().ask("EndpointCount", Control("")) == 0
    desk = Desk(settings={"ENDPOINTS": "a;b"})
    desk.ask("EndpointCount", Control(""))
    assert desk.ask("EndpointSelected", Control("")) == 0


def test_choosing_an_endpoint_hands_over_its_position() -> None:
    """A name could hold anything."""
    desk = Desk()
    desk.run("EndpointChanged", Control(""), "endpoint", 2)
    assert desk.statements == ["import addin.ribbon as r; r.dispatch('select_endpoint', '2')"]


def test_on_windows_a_click_draws_the_ribbon_anew_when_python_is_done() -> None:
    """Endpoints or switches may have changed."""
    desk = Desk()
    desk.run("OnAction", Control("refresh"))
    assert desk.ribbon.drawn == 1


@pytest.mark.parametrize("mac", [False, True])
def test_stop_calls_is_pressed_while_the_settings_file_says_so(mac: bool) -> None:
    """Whichever process wrote it; Excel for Mac may look at no other file."""
    assert Desk(mac=mac).ask("CallsStopped", Control("")) is False
    assert Desk(mac=mac, settings={"STOPPED": "1"}).ask("CallsStopped", Control("")) is True


def test_settings_come_from_the_users_own_file_and_no_other() -> None:
    """No sheet, no folder of a workbook is asked."""
    desk = Desk(settings={"ENDPOINTS": "a"})
    desk.ask("EndpointCount", Control(""))
    desk.run("XLPyCommand")
    assert set(desk.rim.asked) == {"C:\\Users\\her\\.sheetscore\\sheetscore.conf"}


@pytest.mark.parametrize(
    "where", ["", "python", "py\\python.exe", "..\\python.exe", "C:python.exe", "C:\\gone\\python.exe"]
)
def test_without_a_whole_path_to_a_python_that_is_there_nothing_is_started(where: str) -> None:
    """A bare name would be looked for in the current folder, which may be the workbook's."""
    desk = Desk(
        settings={"INTERPRETER_WIN": where}, files={"python", "py\\python.exe", "..\\python.exe", "C:python.exe"}
    )
    with pytest.raises(VBARuntimeError, match="sheetscore addin install"):
        desk.run("XLPyCommand")


def test_on_a_mac_a_click_only_begins_the_work_and_does_not_draw_the_ribbon() -> None:
    """AppleScript returns at once: the ribbon is drawn when Python says it is done."""
    desk = Desk(mac=True)
    desk.vba.add_module(
        "Public Function AppleScriptTask(file, handler, text)\n    Rim.Python.Exec file & handler & text\nEnd Function",
        name="Mac",
    )
    desk.run("OnAction", Control("score_selection"))
    (told,) = desk.statements
    assert told.startswith("xlwings-0.37.8.applescriptVbaHandlerfalse|PYTHONSAFEPATH=1 '/Users/her/py/bin/python'|")
    assert desk.rim.app.status == "Sheetscore is working..."
    assert desk.ribbon.drawn == 0
    desk.run("CleanUp")
    assert (desk.rim.app.status, desk.ribbon.drawn) == (False, 1)


@pytest.mark.parametrize(
    ("outcome", "words"), [('AppleScriptTask = "1"', "addin doctor"), ("Err.Raise 5", "addin install")]
)
def test_on_a_mac_a_script_that_fails_or_is_missing_is_said_and_the_status_bar_is_excels_again(
    outcome: str, words: str
) -> None:
    """The script answers 1 when no shell could run the line; Excel raises when there is no script."""
    desk = Desk(mac=True)
    script = f"Public Function AppleScriptTask(file, handler, text)\n    {outcome}\nEnd Function"
    desk.vba.add_module(script, name="Mac")
    desk.run("OnAction", Control("score_selection"))
    assert words in desk.messages[0]
    assert desk.rim.app.status is False


def test_on_a_mac_what_a_shell_would_act_on_is_made_harmless_in_a_name() -> None:
    """AppleScript puts the name between double quotes into a line for /bin/sh."""
    told = Desk(mac=True).run("MacParameters", "score_selection", '$(x) `y` "z" \\.xlsx')
    assert told.split("|")[3] == '\\$(x) \\`y\\` \\"z\\" \\\\.xlsx'


def test_on_a_mac_a_name_that_would_fall_apart_is_refused_in_words() -> None:
    """| parts the values that AppleScript takes: a workbook's name could choose the interpreter."""
    desk = Desk(mac=True)
    with pytest.raises(VBARuntimeError, match="must not hold"):
        desk.run("MacParameters", "score_selection", "a|b.xlsx")

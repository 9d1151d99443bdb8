"""A workbook from a template chooses its endpoint in the drop-down, if it is on the person's list; nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings as xw

from addin import grid
from tests.addin.acting import Bench
from tests.addin.desks import URL
from tests.addin.vba_fakes import Book, Control, Named
from tests.addin.vba_host import Desk
from tests.scoring.conftest import KEY
from worker.scoring.binding import NAMES, Binding

OTHER = URL.replace("/e1", "/e2")
OFFERED = ["import addin.ribbon as r; r.dispatch('offer_endpoint')"]


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path) -> Bench:
    """A person with two endpoints, the first of which is chosen."""
    bench = Bench(book, tmp_path)
    bench.made.catalogue.add("other", OTHER, KEY)
    bench.made.catalogue.select("credit")
    bench.host.questions.clear()
    return bench


def bind(book: xw.Book, endpoint: str) -> None:
    binding = Binding(endpoint, "loans", "1", "00ff00ff00ff00ff")
    for field, name in NAMES.items():
        grid.set_name(book, name, getattr(binding, field))


def chosen(bench: Bench) -> str:
    entry = bench.made.catalogue.selected()
    assert entry is not None
    return entry.name


def test_the_endpoint_of_a_template_is_chosen_and_nothing_is_sent(bench: Bench) -> None:
    bind(bench.book, "e2")
    said = bench.do("offer_endpoint")
    assert chosen(bench) == "other"
    assert (said.told, said.asked, bench.host.questions, bench.host.fake.calls) == ([], [], [], [])


@pytest.mark.parametrize("endpoint", ["e3", "E2", "1/services/e2", ""])
def test_an_endpoint_that_is_not_on_the_list_changes_and_says_nothing(bench: Bench, endpoint: str) -> None:
    """The workbook only names: what is not the person's is as if it were not there."""
    bind(bench.book, endpoint)
    assert bench.do("offer_endpoint").told == []
    assert chosen(bench) == "credit"


@pytest.mark.parametrize("name", NAMES.values())
def test_a_binding_of_which_a_part_is_gone_is_none(bench: Bench, name: str) -> None:
    bind(bench.book, "e2")
    grid.delete_name(bench.book, name)
    bench.do("offer_endpoint")
    assert chosen(bench) == "credit"


def test_a_workbook_that_comes_to_the_front_offers_its_endpoint() -> None:
    """When it is opened and whenever it is in front; the drop-down is drawn anew. Any other starts no Python."""
    desk = Desk()
    desk.run("app_WorkbookActivate", desk.book)
    assert desk.statements == []
    desk.book.names = [Named("SHEETSCORE_ENDPOINT", '="e2"')]
    desk.run("app_WorkbookOpen", desk.book)
    desk.run("app_WorkbookActivate", desk.book)
    assert desk.statements == OFFERED * 2
    assert desk.ribbon.drawn == 2


def test_whoever_chooses_another_endpoint_for_a_workbook_means_it() -> None:
    """It stays chosen for that workbook until Excel is closed; other workbooks offer theirs."""
    desk = Desk()
    desk.book.names = [Named("Sheetscore_Endpoint", '="e2"')]
    desk.run("EndpointChanged", Control(""), "id", 0)
    before = len(desk.statements)
    desk.run("app_WorkbookActivate", desk.book)
    assert len(desk.statements) == before
    other = Book("Other.xlsx")
    other.names = [Named("Sheetscore_Endpoint", '="e3"')]
    desk.run("app_WorkbookActivate", other)
    assert desk.statements[before:] == OFFERED


def test_a_python_that_is_not_there_says_nothing() -> None:
    """A box at every change of workbook would be worse than an endpoint that is not chosen."""
    desk = Desk()
    desk.book.names = [Named("Sheetscore_Endpoint", '="e2"')]
    desk.rim.fault = "broken"
    desk.run("app_WorkbookActivate", desk.book)
    assert desk.messages == []

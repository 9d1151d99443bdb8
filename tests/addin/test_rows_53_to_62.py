"""The classic add-in's features, rows 53-62 of its feature table, each as the analyst meets it here.

Scored by a real model behind a real host over HTTP, in both engines; only a broken endpoint is a double.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from addin import grid
from addin.actions.again import EVERY
from addin.actions.auto import SWITCH_ON
from addin.actions.looking import HERE
from addin.actions.placing import BESIDE, OVERWRITE, PICK, WITH_HEADERS, WITHOUT_HEADERS
from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.grid import Area
from addin.keystore import MemoryKeys
from addin.paths import endpoints_file
from addin.scorer import Scorer
from addin.settings import Settings
from addin.ui import RecordingUi
from tests.addin.acting import NOON, Bench, front, table, values
from tests.addin.desks import running_host
from tests.host.conftest import Host
from worker.demo import material
from worker.endpoints import NewEndpoint
from worker.scoring import HttpTransport, Throttled

INPUTS = list(material.contract().input_names)
RESULTS = [*material.contract().output_names, "Status"]


@dataclass
class Provider:
    """A host with the demonstration's model, and two endpoints of it for one customer."""

    host: Host
    made: dict[str, NewEndpoint] = field(default_factory=dict)

    def url(self, name: str) -> str:
        return self.host.location(self.made[name])


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_host(tmp_path_factory.mktemp("host")) as host:
        host.registry.add_service("creditrisk", material.contract(), material.model(1))
        host.registry.add_customer("acme")
        made = {name: host.registry.add_endpoint("creditrisk", name, "acme") for name in ("loans", "cards")}
        host.snapshots.refresh()
        yield Provider(host, made)


class HostBench(Bench):
    """A bench whose endpoints are the provider's."""

    def __init__(self, book: xw.Book, folder: Path, provider: Provider) -> None:
        self.book = book
        self.folder = folder
        self.provider = provider
        self.settings = Settings(folder, {})
        self.ui = RecordingUi()
        self.now = NOON
        self.keys = MemoryKeys()
        self.calls = 0
        self.open()

    def open(self) -> None:
        """As after Excel was started."""
        self.transport = HttpTransport()
        catalogue = Catalogue(self.folder, self.keys, transport=self.transport)
        self.made: Any = type("Made", (), {"catalogue": catalogue, "cache": Cache(None, b"secret", 1_000_000)})()
        self.scorer = Scorer(catalogue, self.made.cache, transport_for=lambda _: self._count)

    def _count(self, endpoint: Any, columns: Any) -> Any:
        self.calls += 1
        return self.transport(endpoint, columns)

    def add(self, *names: str) -> None:
        for name in names:
            self.made.catalogue.add(name, self.provider.url(name), self.provider.made[name].primary)


@pytest.fixture
def bench(book: xw.Book, tmp_path: Path, provider: Provider) -> Iterator[HostBench]:
    bench = HostBench(book, tmp_path, provider)
    bench.add("loans", "cards")
    yield bench
    bench.transport.close()


def with_sample(bench: HostBench, cell: str = "A1") -> xw.Sheet:
    """The endpoint's own sample rows at a cell, selected."""
    sheet = bench.book.sheets[0]
    sheet[cell].select()
    bench.do("sample_data", HERE)
    return sheet


def written(bench: HostBench, top: int, left: int, rows: int) -> Any:
    area = Area("Sheet1", top, left, rows, len(RESULTS))
    return values(bench.book, area.address)


def test_row_53_an_endpoint_is_added_once_and_stays_in_the_list(
    book: xw.Book, tmp_path: Path, provider: Provider
) -> None:
    """URL and key and Add; the list is there when Excel is opened again, the key nowhere but in the key store."""
    bench = HostBench(book, tmp_path, provider)
    key = provider.made["loans"].primary

    class Entering(RecordingUi):
        def add_endpoint(self, catalogue: Catalogue) -> Any:
            return catalogue.add("loans", provider.url("loans"), key)

    ui = Entering()
    bench.ui = ui
    bench.raw("add_endpoint")
    bench.transport.close()
    bench.open()
    assert [entry.name for entry in bench.made.catalogue.entries()] == ["loans"]
    assert bench.desk().chosen() == "loans"
    assert key not in endpoints_file(tmp_path).read_text("utf-8")
    with_sample(bench)
    bench.do("score_selection", BESIDE)
    held = str([values(book, sheet.used_range.address, sheet.name) for sheet in book.sheets])
    held += str([name.refers_to for name in book.names])
    assert key not in held
    assert provider.url("loans") not in held
    bench.transport.close()


def test_row_54_view_schema_shows_inputs_outputs_and_types(bench: HostBench) -> None:
    """As the endpoint publishes them."""
    bench.do("schema")
    rows = values(bench.book, f"A1:G{1 + len(INPUTS) + len(RESULTS) - 1}", "Schema")
    contract = material.contract()
    assert [(row[0], row[1], row[2]) for row in rows[1:]] == [
        *(("Input", column.name, str(column.type)) for column in contract.inputs),
        *(("Output", output.name, str(output.type)) for output in contract.outputs),
    ]


def test_row_55_sample_data_go_to_the_selected_cell_and_become_the_input_range(bench: HostBench) -> None:
    """Headers and rows, selected: the next click scores them."""
    with_sample(bench, "B3")
    count = len(material.contract().sample)
    assert grid.active_area(bench.book) == Area("Sheet1", 3, 2, count + 1, len(INPUTS))
    assert values(bench.book, Area("Sheet1", 3, 2, 1, len(INPUTS)).address) == [INPUTS]
    bench.do("score_selection", BESIDE)
    assert [row[-1] for row in written(bench, 4, 2 + len(INPUTS), count)] == ["ok"] * count


@pytest.mark.parametrize("headers", [True, False])
def test_row_56_the_selection_is_the_input_range_with_or_without_headers(bench: HostBench, headers: bool) -> None:
    """Without any the columns are taken by position, once the person has seen the pairs."""
    sheet = with_sample(bench)
    if headers:
        bench.do("score_selection", BESIDE)
    else:
        sheet["1:1"].delete("up")
        grid.goto(bench.book, Area("Sheet1", 1, 1, 3, len(INPUTS)))
        ui = bench.do("score_selection", True, BESIDE)
        assert [pair[1] for pair in ui.paired[0]] == INPUTS
    top = 2 if headers else 1
    assert [row[-1] for row in written(bench, top, 1 + len(INPUTS), 3)] == ["ok"] * 3


@pytest.mark.parametrize(("answer", "first"), [(WITH_HEADERS, [RESULTS]), (WITHOUT_HEADERS, [])])
def test_row_57_scores_go_to_a_picked_cell_with_or_without_headers(
    bench: HostBench, answer: str, first: list[list[str]]
) -> None:
    """They fill the cells right of it and below."""
    with_sample(bench)
    count = len(material.contract().sample)
    bench.ui.cells = [Area("Sheet1", 20, 3, 1, 1)]
    bench.do("score_selection", PICK, answer)
    rows = written(bench, 20, 3, count + len(first))
    assert rows[: len(first)] == first
    assert [row[-1] for row in rows[len(first) :]] == ["ok"] * count
    assert all(isinstance(row[0], str | float) for row in rows[len(first) :])


def test_row_58_values_are_overwritten_only_when_told_and_come_back(bench: HostBench) -> None:
    """The classic add-in warned that it cannot be undone; here it can."""
    with_sample(bench)
    spot = Area("Sheet1", 20, 3, 1, 1)
    bench.book.sheets[0]["C20:C22"].value = [["mine"], ["mine, too"], [3]]
    bench.ui.cells = [spot]
    ui = bench.do("score_selection", PICK, WITHOUT_HEADERS, None)
    assert ui.asked[-1][0] == f"C20:{Area('Sheet1', 20, 3, 5, len(RESULTS)).address.split(':')[1]} holds 3 values."
    assert values(bench.book, "C20:C22") == [["mine"], ["mine, too"], [3]]
    bench.ui.cells = [spot]
    bench.do("score_selection", PICK, WITHOUT_HEADERS, OVERWRITE)
    assert values(bench.book, "C20") != [["mine"]]
    bench.do("undo_scoring")
    assert values(bench.book, "C20:C22") == [["mine"], ["mine, too"], [3]]


def test_row_59_one_block_or_all_blocks_of_all_endpoints_are_scored(bench: HostBench) -> None:
    """Each by the endpoint it was scored with first."""
    sheet = with_sample(bench)
    bench.do("score_selection", BESIDE)
    bench.do_indexed("select_endpoint", "1")
    with_sample(bench, "A20")
    bench.do("score_selection", BESIDE)
    sheet["A3"].select()
    before = bench.calls
    first, second = _change(bench, 2), _change(bench, 21)
    bench.do("score_again", "Sheet1!" + Area("Sheet1", 2, 1, 5, len(INPUTS)).address)
    assert bench.calls == before + 1
    bench.do("score_again", EVERY)
    assert bench.calls == before + 2
    assert (first, second) == (_changed(bench, 2), _changed(bench, 21))


def _amount(row: int) -> str:
    """The cell of a number that the model takes."""
    numbers = [c.name for c in material.contract().inputs if str(c.type) in {"number", "integer"} and c.maximum]
    place = INPUTS.index(numbers[0])
    return Area("Sheet1", row, 1, 1, len(INPUTS)).cell(0, place)


def _change(bench: HostBench, row: int) -> float:
    cell = bench.book.sheets[0][_amount(row)]
    cell.value = cell.value + 1
    return float(cell.value)


def _changed(bench: HostBench, row: int) -> float:
    return float(bench.book.sheets[0][_amount(row)].value)


def test_row_60_a_change_is_scored_by_itself_with_one_request(bench: HostBench) -> None:
    """For each sheet that it was switched on for; what is written starts nothing, even beside the inputs."""
    with_sample(bench)
    bench.do("score_selection", BESIDE)
    bench.do("auto_score", SWITCH_ON)
    before = bench.calls
    _change(bench, 2)
    _change(bench, 3)
    bench.do("auto_score_tick")
    assert bench.calls == before + 1
    bench.do("auto_score_tick")
    assert bench.calls == before + 1
    bench.do("auto_score")
    _change(bench, 2)
    bench.do("auto_score_tick")
    assert bench.calls == before + 1


def test_row_61_errors_are_told_in_words(bench: HostBench, book: xw.Book, tmp_path: Path) -> None:
    """401 from the real host after the key was changed; a refused row (400) and a busy endpoint (503) from a double."""
    with_sample(bench)
    spare = bench.provider.host.registry.add_endpoint("creditrisk", f"spare{abs(hash(tmp_path)) % 10**6}", "acme")
    bench.provider.host.snapshots.refresh()
    bench.made.catalogue.add("spare", bench.provider.host.location(spare), spare.primary)
    bench.made.catalogue.select("spare")
    bench.provider.host.registry.rotate_key(spare.endpoint.id, "primary")
    bench.provider.host.snapshots.refresh()
    told = bench.do("score_selection", BESIDE).told
    assert re.match(r"Your key was revoked on \d+ [A-Z][a-z]+\. Ask your provider .* Sheet unchanged\.$", told[0])

    busy = Bench(book, tmp_path / "busy", faults=[Throttled(503, 1.0)] * 9)
    book.sheets[0].clear()
    book.sheets[0]["A1"].value = table()
    front(busy)
    assert busy.do("score_selection", BESIDE).told[0].startswith("The endpoint is busy and stayed busy.")
    picky = Bench(book, tmp_path / "picky", refuses=lambda row: "too young" if row["age"] == 21 else None)
    front(picky)
    told = picky.do("score_selection", BESIDE).told
    assert told == ["2 of 3 rows scored; 1 needs attention, see Status."]
    assert values(book, "G3") == [["The endpoint refused this row: too young"]]


def test_row_62_another_endpoint_is_one_click_away(bench: HostBench) -> None:
    """The list stays in sight in the ribbon; choosing there is all there is to going back."""
    assert bench.desk().chosen() == "loans"
    bench.do_indexed("select_endpoint", "1")
    assert bench.desk().chosen() == "cards"
    with_sample(bench)
    bench.do("score_selection", BESIDE)
    assert bench.logged()["endpoint"] == "cards"
    bench.do_indexed("select_endpoint", "7")
    assert bench.desk().chosen() == "cards"

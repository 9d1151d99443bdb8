"""Many customers from a table: checked as a whole, told by line, carried out once."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.endpoints import tiny
from worker.cli import app
from worker.endpoints import Registry
from worker.endpoints.importing import ImportRefused, carry_out, end_of, plan

TABLE = """customer,service,endpoint,version,throttle,expires,description
harbour,credit,,1,40,2030-01-31,For Harbour.
meadow,credit,main,,,,
"""


@pytest.fixture
def ready(registry: Registry) -> Registry:
    registry.add_service("credit", tiny.contract(), tiny.credit())
    registry.publish("credit", tiny.contract(), tiny.credit(0.5))
    registry.add_customer("acme")
    registry.add_endpoint("credit", "acme", "acme")
    return registry


def faults(registry: Registry, text: str) -> list[tuple[int, str]]:
    with pytest.raises(ImportRefused) as error:
        plan(registry, text.splitlines())
    return list(error.value.faults)


def test_a_table_makes_customers_and_endpoints(ready: Registry) -> None:
    """Blank cells have their defaults: the customer's name, the newest version."""
    made = carry_out(ready, plan(ready, TABLE.splitlines()))
    rows = [new.endpoint for _, new in made if new]
    assert [(r.customer, r.name, r.model_version, r.max_concurrent_calls) for r in rows] == [
        ("harbour", "harbour", 1, 40),
        ("meadow", "main", 2, 20),
    ]
    assert (rows[0].expires_at, rows[0].description) == (end_of("2030-01-31"), "For Harbour.")


def test_a_second_run_changes_nothing_but_what_the_table_says_otherwise(ready: Registry) -> None:
    """No new keys, no endpoint twice."""
    carry_out(ready, plan(ready, TABLE.splitlines()))
    before = ready.endpoints()
    again = carry_out(ready, plan(ready, TABLE.splitlines()))
    assert [new for _, new in again] == [None, None]
    assert ready.endpoints() == before
    carry_out(ready, plan(ready, TABLE.replace("40", "50").splitlines()))
    assert ready.endpoint("credit/harbour").max_concurrent_calls == 50


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("No Name,credit", "customer name 'No Name'"),
        ("a-b,credit", "endpoint name 'a-b'"),
        (",credit", "customer name ''"),
        ("x,none", "there is no service 'none'"),
        ("x,credit,,9", "version '9' is not one of 1 to 2"),
        ("x,credit,,one", "version 'one'"),
        ("x,credit,,,300", "max_concurrent_calls 300"),
        ("x,credit,,,many", "max_concurrent_calls 'many'"),
        ("x,credit,,,,31.12.2030", "is not a day"),
        ("x,credit,acme", "belongs to another customer, acme"),
        ("x,credit,default", "belongs to another customer, nobody"),
        ("acme,credit,acme,1", "pins version 2"),
        ("x,credit,,,,,,,", "more cells than columns"),
        ("meadow,credit,main", "stands in line 3 already"),
    ],
)
def test_every_fault_is_told_with_its_line(ready: Registry, line: str, word: str) -> None:
    """And not one line is carried out, the good ones neither."""
    before = (ready.customers(), ready.endpoints())
    told = faults(ready, TABLE + line + "\n")
    assert [number for number, _ in told] == [4]
    assert word in told[0][1]
    assert (ready.customers(), ready.endpoints()) == before


def test_all_faults_are_told_at_once(ready: Registry) -> None:
    """Whoever mends a table of 300 lines wants to do it once."""
    text = "customer,service,throttle\nNO,none,many\nx,none,\n"
    assert [line for line, _ in faults(ready, text)] == [2, 2, 2, 3]


@pytest.mark.parametrize("header", ["service", "customer,service,colour", "customer,service,customer", ""])
def test_a_header_that_is_not_understood_is_refused(ready: Registry, header: str) -> None:
    """A misspelt column would otherwise be a setting that is silently left out."""
    assert {line for line, _ in faults(ready, header + "\n")} == {1}


def test_by_command(ready: Registry, home: Path, tmp_path: Path) -> None:
    """A dry run makes nothing; a refusal names every line, exit code 1. A file that Excel saved begins with a mark."""
    file = tmp_path / "customers.csv"
    file.write_text(TABLE, "utf-8-sig")
    command = ["customers", "import", str(file), "--home", str(home)]
    dry = CliRunner().invoke(app, [*command, "--dry-run"])
    assert (dry.exit_code, len(ready.customers())) == (0, 1)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    assert done.stdout.count("ss_") == 4
    file.write_text("customer,service\nNO,none\n", "utf-8")
    with pytest.raises(ImportRefused, match="line 2"):
        CliRunner().invoke(app, command, catch_exceptions=False)

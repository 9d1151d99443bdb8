"""Many customers from a table: checked as a whole, told by line, carried out once."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.endpoints import tiny
from worker.cli import app
from worker.endpoints import Registry
from worker.endpoints.importing import ImportRefused, carry_out, differing, end_of, plan

TABLE = """name,service,endpoint,version,throttle,expiry,description
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


def test_the_language_is_the_customer_s(ready: Registry) -> None:
    """Told once or in each line of a customer; a blank leaves it as it is; a second run changes nothing."""
    table = "name,service,endpoint,language\nharbour,credit,h1,\nharbour,credit,h2,pt-BR\nacme,credit,,de\n"
    first = plan(ready, table.splitlines())
    assert [differing(line) for line in first if line.standing] == [["language"]]
    carry_out(ready, first)
    spoken = {row.name: row.language for row in ready.customers()}
    assert spoken == {"acme": "de", "harbour": "pt-BR"}
    again = plan(ready, table.splitlines())
    assert [differing(line) for line in again] == [[], [], []]
    carry_out(ready, again)
    assert {row.name: row.language for row in ready.customers()} == spoken


def test_a_customer_has_one_language(ready: Registry) -> None:
    """Two lines that differ are a fault of the second."""
    found = faults(ready, "name,service,endpoint,language\nharbour,credit,h1,de\nharbour,credit,h2,fr\n")
    assert found == [(3, "harbour has the language de in another line")]
    assert "is not a code" in faults(ready, "name,service,language\nharbour,credit,Deutsch\n")[0][1]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("No Name,credit", "customer name 'No Name'"),
        ("a-b,credit", "endpoint name 'a-b'"),
        (",credit", "customer name ''"),
        ("x,none", "there is no service 'none'"),
        ("x,credit,,9", "version '9' is not one of those published: 1, 2"),
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


def test_only_published_versions_are_taken(ready: Registry) -> None:
    """Not a model that was sent to one endpoint, but for that endpoint's own line; nor the number of one that went."""
    ready.send_model(ready.endpoint("credit/acme"), tiny.credit(0.3), "ann")
    ready.publish("credit", tiny.contract(), tiny.credit(0.7))
    header = "name,service,endpoint,version\n"
    assert faults(ready, header + "x,credit,x,3\n") == [(2, "version '3' is not one of those published: 1, 2, 4")]
    (line,) = plan(ready, (header + "acme,credit,acme,3\n").splitlines())
    assert (line.version, differing(line)) == (3, [])
    (line,) = plan(ready, "name,service\nx,credit\n".splitlines())
    assert line.version == 4


def test_all_faults_are_told_at_once(ready: Registry) -> None:
    """Whoever mends a table of 300 lines wants to do it once."""
    text = "name,service,throttle\nNO,none,many\nx,none,\n"
    assert [line for line, _ in faults(ready, text)] == [2, 2, 2, 3]


@pytest.mark.parametrize("header", ["service", "name,service,colour", "name,service,customer", ""])
def test_a_header_that_is_not_understood_is_refused(ready: Registry, header: str) -> None:
    """A misspelt column would otherwise be a setting that is silently left out. The right ones are told."""
    told = faults(ready, header + "\n")
    assert {line for line, _ in told} == {1}
    assert told[-1][1] == "the columns are name, service, endpoint, version, throttle, expiry, description, language"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("version\nx,credit," + "9" * 5000, "is not one of those published: 1, 2"),
        ("throttle\nx,credit," + "9" * 5000, "is not a whole number from 1 to 200"),
        ("expiry\nx,credit,9999-12-31", "expiry '9999-12-31' is not a day"),
        ('description\nx,credit,"open\nmeadow,credit,\n', "not CSV: unexpected end of data"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_fault_of_its_line(ready: Registry, cells: str, said: str) -> None:
    """Numbers and days beyond what is stored; a quotation mark left open would swallow the lines behind it."""
    ((line, fault),) = faults(ready, f"name,service,{cells}\n")
    assert line == 2
    assert said in fault


def test_a_file_in_another_encoding_is_refused_by_line(ready: Registry, tmp_path: Path) -> None:
    """What Excel saves as plain CSV is not UTF-8."""
    file = tmp_path / "customers.csv"
    file.write_bytes("name,service,description\nx,credit,Müller\n".encode("cp1252"))
    with file.open(encoding="utf-8-sig") as text, pytest.raises(ImportRefused, match="line 1: not UTF-8"):
        plan(ready, text)


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
    file.write_text("name,service\nNO,none\n", "utf-8")
    refused = CliRunner().invoke(app, command)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.count("line 2: ") == 2

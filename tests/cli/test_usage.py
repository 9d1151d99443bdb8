"""`sheetscore usage`, quotas, and the logs of endpoints, as an operator meets them."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from tests.endpoints import tiny
from worker.cli import app
from worker.endpoints import Registry, usage
from worker.store import open_store

HEADER = "rows,problems,calls,jobs"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def filled(home: Path) -> Path:
    """Two customers, one service; usage of November 2026 and one line of December."""
    engine = open_store("", home)
    registry = Registry(engine, home)
    registry.add_service("credit", tiny.contract(), tiny.credit())
    for customer in ("acme", "zenith"):
        registry.add_customer(customer)
        registry.add_endpoint("credit", customer, customer)
    _use(engine, "2026-11-06", "acme", "http", 900)
    _use(engine, "2026-11-07", "acme", "folder", 100)
    _use(engine, "2026-11-07", "zenith", "http", 5)
    _use(engine, "2026-12-01", "zenith", "http", 7)
    engine.dispose()
    return home


def _use(engine: Engine, day: str, customer: str, door: str, rows: int) -> None:
    line = {"day": day, "customer": customer, "service": "credit", "endpoint": customer, "version": 1, "door": door}
    with engine.begin() as db:
        usage.add(db, [{**line, "rows": rows, "problems": 1, "calls": 2, "jobs": int(door == "folder")}])


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--home", str(home)])


@pytest.mark.parametrize(
    ("by", "lines"),
    [
        ("customer", ["customer", "acme,1000,2,4,1", "zenith,5,1,2,0"]),
        ("service", ["service", "credit,1005,3,6,1"]),
        ("endpoint", ["service,endpoint", "credit,acme,1000,2,4,1", "credit,zenith,5,1,2,0"]),
        ("version", ["service,version", "credit,1,1005,3,6,1"]),
        ("door", ["door", "folder,100,1,2,1", "http,905,2,4,0"]),
        ("day", ["day", "2026-11-06,900,1,2,0", "2026-11-07,105,2,4,1"]),
    ],
)
def test_a_month_is_summed_by_each_fact(filled: Path, by: str, lines: list[str]) -> None:
    """As CSV with a header, ready for a sheet."""
    said = run(filled, "usage", "--month", "2026-11", "--by", by, "--csv").stdout
    assert said.splitlines() == [f"{lines[0]},{HEADER}", *lines[1:]]


def test_json_and_table_say_the_same(filled: Path) -> None:
    """Numbers are numbers in JSON; a person sees separators, or that there is nothing."""
    words = ("usage", "--month", "2026-11")
    assert json.loads(run(filled, *words, "--json").stdout)[0] == {
        "customer": "acme",
        "rows": 1000,
        "problems": 2,
        "calls": 4,
        "jobs": 1,
    }
    assert "1,000" in run(filled, *words).stdout
    assert run(filled, "usage", "--month", "2020-01").stdout == "Nothing was used.\n"
    assert run(filled, "usage", "--month", "2020-01", "--csv").stdout == f"customer,{HEADER}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("usage", "--by", "key"), "by 'key' is not one of customer, service, endpoint, version, door, day"),
        (("usage", "--month", "November"), "month 'November' is not one of YYYY-MM"),
        (("usage", "--csv", "--json"), "either --csv or --json"),
        (("customers", "quota", "nobody"), "there is no customer 'nobody'; known: acme, zenith"),
        (("customers", "quota", "acme", "many"), "many is neither a number of rows nor none"),
        (("customers", "quota", "acme", "0"), "quota_rows 0 is not a whole number from 1"),
        (("customers", "quota", "acme", "5", "--then", "wait"), "wait is neither block nor allow"),
        (("customers", "quota", "acme", "--then", "allow"), "acme has no quota; give the rows a month too"),
        (("customers", "quota", "acme", "none", "--then", "allow"), "--then says what happens at a quota"),
        (
            ("endpoints", "update", "credit/acme", "--logging-until", "2020-01-01"),
            "2020-01-02 00:00 UTC is in the past",
        ),
        (("endpoints", "update", "credit/acme", "--logging-until", "soon"), "soon is not a day"),
    ],
)
def test_what_is_wrong_is_said(filled: Path, words: tuple[str, ...], told: str) -> None:
    """One sentence; nothing is changed."""
    ran = run(filled, *words)
    assert ran.exit_code != 0
    assert told in " ".join((ran.output + str(ran.exception)).replace("│", " ").split())


def test_a_quota_is_set_shown_and_taken_away(filled: Path) -> None:
    """With what is used of it this month."""
    engine = open_store("", filled)
    _use(engine, usage.day_of(dt.datetime.now(dt.UTC).timestamp()), "zenith", "http", 40)
    engine.dispose()

    def quota(*words: str) -> Any:
        return json.loads(run(filled, "customers", "quota", "zenith", *words, "--json").stdout)

    assert quota() == {"customer": "zenith", "rows a month": None}
    made = quota("1000", "--then", "allow")
    assert (made["rows a month"], made["used"] >= 40, made["then"]) == (1000, True, "allow")
    assert quota()["then"] == "allow"
    assert quota("2000") == {**made, "rows a month": 2000}, "what is not given stays"
    assert quota("--then", "block") == {**made, "rows a month": 2000, "then": "block"}
    assert quota("none") == {"customer": "zenith", "rows a month": None}


def test_a_log_is_given_a_last_day(filled: Path) -> None:
    """The end of that day in UTC; never takes it away."""

    def until(day: str) -> Any:
        said = run(filled, "endpoints", "update", "credit/acme", "--logging-until", day, "--json").stdout
        return json.loads(said)["logging_until"]

    assert until("2099-12-31") == dt.datetime(2100, 1, 1, tzinfo=dt.UTC).timestamp()
    assert until("never") is None
    with closing(sqlite3.connect(filled / "sheetscore.db")) as db:
        assert db.execute("select count(*) from endpoint where logging_until is not null").fetchone() == (0,)

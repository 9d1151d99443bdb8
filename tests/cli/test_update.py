"""Changing endpoints in use by command: what it moves, what it says, what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.endpoints import tiny
from worker.cli import app
from worker.endpoints import Registry, RuleError, Snapshots
from worker.store import open_store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """`credit` in two versions; acme and bolt pinned to the first."""
    home = tmp_path / "home"
    engine = open_store("", home)
    registry = Registry(engine, home)
    registry.add_service("credit", tiny.contract(), tiny.credit())
    for name in ("acme", "bolt"):
        registry.add_customer(name)
        registry.add_endpoint("credit", name, name)
    registry.publish("credit", tiny.contract(), tiny.credit(0.5))
    engine.dispose()
    return home


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["endpoints", *words, "--home", str(home)], catch_exceptions=False)


def data(home: Path, *words: str) -> Any:
    ran = run(home, *words, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def models(home: Path) -> dict[str, int]:
    return {row["endpoint"]: row["model"] for row in data(home, "list")}


def test_a_dry_run_shows_what_would_move_and_moves_nothing(home: Path) -> None:
    """A line for each endpoint with its customer."""
    shown = data(home, "refresh", "--where", "version=1", "--dry-run")
    assert [(r["customer"], r["from"], r["to"], r["sample scores that move"]) for r in shown] == [
        ("acme", "1/1", "2/2", "1 of 2"),
        ("bolt", "1/1", "2/2", "1 of 2"),
    ]
    assert models(home) == {"credit/default": 2, "credit/acme": 1, "credit/bolt": 1}


def test_waves_go_forward_one_after_the_other_and_back_by_one_command(home: Path) -> None:
    """The second wave takes those that the first one left."""
    first = data(home, "refresh", "--where", "service=credit", "--wave", "1")
    assert models(home) == {"credit/default": 2, "credit/acme": 2, "credit/bolt": 1}
    data(home, "refresh", "--where", "service=credit", "--wave", "1")
    assert models(home)["credit/bolt"] == 2
    data(home, "rollback", "--wave", first[0]["wave"])
    assert models(home) == {"credit/default": 2, "credit/acme": 1, "credit/bolt": 2}
    assert [change["what"] for change in data(home, "history", "credit/acme")] == ["rollback", "refresh"]


def test_one_refused_endpoint_does_not_hold_up_the_others(home: Path) -> None:
    """It is named, and the exit code says that not all moved."""
    data(home, "update", "credit/acme", "--prevent-update")
    ran = run(home, "refresh", "--where", "service=credit")
    assert ran.exit_code == 1
    assert "credit/acme is protected from updates" in ran.stderr
    assert models(home) == {"credit/default": 2, "credit/acme": 1, "credit/bolt": 2}


def test_a_refused_endpoint_takes_no_place_in_a_wave(home: Path) -> None:
    """Waves would stand still at it otherwise, and a dry run would promise what is then refused."""
    data(home, "update", "credit/acme", "--prevent-update")
    wave = ("refresh", "--where", "version=1", "--wave", "1")
    shown = data(home, *wave, "--dry-run")
    assert [(row["customer"], row["sample scores that move"]) for row in shown] == [
        ("acme", "credit/acme is protected from updates (PreventUpdate)"),
        ("bolt", "1 of 2"),
    ]
    ran = run(home, *wave)
    assert (ran.exit_code, "credit/acme is protected" in ran.stderr) == (1, True)
    assert models(home) == {"credit/default": 2, "credit/acme": 1, "credit/bolt": 2}
    data(home, "rollback", "credit/bolt", "--version", "1")
    data(home, "update", "credit/bolt", "--prevent-update")
    assert [row["sample scores that move"][:21] for row in data(home, *wave, "--dry-run")] == [
        "credit/acme is protec",
        "credit/bolt is protec",
    ]


def test_a_wave_that_meets_a_damaged_model_tells_what_it_moved(home: Path) -> None:
    """By the wave's name it goes back; whatever hinders one endpoint, the others are told."""
    run(home, "update", "credit/bolt", "--model", "2")
    damaged = [file for file in (home / "models").iterdir() if file.read_bytes() == tiny.credit(0.5)]
    engine = open_store("", home)
    Registry(engine, home).publish("credit", tiny.contract(), tiny.credit(0.7))
    engine.dispose()
    damaged[0].unlink()
    ran = run(home, "refresh", "--where", "service=credit", "--keep-model", "--json")
    assert (ran.exit_code, "is missing or damaged" in ran.output) == (1, True)
    (moved,) = json.loads(ran.stdout)
    assert (moved["endpoint"], moved["to"]) == ("credit/acme", "3/1")
    assert run(home, "rollback", "--wave", moved["wave"]).exit_code == 0


def test_a_model_that_is_refused_leaves_the_settings_as_they_were(home: Path) -> None:
    """One command is done as a whole; a setting that breaks a rule moves no model."""
    for words in (["--model", "9", "--description", "new"], ["--model", "2", "--max-concurrent-calls", "0"]):
        with pytest.raises(RuleError):
            run(home, "update", "credit/acme", *words)
    (shown,) = [row for row in data(home, "list") if row["endpoint"] == "credit/acme"]
    assert (shown["model"], shown["calls at once"]) == (1, 20)
    assert "new" not in run(home, "show", "credit/acme").stdout


def test_update_changes_what_is_given(home: Path) -> None:
    """Settings and model in one command."""
    made = data(home, "update", "credit/acme", "--model", "2", "--throttle-level", "Low", "--expires", "2030-01-31")
    assert (made["contract"], made["model"]) == (1, 2)
    shown = data(home, "show", "credit/acme")
    assert shown["max_concurrent_calls"] == 4
    assert shown["expires_at"] == 1896134400.0
    told = run(home, "update", "credit/acme", "--expires", "2030-02-28", "--logging-until", "never").stdout
    assert re.findall(r"^(expires_at|logging_until) +(\S.*\S)", told, re.MULTILINE) == [
        ("expires_at", "2030-03-01 00:00:00 UTC"),
        ("logging_until", "never"),
    ]
    assert "2030-03-01 00:00:00 UTC" in run(home, "show", "credit/acme").stdout
    data(home, "update", "credit/acme", "--expires", "never")
    assert data(home, "show", "credit/acme")["expires_at"] is None


@pytest.mark.parametrize(
    "words",
    [
        ("refresh",),
        ("refresh", "credit/acme", "--where", "version=1"),
        ("refresh", "--where", "colour=red"),
        ("refresh", "--where", "version=one"),
        ("refresh", "--where", "version=99999999999999999999"),
        ("rollback",),
        ("rollback", "credit/acme"),
        ("rollback", "credit/acme", "--version", "1", "--wave", "x"),
        ("update", "credit/acme", "--expires", "soon"),
    ],
)
def test_wrong_usage_is_said_and_changes_nothing(home: Path, words: tuple[str, ...]) -> None:
    """Exit code 2."""
    assert run(home, *words).exit_code == 2
    assert models(home) == {"credit/default": 2, "credit/acme": 1, "credit/bolt": 1}


def test_a_rotated_key_opens_and_the_old_one_does_not(home: Path) -> None:
    """The other key stays valid; a removed endpoint has none."""
    engine = open_store("", home)
    before = Registry(engine, home).add_endpoint("credit", "core", "acme")
    new = data(home, "rotate-key", "credit/core", "primary")["primary_key"]
    with Snapshots(engine, home) as snapshots:
        opened = [snapshots.current().opened(before.endpoint.id, k) for k in (before.primary, before.secondary, new)]
    assert [row is not None for row in opened] == [False, True, True]
    data(home, "remove", "credit/core")
    assert "credit/core" not in models(home)
    engine.dispose()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--where", "service=credot"), "there is no service 'credot'; known: credit"),
        (("--where", "customer=acne"), "there is no customer 'acne'; known: acme, bolt"),
        (("--where", "version=9"), "there is no version 9; known: 1, 2"),
        (("--where", "service=credit", "--where", "version=3"), "there is no version 3; known: 1, 2"),
        (("credit/default",), "credit/default follows every publish; it cannot be refreshed"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_what_can_fit_nothing_is_an_error(
    home: Path, words: tuple[str, ...], reason: str, dry: tuple[str, ...]
) -> None:
    """A slip would otherwise read as if all were done already."""
    with pytest.raises(RuleError, match=re.escape(reason)):
        run(home, "refresh", *words, *dry)


def test_after_the_last_wave_nothing_is_changed(home: Path) -> None:
    """Not an error: a script goes on in waves until there is nothing left."""
    run(home, "refresh", "--where", "version=1")
    ran = run(home, "refresh", "--where", "version=1", "--wave", "1")
    assert (ran.exit_code, ran.stdout.strip()) == (0, "Nothing changed.")


def test_a_wave_that_breaks_off_says_how_to_take_it_back(home: Path) -> None:
    """Those that were moved are told with the wave's name, whatever ended it."""
    engine = open_store("", home)
    with engine.begin() as db:
        db.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON endpoint WHEN OLD.name = 'bolt' "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    engine.dispose()
    ran = CliRunner().invoke(app, ["endpoints", "refresh", "--where", "version=1", "--home", str(home)])
    wave = re.search(r"rollback --wave (\w+)", ran.stdout)
    assert ran.exit_code == 1, ran.output
    assert wave is not None, ran.output
    assert models(home) == {"credit/default": 2, "credit/acme": 2, "credit/bolt": 1}
    assert run(home, "rollback", "--wave", wave[1]).exit_code == 0
    assert models(home) == {"credit/default": 2, "credit/acme": 1, "credit/bolt": 1}

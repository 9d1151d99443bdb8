"""Scoring that pays once: the same scores as without a cache, for fewer calls."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addin.cache import Cache
from addin.catalogue import Catalogue, NoKey, UnknownEndpoint
from addin.keystore import MemoryKeys
from addin.known import look_up
from addin.scorer import CallsStopped, Outcome, Plan, Scorer
from tests.addin.desks import FakeHost, MadeDesk, running_host
from tests.endpoints import tiny
from tests.host.conftest import Host
from tests.scoring.conftest import KEY, SCHEMA, make_table, score_rows
from worker.scoring import (
    Answer,
    BadAnswer,
    Columns,
    Endpoint,
    HttpTransport,
    Limits,
    MissingColumns,
    NoRows,
    Problem,
    ProblemKind,
    ProxySignIn,
    Rejected,
    RowsLost,
    Schema,
    ScoringClient,
    ServerFailed,
    Throttled,
    Unauthorized,
    Unreachable,
)
from worker.scoring.check import check
from worker.scoring.schema import Column, ColumnType

BUSY = "Endpoint busy. Continuing in 12 s; 0 of 30 done."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MadeDesk]:
    desk = MadeDesk(tmp_path)
    yield desk
    desk.cache.close()


def sent(desk: MadeDesk) -> int:
    """Rows the endpoint received so far."""
    return desk.host.fake.rows


def ages(outcome: Outcome) -> list[Any]:
    return [None if pd.isna(value) else int(value) for value in outcome.frame["double age"]]


def test_what_was_scored_is_not_sent_again(desk: MadeDesk) -> None:
    """Nor after Excel was opened again; one changed row sends one row."""
    table = make_table(30)
    first = desk.scorer.score("credit", table)
    again = desk.new_scorer().score("credit", table)
    table.loc[7, "income"] = 1.0
    changed = desk.scorer.score("credit", table)

    assert (first.sent, first.from_cache, first.calls) == (30, 0, 3)
    assert (again.sent, again.from_cache, again.calls) == (0, 30, 0)
    assert (changed.sent, changed.from_cache, changed.calls) == (1, 29, 1)
    assert sent(desk) == 31
    pd.testing.assert_frame_equal(again.frame, first.frame)
    pd.testing.assert_frame_equal(changed.frame, first.frame)
    assert {outcome.model_version for outcome in (first, again, changed)} == {"1"}
    assert first.endpoint == "credit"


def test_a_table_that_was_checked_is_not_checked_again(desk: MadeDesk) -> None:
    """What that check left is sent."""
    younger = check(make_table(5).assign(age=1.0), SCHEMA)
    assert ages(desk.scorer.score("credit", make_table(5), checked=(SCHEMA, younger))) == [2] * 5


def test_a_check_by_another_schema_does_not_count(desk: MadeDesk) -> None:
    """The endpoint's contract changed since: its own check decides."""
    age, *others = SCHEMA.inputs
    loose = replace(SCHEMA, inputs=(replace(age, minimum=None, maximum=None), *others))
    table = make_table(5).assign(age=-1.0)
    outcome = desk.scorer.score("credit", table, checked=(loose, check(table, loose)))
    assert {problem.kind for problem in outcome.problems} == {ProblemKind.OUT_OF_RANGE}
    assert sent(desk) == 0


def test_equal_rows_are_sent_once(desk: MadeDesk) -> None:
    """Columns that the endpoint does not take make no row another; each has its score in its place."""
    table = pd.concat([make_table(5)] * 4, ignore_index=True).assign(id=range(20))
    outcome = desk.scorer.score("credit", table)
    assert (outcome.sent, sent(desk), outcome.calls) == (5, 5, 1)
    assert ages(outcome) == [0, 2, 4, 6, 8] * 4
    assert list(outcome.frame.index) == list(range(20))


def test_the_plan_says_what_it_will_take(desk: MadeDesk) -> None:
    """Rows, known ones, different ones to send, calls; nothing is sent for it."""
    desk.scorer.score("credit", make_table(12))
    table = pd.concat([make_table(40), make_table(3)], ignore_index=True)
    table.loc[20, "purpose"] = "A99"
    calls = len(desk.host.fake.calls)
    assert desk.scorer.plan("credit", table) == Plan(rows=43, cached=15, to_send=27, calls=3)
    assert len(desk.host.fake.calls) == calls


WORDS = st.sampled_from(["A40", "a41 ", "A99", "", None])
AGES = st.sampled_from([0.0, 1.0, 2.0, 3.0, 13.0, 66.0, 1.5, -1.0, "x", None, True])
INCOMES = st.sampled_from([None, 1.0, 2.5, "n/a"])
ROWS = st.lists(st.tuples(AGES, INCOMES, WORDS), min_size=1, max_size=24)


def model(columns: Columns) -> Columns:
    """Has no score for whoever is 13."""
    outputs = score_rows(columns)
    outputs["probability"] = np.where(columns["age"] == 13, np.nan, outputs["probability"])
    return outputs


def refuses(row: Any) -> str | None:
    return "too old" if row["age"] == 66 else None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(warm=ROWS, rows=ROWS, known=st.sets(st.integers(0, 23), max_size=3))
def test_scores_and_reasons_are_those_of_scoring_without_a_cache(
    warm: list[Any], rows: list[Any], known: set[int]
) -> None:
    """Whatever is known, new, bad, refused or there twice."""

    def table(given: list[Any]) -> pd.DataFrame:
        frame = pd.DataFrame(given, columns=["age", "Income ", "purpose"], dtype=object)
        return frame.assign(id="x").set_axis(range(7, 7 + len(given)), axis="index")

    noticed = [Problem(row, ProblemKind.ERROR_CELL, "age", "#REF!") for row in sorted(known) if row < len(rows)]
    with tempfile.TemporaryDirectory() as folder:
        host = FakeHost(score=model, refuses=refuses)
        desk = MadeDesk(Path(folder), host, Limits(part_rows=5), cached=False)
        desk.scorer.score("credit", table(warm))
        outcome = desk.scorer.score("credit", table(rows), known=noticed)

    other = FakeHost(score=model, refuses=refuses)
    endpoint = Endpoint("http://localhost/workspaces/w/services/s", KEY, SCHEMA)
    wanted = ScoringClient(endpoint, other.fake, limits=Limits(part_rows=5)).score(table(rows), known=noticed)

    pd.testing.assert_frame_equal(outcome.frame, wanted.frame)
    assert outcome.problems == wanted.problems
    scored = int(outcome.frame["probability"].notna().sum())
    assert len(rows) == scored + len({problem.row for problem in outcome.problems})


@pytest.mark.parametrize("names_row", [True, False])
def test_a_row_without_a_score_is_not_sent_again(tmp_path: Path, names_row: bool) -> None:
    """Neither one that the endpoint refused nor one that got no value: each recalculation would pay for it."""
    desk = MadeDesk(tmp_path, FakeHost(score=model, refuses=refuses, names_row=names_row))
    table = make_table(20).rename(columns={"age": " Age"})
    table.loc[[4, 9], " Age"] = 66.0
    first = desk.scorer.score("credit", table)
    calls = len(desk.host.fake.calls)
    again = desk.scorer.score("credit", table)
    assert len(desk.host.fake.calls) == calls
    assert again.problems == first.problems
    assert [problem.row for problem in again.problems] == [4, 9, 13]
    pd.testing.assert_frame_equal(again.frame, first.frame)
    assert desk.scorer.is_known("credit", table).all()
    assert desk.scorer.is_known("credit", table.assign(purpose="A40")).tolist() == [n % 2 == 0 for n in range(20)]
    assert not desk.scorer.is_known("credit", table.assign(purpose="A99")).any()
    desk.host.version = "2"
    desk.time += 61
    assert not desk.scorer.is_known("credit", table).any()
    assert desk.scorer.score("credit", table).sent == 20


def test_a_bad_table_is_refused_before_any_call(desk: MadeDesk) -> None:
    """As the client refuses it."""
    with pytest.raises(MissingColumns):
        desk.scorer.score("credit", make_table(3)[["age"]])
    with pytest.raises(NoRows):
        desk.scorer.score("credit", make_table(0))
    with pytest.raises(UnknownEndpoint):
        desk.scorer.score("other", make_table(3))
    desk.keys.delete(desk.catalogue.entry("credit").url)
    with pytest.raises(NoKey):
        desk.new_scorer().score("credit", make_table(3))
    assert sent(desk) == 0


def test_each_refused_row_shows_its_own_cell(desk: MadeDesk) -> None:
    """Rows that the endpoint cannot tell apart may be written differently; the reason is the endpoint's."""
    score = desk.host.fake.__call__

    def choosy(endpoint: Endpoint, columns: Columns) -> Answer:
        if "A41" in columns["purpose"]:
            raise Rejected("Bad", "no more of these", columns["purpose"].tolist().index("A41"), "purpose")
        return score(endpoint, columns)

    scorer = Scorer(desk.catalogue, desk.cache, transport_for=lambda _: choosy)
    table = pd.DataFrame({"age": [1, 2, 2], "income": [1, 1, 1], "Purpose": ["A40", "A41", " a41"]})
    for _ in range(2):
        assert scorer.score("credit", table).problems == (
            Problem(1, ProblemKind.REJECTED, "Purpose", "A41", detail="no more of these"),
            Problem(2, ProblemKind.REJECTED, "Purpose", " a41", detail="no more of these"),
        )


def test_only_the_inputs_are_sent(desk: MadeDesk) -> None:
    """Neither another column of the table nor what its rows go by in the cache."""
    given: list[list[str]] = []

    def carrier(endpoint: Endpoint, columns: Columns) -> Answer:
        given.append(list(columns))
        return desk.host(endpoint, columns)

    scorer = Scorer(desk.catalogue, desk.cache, transport_for=lambda _: carrier)
    scorer.score("credit", make_table(3).assign(name="x"))
    assert given == [list(SCHEMA.input_names)]


@pytest.mark.parametrize("lose", ["what came back", "what was known", "a reason"])
def test_a_row_that_got_lost_is_noticed(desk: MadeDesk, lose: str) -> None:
    """Three broken twins of the lookup: each row has a score or a reason, or none of it is written."""
    desk.scorer.score("credit", make_table(3))
    table = make_table(6)
    table.loc[5, "purpose"] = "A99"
    endpoint = desk.catalogue.endpoint("credit")
    sound = look_up(desk.cache, endpoint, "1", table, ())
    client = ScoringClient(endpoint, desk.host, limits=desk.limits)
    scored = client.score_checked(*sound.to_send())
    assert len(sound.together(scored)[0]) == 6

    broken = {
        "what came back": replace(sound, unknown=sound.unknown[:-1]),
        "what was known": replace(sound, cached=dict(list(sound.cached.items())[1:])),
        "a reason": replace(sound, checked=replace(sound.checked, problems=())),
    }[lose]
    with pytest.raises(RowsLost) as error:
        broken.together(replace(scored, frame=scored.frame.iloc[: len(broken.unknown)]))
    assert error.value.rows == 6


def test_a_table_of_nothing_but_problems_makes_no_call(desk: MadeDesk) -> None:
    """Every row has its reason."""
    outcome = desk.scorer.score("credit", make_table(3).assign(purpose="A99"))
    assert [problem.kind for problem in outcome.problems] == [ProblemKind.NOT_A_CATEGORY] * 3
    assert (outcome.calls, outcome.sent, outcome.from_cache, outcome.versions) == (0, 0, 0, ())
    assert outcome.frame.isna().all(axis=None)
    assert str(outcome.frame["double age"].dtype) == "Int64"


def test_what_came_back_is_kept_when_the_rest_fails(desk: MadeDesk) -> None:
    """Two of four parts: their rows are not sent again."""
    desk.host.fake._faults = iter([None, Unauthorized(), None, Unauthorized()])
    outcome = desk.scorer.score("credit", make_table(40))
    failed = [problem.row for problem in outcome.problems]
    assert {problem.kind for problem in outcome.problems} == {ProblemKind.CALL_FAILED}
    before = sent(desk)
    again = desk.scorer.score("credit", make_table(40))
    assert again.from_cache == 40 - len(failed)
    assert again.sent == sent(desk) - before == len(failed) > 0
    assert again.problems == ()


def test_what_came_back_is_kept_when_it_is_cancelled(desk: MadeDesk) -> None:
    """Cancelled after the first part; also what a call that was under way brings later."""
    release, answered = threading.Event(), threading.Event()
    score = desk.host.fake._score

    def slow(columns: Columns) -> Columns:
        if len(desk.host.fake.calls) > 1:
            release.wait(10)
        return score(columns)

    desk.host.fake._score = slow
    desk.limits = Limits(part_rows=10, concurrency=1)
    put = desk.cache.put

    def watched(*given: Any) -> None:
        put(*given)
        if len(desk.host.fake.calls) > 1:
            answered.set()

    desk.cache.put = watched  # type: ignore[method-assign]
    outcome = desk.new_scorer().score(
        "credit",
        make_table(40),
        stop=lambda: len(desk.host.fake.calls) > 1,
    )
    assert outcome.stopped
    assert len(outcome.problems) == 30
    assert ages(outcome)[:10] == list(range(0, 20, 2))
    release.set()
    assert answered.wait(10)
    assert desk.scorer.plan("credit", make_table(40)).cached == 20


def test_an_endpoint_that_scores_nothing_raises_what_it_said(desk: MadeDesk) -> None:
    """Also when some rows are known: half an answer would hide it. They stay known."""
    desk.scorer.score("credit", make_table(10))
    desk.host.fake._faults = iter([Unauthorized()])
    with pytest.raises(Unauthorized):
        desk.scorer.score("credit", make_table(20))
    assert desk.scorer.plan("credit", make_table(20)).cached == 10


def test_the_version_is_asked_once_in_a_minute(desk: MadeDesk) -> None:
    """However often a sheet recalculates; then again, with a short question."""
    for _ in range(5):
        desk.scorer.score("credit", make_table(3))
        desk.scorer.model_version("CREDIT")
        desk.scorer.plan("credit", make_table(3))
    assert len(desk.host.questions) == 1
    desk.time += 59.9
    desk.scorer.score("credit", make_table(3))
    assert len(desk.host.questions) == 1
    desk.time += 0.2
    desk.scorer.score("credit", make_table(3))
    assert len(desk.host.questions) == 2
    assert all(desk.host.questions)
    assert sent(desk) == 3


def test_another_model_version_is_paid_for_again(desk: MadeDesk) -> None:
    """And its schema is taken along; what the older one scored stays known."""
    desk.scorer.score("credit", make_table(3))
    desk.host.version = "2"
    desk.host.schema = Schema((*SCHEMA.inputs[:2], Column("purpose", ColumnType.TEXT)), SCHEMA.outputs)
    desk.time += 61
    newer = desk.scorer.score("credit", make_table(3).assign(purpose="A99"))
    assert (newer.sent, newer.model_version, newer.problems) == (3, "2", ())
    assert desk.catalogue.entry("credit").last_seen_version == "2"

    desk.host.version, desk.host.schema = "1", SCHEMA
    desk.time += 61
    older = desk.scorer.score("credit", make_table(3))
    assert (older.sent, older.from_cache, older.model_version) == (0, 3, "1")


def test_an_answer_of_another_version_than_was_told_is_kept_under_its_own(desk: MadeDesk) -> None:
    """The model changed between question and call. Scores of two versions in one table are both named."""
    desk.scorer.score("credit", make_table(3))
    desk.host.version = "2"
    mixed = desk.scorer.score("credit", make_table(5))
    assert (mixed.from_cache, mixed.sent, mixed.versions, mixed.model_version) == (3, 2, ("1", "2"), "1, 2")

    questions = len(desk.host.questions)
    after = desk.scorer.score("credit", make_table(5))
    assert (after.from_cache, after.sent, after.versions) == (2, 3, ("2",))
    assert len(desk.host.questions) == questions
    assert desk.catalogue.entry("credit").last_seen_version == "2"


def test_versions_that_change_within_one_table_are_all_named(desk: MadeDesk) -> None:
    """The next run asks again, and pays only for what the newer one has not scored."""
    score = desk.host.fake._score

    def publish(columns: Columns) -> Columns:
        if len(desk.host.fake.calls) == 2:
            desk.host.version = "2"
        return score(columns)

    desk.host.fake._score = publish
    desk.limits = Limits(part_rows=10, concurrency=1)
    scorer = desk.new_scorer()
    assert scorer.score("credit", make_table(30)).versions == ("1", "2")
    after = scorer.score("credit", make_table(30))
    assert (after.versions, after.from_cache, after.sent) == (("2",), 20, 10)


def test_an_endpoint_without_versions_is_asked_every_time(tmp_path: Path) -> None:
    """Nobody could tell whether its model is still the one that scored."""
    desk = MadeDesk(tmp_path, FakeHost(model_version=""))
    desk.scorer.score("credit", make_table(3))
    again = desk.scorer.score("credit", make_table(3))
    assert (again.sent, again.from_cache, again.model_version) == (3, 0, "")


@pytest.mark.parametrize("down", [Unreachable("no route to host"), ProxySignIn(), ServerFailed(502), Throttled()])
def test_out_of_reach_what_is_known_is_still_answered(desk: MadeDesk, down: Any) -> None:
    """If every row is, under the version told last; the outcome says so."""
    wanted = desk.scorer.score("credit", make_table(5))
    desk.host.down = down
    outcome = desk.new_scorer().score("credit", make_table(5))
    assert (outcome.offline, outcome.model_version, outcome.from_cache) == (True, "1", 5)
    pd.testing.assert_frame_equal(outcome.frame, wanted.frame)
    assert not wanted.offline
    with pytest.raises(type(down)):
        desk.new_scorer().score("credit", make_table(6))


@pytest.mark.parametrize("error", [Unauthorized(), BadAnswer("not JSON")])
def test_a_key_that_was_refused_answers_nothing(desk: MadeDesk, error: Any) -> None:
    """Not from the cache either: whoever lost the key has lost the endpoint."""
    desk.scorer.score("credit", make_table(5))
    desk.host.down = error
    with pytest.raises(type(error)):
        desk.new_scorer().score("credit", make_table(5))


def test_a_question_that_got_lost_is_asked_once_more(desk: MadeDesk) -> None:
    """One dropped connection is no reason to give up."""
    asked: list[float] = []
    swagger = desk.host.swagger

    def once(*given: Any) -> Any:
        asked.append(desk.time)
        if len(asked) == 1:
            raise Unreachable("connection reset")
        return swagger(*given)

    desk.host.swagger = once  # type: ignore[method-assign]
    assert not desk.scorer.score("credit", make_table(3)).offline
    assert len(asked) == 2
    assert asked[1] > asked[0]


def test_stopped_calls_are_not_made(desk: MadeDesk) -> None:
    """What is known is answered all the same, without a question for the version."""
    desk.scorer.score("credit", make_table(5))
    desk.stopped = True
    scorer = desk.new_scorer()
    desk.host.questions.clear()
    assert scorer.score("credit", make_table(5)).from_cache == 5
    with pytest.raises(CallsStopped) as error:
        scorer.score("credit", make_table(7))
    assert error.value.rows == 2
    assert scorer.plan("credit", make_table(7)).to_send == 2
    assert (desk.host.questions, sent(desk)) == ([], 5)


def test_a_busy_endpoint_is_told_while_it_is_waited_for(tmp_path: Path) -> None:
    """How many calls it takes at once, how long the wait is, how far the work is."""
    host = FakeHost(faults=[None, Throttled(503, 12.0)], max_concurrent=1)
    desk = MadeDesk(tmp_path, host, Limits(part_rows=10, concurrency=1))
    gate = threading.Event()
    notes: list[tuple[int, int, str]] = []

    def nap(seconds: float) -> None:
        assert gate.wait(10)
        desk.time += seconds

    desk.sleep = nap  # type: ignore[method-assign]

    def progress(done: int, rows: int, note: str) -> None:
        notes.append((done, rows, note))
        if note:
            gate.set()

    outcome = desk.new_scorer().score("credit", make_table(30), progress=progress)
    assert outcome.problems == ()
    assert (10, 30, "Endpoint busy (1 at once). Continuing in 12 s; 10 of 30 done.") in notes
    assert notes[0] == (0, 30, "")
    assert notes[-1] == (30, 30, "")


def test_progress_counts_what_is_known_as_done(desk: MadeDesk) -> None:
    """Bad rows too: none of them is waited for."""
    desk.scorer.score("credit", make_table(10))
    seen: list[tuple[int, int]] = []
    table = pd.concat([make_table(30), make_table(2)], ignore_index=True)
    table.loc[29, "purpose"] = "?"
    desk.scorer.score("credit", table, progress=lambda done, rows, _: seen.append((done, rows)))
    assert seen == [(13, 32), (23, 32), (32, 32)]


def test_a_real_host_is_paid_once(tmp_path: Path) -> None:
    """Over HTTP; a new version and a revoked key are noticed."""
    with running_host(tmp_path / "home") as host:
        key, location = published(host)
        transport = HttpTransport()
        catalogue = Catalogue(tmp_path / "user", MemoryKeys(), transport=transport)
        catalogue.add("credit", location, key)
        cache = Cache(None, b"secret", 1_000_000)
        now = [0.0]
        scorer = Scorer(catalogue, cache, clock=lambda: now[0])
        table = pd.DataFrame({"Purpose": ["car", "boat", "car"], "Amount": [1, 5, 1], "Months": [12, 6, 12]})

        first = scorer.score("credit", table)
        again = scorer.score("credit", table)
        assert (first.sent, first.calls, first.model_version) == (2, 1, "1")
        assert (again.sent, again.calls, again.from_cache) == (0, 0, 3)
        pd.testing.assert_frame_equal(first.frame, again.frame)

        host.registry.publish("credit", tiny.contract(), tiny.credit(0.5))
        host.snapshots.refresh()
        now[0] += 61
        newer = scorer.score("credit", table)
        assert (newer.sent, newer.model_version) == (2, "2")
        assert newer.frame["Scored Probabilities"][0] != first.frame["Scored Probabilities"][0]

        host.registry.rotate_key(host.registry.endpoint("credit/default").id, "primary")
        host.snapshots.refresh()
        now[0] += 61
        with pytest.raises(Unauthorized):
            scorer.score("credit", table)
        transport.close()


def published(host: Host) -> tuple[str, str]:
    """Key and location of an endpoint that follows what is published."""
    host.registry.add_service("credit", tiny.contract(), tiny.credit(), "Credit risk.")
    default = host.registry.endpoint("credit/default")
    key = host.registry.rotate_key(default.id, "primary")
    host.snapshots.refresh()
    return key, f"{host.url}/workspaces/default/services/{default.id}"

"""What the client promises, over the endpoint in memory and over real HTTP alike."""

import threading
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from worker.scoring import (
    BadAnswer,
    Endpoint,
    Limits,
    ProblemKind,
    RowsLost,
    ScoringClient,
    ServerFailed,
    Throttled,
    Unauthorized,
)
from worker.scoring.isolation import HOPELESS


@pytest.fixture
def client(reach: Any, limits: Any, naps: Any) -> Any:
    """Makes a client of a fake endpoint that never really sleeps."""

    def make(fake: Any, **given: Any) -> Any:
        endpoint, transport = reach(fake, **{k: given.pop(k) for k in ("key",) if k in given})
        return ScoringClient(
            endpoint, transport, **{"limits": limits, "sleep": naps.append, "random": lambda: 1.0} | given
        )

    return make


def test_scores_come_back_in_order_under_the_table_s_index(client: Any, fake: Any, table: Any) -> None:
    """Each row gets its own score, whatever part it was sent in, and keeps its index label."""
    frame = table(57).set_index("id")

    scored = client(fake()).score(frame)

    assert scored.problems == ()
    assert scored.frame.index.equals(frame.index)
    assert scored.frame["probability"].tolist() == pytest.approx(np.arange(57) / 1000)
    assert scored.frame["double age"].tolist() == [2 * n for n in range(57)]
    assert scored.frame["decision"].tolist() == [f"{n}-A4{n % 2}" for n in range(57)]
    assert (scored.calls, scored.model_version) == (6, "1")


def test_order_holds_when_parts_finish_in_any_order(client: Any, fake: Any, table: Any) -> None:
    """Late parts do not move rows."""
    first = threading.Event()
    score = fake()._score

    def uneven(columns: Any) -> Any:
        if first.is_set():
            time.sleep(0.02 * (int(columns["age"][0]) // 10 % 3))
        first.set()
        return score(columns)

    scored = client(fake(score=uneven)).score(table(100))

    assert scored.frame["double age"].tolist() == [2 * n for n in range(100)]


def test_an_index_with_repeated_labels_is_kept(client: Any, fake: Any, table: Any) -> None:
    """Labels may repeat; rows are told apart by their place."""
    frame = table(3).set_axis([7, 7, 7])

    scored = client(fake()).score(frame)

    assert scored.frame.index.tolist() == [7, 7, 7]
    assert scored.frame["double age"].tolist() == [0, 2, 4]


def test_bad_rows_are_not_sent_and_keep_their_place(client: Any, fake: Any, table: Any) -> None:
    """A row that fails the check costs no call; its neighbours are scored."""
    endpoint = fake()
    frame = table(25)
    frame.loc[3, "purpose"] = "A99"
    frame.loc[11, "age"] = 2.5

    scored = client(endpoint).score(frame)

    assert [(p.row, p.kind) for p in scored.problems] == [
        (3, ProblemKind.NOT_A_CATEGORY),
        (11, ProblemKind.NOT_WHOLE),
    ]
    assert endpoint.rows == 23
    assert scored.frame["probability"].isna().tolist() == [n in {3, 11} for n in range(25)]


def test_a_table_of_bad_rows_only_makes_no_call(client: Any, fake: Any, table: Any) -> None:
    """Nothing to send, nothing sent, every row explained."""
    endpoint = fake()
    frame = table(3).assign(purpose="?")

    scored = client(endpoint).score(frame)

    assert endpoint.calls == []
    assert (len(scored.problems), scored.calls) == (3, 0)


@pytest.mark.parametrize("names_row", [True, False])
@pytest.mark.parametrize("bad", [{0}, {29}, {13}, {4, 5, 6}, {10, 19}, set(range(0, 30, 7))])
def test_a_refused_row_does_not_spoil_its_neighbours(
    client: Any, fake: Any, table: Any, names_row: Any, bad: Any
) -> None:
    """Whether the endpoint says which row it refuses or not, just those rows get its reason."""
    endpoint = fake(refuses=lambda row: "no such age" if row["age"] in bad else None, names_row=names_row)

    scored = client(endpoint).score(table(30))

    assert {p.row for p in scored.problems} == bad
    assert {(p.kind, p.detail) for p in scored.problems} == {(ProblemKind.REJECTED, "no such age")}
    assert scored.frame["double age"].dropna().tolist() == [2 * n for n in range(30) if n not in bad]


def test_a_row_that_breaks_the_server_is_isolated_after_one_more_try(client: Any, fake: Any, table: Any) -> None:
    """Servers of this kind answer 500 to bad data: tried once more, then the row is to blame."""
    score = fake()._score

    def fragile(columns: Any) -> Any:
        if 17 in columns["age"]:
            raise ServerFailed(500)
        return score(columns)

    endpoint = fake(score=fragile)
    scored = client(endpoint).score(table(30))

    assert [(p.row, p.kind, p.detail) for p in scored.problems] == [(17, ProblemKind.REJECTED, "server failed (500)")]
    lone = [call for call in endpoint.calls if call["age"].tolist() == [17]]
    assert len(lone) == 2


def test_an_endpoint_that_refuses_every_row_is_not_asked_row_by_row(client: Any, fake: Any, table: Any) -> None:
    """The work to find the rows to blame is bounded."""
    endpoint = fake(refuses=lambda row: "closed", names_row=False)

    scored = client(endpoint, limits=Limits(part_rows=400)).score(table(400))

    assert len(scored.problems) == 400
    assert {p.detail for p in scored.problems} == {"closed"}
    assert len(endpoint.calls) < 4 * HOPELESS


def test_an_endpoint_that_always_fails_is_an_error_not_problems(client: Any, fake: Any, table: Any) -> None:
    """500 to every row says that the server is ill, not the data."""

    def ill(columns: Any) -> Any:
        raise ServerFailed(500)

    with pytest.raises(ServerFailed):
        client(fake(score=ill)).score(table(4))


def test_a_server_that_always_fails_is_not_hammered(client: Any, fake: Any, table: Any, naps: Any) -> None:
    """Four calls, each tried twice, with longer and longer waits between: the rows cannot be to blame."""

    def ill(columns: Any) -> Any:
        raise ServerFailed(500)

    endpoint = fake(score=ill)
    with pytest.raises(ServerFailed):
        client(endpoint, limits=Limits(part_rows=1000)).score(table(1000))

    assert len(endpoint.calls) <= 8
    assert sum(naps) == pytest.approx(4 * 0.5 + 0.5 + 1 + 2)  # before each second try, and between the four


@pytest.mark.parametrize(
    "bad",
    [{0}, {250}, {499}, {500}, {999}, {0, 1}, {250, 500}, set(range(0, 1000, 100)), set(range(400, 600))],
    ids=str,
)
def test_rows_that_break_the_server_are_told_from_an_ill_one(client: Any, fake: Any, table: Any, bad: Any) -> None:
    """Wherever they stand, and also where no half is free of them: some row alone is accepted."""
    score = fake()._score

    def fragile(columns: Any) -> Any:
        if bad.intersection(columns["age"].tolist()):
            raise ServerFailed(500)
        return score(columns)

    scored = client(fake(score=fragile), limits=Limits(part_rows=1000)).score(table(1000))

    assert {p.row for p in scored.problems} == bad
    assert scored.frame["double age"].dropna().tolist() == [2 * n for n in range(1000) if n not in bad]


def test_a_row_without_a_score_is_a_problem(client: Any, fake: Any, table: Any) -> None:
    """A null or NaN among the outputs is never passed on as if it were a score."""
    score = fake()._score

    def holed(columns: Any) -> Any:
        made = score(columns)
        made["probability"][columns["age"] == 8] = np.nan
        made["decision"][columns["age"] == 21] = None
        return made

    scored = client(fake(score=holed)).score(table(30))

    assert [(p.row, p.kind, p.detail) for p in scored.problems] == [
        (8, ProblemKind.NO_SCORE, "probability"),
        (21, ProblemKind.NO_SCORE, "decision"),
    ]
    assert scored.frame.loc[[8, 21]].isna().all(axis=None)


def test_a_throttled_call_waits_as_asked_and_is_tried_again(client: Any, fake: Any, table: Any, naps: Any) -> None:
    """Retry-After is obeyed, and each attempt counts as a call."""
    scored = client(fake(faults=[Throttled(503, 3.0), Throttled(429, 7.0)])).score(table(5))

    assert scored.problems == ()
    assert scored.calls == 3
    assert sum(naps) >= 10.0


def test_an_outage_in_the_middle_keeps_what_was_scored(client: Any, fake: Any, table: Any) -> None:
    """Parts that failed for good are reported row by row; after three in a row no more are sent."""
    faults = [None] + [Throttled(503)] * 6
    endpoint = fake(faults=faults)
    one_try = Limits(part_rows=10, concurrency=1, call_attempts=1)

    scored = client(endpoint, limits=one_try).score(table(100))

    assert len(endpoint.calls) == 4
    assert scored.frame["probability"].notna().sum() == 10
    assert {(p.kind, p.detail) for p in scored.problems} == {(ProblemKind.CALL_FAILED, "throttled (503)")}
    assert [p.row for p in scored.problems] == list(range(10, 100))


def test_single_failed_parts_do_not_stop_the_rest(client: Any, fake: Any, table: Any) -> None:
    """Only failures in a row end the run, however many there are in all."""
    one_try = Limits(part_rows=10, concurrency=1, call_attempts=1)
    down = Throttled(503)

    scored = client(fake(faults=[None, down, down, None, down, down]), limits=one_try).score(table(80))

    assert [p.row for p in scored.problems] == [*range(10, 30), *range(40, 60)]


def test_an_endpoint_that_never_answers_raises(client: Any, fake: Any, table: Any) -> None:
    """When nothing at all came back there is nothing to hand over."""
    with pytest.raises(Throttled):
        client(fake(faults=[Throttled(503)] * 100)).score(table(30))


def test_a_wrong_key_is_tried_once(client: Any, fake: Any, table: Any) -> None:
    """A refused key ends the run at once: repeating it could lock it out."""
    endpoint = fake()

    with pytest.raises(Unauthorized):
        client(endpoint, key="stale").score(table(100))

    assert len(endpoint.calls) == 1


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_endpoint_s_own_limit_holds(client: Any, fake: Any, table: Any, limit: Any) -> None:
    """The first call is alone; its answer says how many may run at once, and so many do."""
    together = threading.Barrier(limit)
    score = fake()._score

    def meet(columns: Any) -> Any:
        if columns["age"][0] > 0:
            together.wait(10)
        return score(columns)

    endpoint = fake(score=meet, max_concurrent=limit)
    scored = client(endpoint, limits=Limits(part_rows=5, concurrency=4)).score(table(65))

    assert scored.problems == ()
    assert endpoint.most_at_once == limit


@pytest.mark.parametrize("lost", [slice(0, -1), slice(1, None), slice(0, 0)])
def test_an_answer_with_too_few_rows_is_never_used(client: Any, fake: Any, table: Any, lost: Any) -> None:
    """A short answer may be shifted: it is asked for again once and then refused."""
    score = fake()._score
    endpoint = fake(score=lambda columns: {name: values[lost] for name, values in score(columns).items()})

    with pytest.raises(BadAnswer, match="rows instead of 10"):
        client(endpoint).score(table(10))

    assert len(endpoint.calls) == 2


class DropsARow(ScoringClient):
    """A broken client: a part comes back with one score taken out."""

    def _score_part(self, columns: Any, called: Any, stopped: Any) -> Any:
        part = super()._score_part(columns, called, stopped)
        part.columns["probability"][2] = np.nan
        return part


class ShiftsRows(ScoringClient):
    """A broken client: a part comes back one row short."""

    def _score_part(self, columns: Any, called: Any, stopped: Any) -> Any:
        part = super()._score_part(columns, called, stopped)
        for name in part.columns:
            part.columns[name] = part.columns[name][1:]
        return part


@pytest.mark.parametrize("broken", [DropsARow, ShiftsRows])
def test_a_client_that_loses_rows_is_caught(reach: Any, fake: Any, table: Any, limits: Any, broken: Any) -> None:
    """Rows in = scored + problems, counted before anything is handed back."""
    with pytest.raises(RowsLost):
        broken(*reach(fake()), limits=limits).score(table(30))


def test_progress_counts_up_to_all_rows(client: Any, fake: Any, table: Any) -> None:
    """Rows with problems count as done from the start; every call is in the caller's thread."""
    seen = []
    frame = table(30)
    frame.loc[0, "age"] = None

    client(fake()).score(frame, progress=lambda done, rows: seen.append((done, rows, threading.current_thread())))

    assert seen[0][:2] == (1, 30)
    assert seen[-1][:2] == (30, 30)
    assert [s[0] for s in seen] == sorted(s[0] for s in seen)
    assert {s[2] for s in seen} == {threading.current_thread()}


def test_stop_leaves_with_what_there_is(client: Any, fake: Any, table: Any) -> None:
    """Cancel returns at once; rows already scored are kept, the others say why they are not."""
    release = threading.Event()
    score = fake()._score

    def stuck(columns: Any) -> Any:
        if columns["age"][0] >= 10:
            release.wait(10)
        return score(columns)

    done = []
    started = time.monotonic()
    scored = client(fake(score=stuck)).score(
        table(50), progress=lambda rows, _total: done.append(rows), stop=lambda: done[-1:] == [10]
    )
    took = time.monotonic() - started
    release.set()

    assert scored.stopped
    assert took < 5
    assert scored.frame["double age"].tolist()[:10] == [2 * n for n in range(10)]
    assert {(p.row, p.detail) for p in scored.problems} == {(n, "cancelled") for n in range(10, 50)}


def test_a_part_can_be_scored_by_itself(client: Any, fake: Any, table: Any, schema: Any) -> None:
    """Batch scores parts from threads of its own: rows of problems are counted within the part."""
    columns = {c.name: table(20)[c.name].to_numpy()[10:] for c in schema.inputs}
    columns["age"] = columns["age"].astype(np.int64)

    part = client(fake(refuses=lambda row: "no" if row["age"] == 12 else None)).score_part(columns)

    assert [(p.row, p.kind) for p in part.problems] == [(2, ProblemKind.REJECTED)]
    assert part.columns["double age"].tolist() == [20, 22, None, 26, 28, 30, 32, 34, 36, 38]
    assert (part.calls, part.model_version) == (3, "1")


def test_a_body_over_the_limit_is_halved(fake: Any, table: Any, serve: Any, http: Any) -> None:
    """Parts shrink until they fit; a single row that cannot fit is a problem of that row."""
    endpoint = fake()
    server = serve(endpoint)
    limits = Limits(part_rows=40, body_bytes=700)
    client = ScoringClient(Endpoint(server.url, endpoint._key, endpoint.schema), http(limits=limits), limits=limits)

    scored = client.score(table(40))

    assert scored.problems == ()
    assert scored.frame["double age"].tolist() == [2 * n for n in range(40)]
    assert max(int(headers["Content-Length"]) for _path, headers in server.requests) <= 700


def test_frames_of_outputs_have_one_type_each(client: Any, fake: Any, table: Any) -> None:
    """Types do not depend on whether a row is blank."""
    frame = table(2)
    whole = client(fake()).score(frame).frame
    holed = client(fake()).score(frame.assign(age=[None, 1])).frame

    assert whole.dtypes.tolist() == holed.dtypes.tolist() == [np.float64, pd.Int64Dtype(), np.dtype(object)]

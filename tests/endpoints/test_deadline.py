"""What a published model may take when it meets other input than its sample."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.endpoints import greedy
from worker.endpoints import Models, Registry
from worker.endpoints.deadline import TICK, Watch
from worker.endpoints.onnxmodel import OnnxSession
from worker.scoring import Limits, TimedOut, TooLarge
from worker.scoring.schema import Columns
from worker.store import open_store


def x(value: float) -> Columns:
    return {"x": np.array([value])}


def resident() -> int:
    """Bytes of memory that this process has; 0 where the system does not say."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


def test_a_model_that_never_ends_is_ended() -> None:
    """Quick for its sample, for ever for another value: it ends at the deadline, and works on after it."""
    session = OnnxSession(greedy.loop())
    began = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        session.score(x(11), greedy.contract(), 0.5)
    assert 0.5 <= time.monotonic() - began < 0.5 + 6 * TICK
    assert caught.value.seconds == 0.5
    assert session.score(x(1), greedy.contract(), 0.5)["y"].tolist() == [1]


def test_a_published_model_has_the_call_limit(home: Path) -> None:
    """`call_seconds` of the limits reaches every model that is loaded."""
    engine = open_store("", home)
    Registry(engine, home).add_service("loop", greedy.contract(), greedy.loop())
    schema, model = Models(engine, home, Limits(call_seconds=0.5)).get("loop", 1, 1)
    with pytest.raises(TimedOut):
        model.score(x(11), schema)
    engine.dispose()


def test_memory_has_a_limit_and_is_given_back() -> None:
    """More than 1 GiB at one time is refused as too much at once; what was used before is free again."""
    session = OnnxSession(greedy.tile_by_value())
    session.score(x(1), greedy.contract())
    before = resident()
    for _ in range(3):
        with pytest.raises(TooLarge):
            session.score(x(300_000_000), greedy.contract())
        assert session.score(x(200_000_000), greedy.contract())["y"].tolist() == [200_000_000]
    session.score(x(1), greedy.contract())
    assert resident() - before < 100_000_000


def test_a_run_that_ends_in_time_is_left_alone() -> None:
    """Only what is overdue is ended; a watch with nothing to look at has a thread that sleeps."""
    now = [0.0]
    watch = Watch(clock=lambda: now[0])
    with watch.run(5) as long, watch.run(1) as short:
        now[0] = 2.0
        time.sleep(3 * TICK)
        assert (short.terminate, long.terminate) == (True, False)
    with watch.run(1) as later:
        time.sleep(2 * TICK)
        assert later.terminate is False


def test_runs_side_by_side_have_their_own_deadlines() -> None:
    """One thread's endless run does not end another's."""
    endless, quick = OnnxSession(greedy.loop()), OnnxSession(greedy.loop())
    ended: list[float] = []

    def go() -> None:
        with pytest.raises(TimedOut):
            endless.score(x(11), greedy.contract(), 1.0)
        ended.append(time.monotonic())

    thread = threading.Thread(target=go)
    thread.start()
    rows = 0
    while not ended:
        rows += len(quick.score(x(1), greedy.contract(), 0.5)["y"])
    thread.join()
    assert rows > 10

"""Scores already paid for: found again, nothing of the inputs on the disk, and never a reason to fail."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from addin.cache import MOST_REFUSALS, SECRET_NAME, SECRET_VARIABLE, Cache, Refusal, open_cache, outputs_of
from addin.keystore import KeyStore, MemoryKeys, SystemKeys
from addin.paths import cache_file
from tests.addin.test_keystore import Plain
from tests.scoring.conftest import SCHEMA, make_table, score_rows
from worker.scoring import Column, Columns, ColumnType, Output, Schema
from worker.scoring.check import check

URL = "https://scores.example.com/workspaces/w1/services/e1"
LARGE = 50_000_000
CANARY = "A40-canary-91c2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "scores.db"


@pytest.fixture
def cache(file: Path) -> Iterator[Cache]:
    cache = Cache(file, b"secret", LARGE)
    yield cache
    cache.close()


def inputs(rows: int) -> Columns:
    return check(make_table(rows), SCHEMA).columns


def keep(cache: Cache, columns: Columns, version: str = "1") -> list[bytes]:
    hashes = cache.hashes(columns, URL, version, SCHEMA)
    cache.put(hashes, score_rows(columns), SCHEMA)
    return hashes


def test_outputs_come_back_as_they_were(cache: Cache, file: Path) -> None:
    """Each in its type, in another process too."""
    schema = Schema(
        (Column("x", ColumnType.NUMBER),),
        tuple(Output(str(kind), kind) for kind in ColumnType),
    )
    columns = {"x": np.array([1.0, -0.0, 1e300])}
    outputs: Columns = {
        "number": np.array([0.1, -0.0, 5e-324]),
        "integer": np.array([2**53, -(2**53), 0]),
        "boolean": np.array([True, False, True], object),
        "text": np.array(["", "Größe €😀", '"\\'], object),
        "datetime": np.array(["2024-02-29T00:00:00"] * 3, object),
    }
    hashes = cache.hashes(columns, URL, "1", schema)
    cache.put(hashes, outputs, schema)
    cache.close()

    found = Cache(file, b"secret", LARGE).get(hashes, schema)
    back = outputs_of([found[key] for key in hashes], schema)
    assert {name: values.tolist() for name, values in back.items()} == {n: v.tolist() for n, v in outputs.items()}
    assert np.signbit(back["number"][1])
    assert [type(value) for value in back["boolean"]] == [bool] * 3


def test_a_row_is_known_only_under_what_scored_it(cache: Cache) -> None:
    """Another endpoint, version, schema or secret, another value in any column: unknown."""
    columns = inputs(2)
    hashes = keep(cache, columns)
    assert len(cache.get(hashes, SCHEMA)) == 2
    other = Schema((*SCHEMA.inputs[:2], Column("purpose", ColumnType.TEXT)), SCHEMA.outputs)
    strange = [
        cache.hashes(columns, f"{URL}2", "1", SCHEMA),
        cache.hashes(columns, URL, "2", SCHEMA),
        cache.hashes(columns, URL, "1", other),
        Cache(None, b"another", LARGE).hashes(columns, URL, "1", SCHEMA),
        *(cache.hashes({**columns, name: columns[name][::-1]}, URL, "1", SCHEMA) for name in columns),
    ]
    assert [cache.get(hashes, SCHEMA) for hashes in strange] == [{}] * len(strange)


def test_values_do_not_run_into_each_other(cache: Cache) -> None:
    """Neither from one column into the next nor from one type into another."""
    schema = Schema((Column("a", ColumnType.TEXT, nullable=True), Column("b", ColumnType.TEXT)), SCHEMA.outputs)
    rows = [("ab", "c"), ("a", "bc"), ('a","b', "c"), ("", "abc"), (None, "abc"), ("null", "abc"), ("1", "1.0")]
    columns = {"a": np.array([a for a, _ in rows], object), "b": np.array([b for _, b in rows], object)}
    assert len(set(cache.hashes(columns, URL, "1", schema))) == len(rows)


def test_a_row_counts_as_the_same_in_whatever_array_it_comes(cache: Cache) -> None:
    """A column with blanks elsewhere is of objects, without them of numbers."""
    schema = Schema((Column("a", ColumnType.INTEGER, nullable=True),), SCHEMA.outputs)
    mixed = cache.hashes({"a": np.array([1, None, 3], object)}, URL, "1", schema)
    plain = cache.hashes({"a": np.array([1, 3])}, URL, "1", schema)
    assert [mixed[0], mixed[2]] == plain


class Plainly(Cache):
    """A broken twin: rows go by their own values."""

    def hashes(self, columns: Columns, url: str, version: str, schema: Schema) -> list[bytes]:
        return [orjson.dumps(row) for row in zip(*(values.tolist() for values in columns.values()), strict=True)]


@pytest.mark.parametrize("kind", [Cache, pytest.param(Plainly, marks=pytest.mark.xfail(raises=AssertionError))])
def test_no_input_is_on_the_disk(file: Path, kind: type[Cache]) -> None:
    """Neither a value nor a name nor the endpoint; the file is for this account alone."""
    cache = kind(file, b"secret", LARGE)
    columns = {"age": np.array([987_654_321]), "income": np.array([123456.789]), "purpose": np.array([CANARY], object)}
    outputs = {"probability": np.array([0.5]), "double age": np.array([1]), "decision": np.array(["ok"], object)}
    cache.put(cache.hashes(columns, URL, "1", SCHEMA), outputs, SCHEMA)
    assert cache.count() == 1
    for path in file.parent.iterdir():
        data = path.read_bytes()
        for hidden in (CANARY, "987654321", "123456.789", "purpose", "example.com", "secret"):
            assert hidden.encode() not in data
            assert hidden.encode("utf-16-le") not in data
        for packed in (columns["age"].tobytes(), columns["income"].tobytes(), columns["income"].byteswap().tobytes()):
            assert packed not in data
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"ok" in file.read_bytes()


def test_a_row_that_got_no_score_is_known_to_get_none(cache: Cache) -> None:
    """The same model would give none another time."""
    columns = inputs(3)
    outputs = score_rows(columns)
    outputs["probability"][1] = np.nan
    outputs["decision"][2] = None
    hashes = cache.hashes(columns, URL, "1", SCHEMA)
    cache.put(hashes, outputs, SCHEMA)
    found = cache.get(hashes, SCHEMA)
    back = outputs_of([found[key] for key in hashes], SCHEMA)
    assert np.isnan(back["probability"]).tolist() == [False, True, False]
    assert back["decision"].tolist() == ["0-A40", "1-A41", None]


def test_refusals_are_kept_in_memory_alone(cache: Cache, file: Path, tmp_path: Path) -> None:
    """Their words may repeat inputs. They are bounded, and cleared with the rest."""
    cache.refuse(b"first", Refusal("age", CANARY))
    cache.refuse(b"second", Refusal(None, CANARY))
    assert cache.refused([b"second", b"third"]) == {b"second": Refusal(None, CANARY)}
    assert keep(cache, inputs(1))
    assert all(CANARY.encode() not in path.read_bytes() for path in tmp_path.iterdir())
    for number in range(MOST_REFUSALS - 1):
        cache.refuse(b"%d" % number, Refusal(None, "no"))
    assert list(cache.refused([b"first", b"second"])) == [b"second"]
    cache.clear()
    assert cache.refused([b"second", b"0"]) == {}


def test_the_least_recently_used_go(file: Path) -> None:
    """The file stays within its size; what was looked up lately stays known."""
    now = [0.0]
    cache = Cache(file, b"secret", 200_000, clock=lambda: now[0])
    columns = inputs(6000)
    hashes = cache.hashes(columns, URL, "1", SCHEMA)
    for start in range(0, 6000, 500):
        now[0] += 10_000
        some = slice(start, start + 500)
        cache.put(hashes[some], score_rows({name: values[some] for name, values in columns.items()}), SCHEMA)
        cache.get(hashes[:100], SCHEMA)
    assert len(cache.get(hashes[:100], SCHEMA)) == 100
    assert len(cache.get(hashes[-500:], SCHEMA)) == 500
    assert cache.get(hashes[100:600], SCHEMA) == {}
    assert 1500 < cache.count() < 5000
    assert file.stat().st_size < 300_000
    cache.close()


def test_clear_forgets_on_the_disk_too(cache: Cache, file: Path) -> None:
    """No score can be found in the file afterwards."""
    keep(cache, inputs(2000))
    assert b"1999-A41" in file.read_bytes()
    cache.clear()
    assert cache.count() == 0
    assert file.stat().st_size < 20_000
    assert b"-A41" not in file.read_bytes()


def spoil_header(file: Path) -> None:
    file.write_bytes(b"not a database at all" * 100)


def spoil_pages(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:4096] + b"\x07" * (file.stat().st_size - 4096))


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:6000])


def other_layout(file: Path) -> None:
    with sqlite3.connect(file) as store:
        store.execute("PRAGMA user_version = 99")
    store.close()


def spoil_values(file: Path) -> None:
    with sqlite3.connect(file) as store:
        store.execute("UPDATE scores SET outputs = x'00ff'")
    store.close()


def other_json(text: str) -> Any:
    def spoil(file: Path) -> None:
        with sqlite3.connect(file) as store:
            store.execute("UPDATE scores SET outputs = ?", (text.encode(),))
        store.close()

    return spoil


OTHERS = [
    "[]",
    '["x"]',
    "1",
    '{"a": 1}',
    "[0.1, 2]",
    '["x", 2, "A"]',
    "[0.1, 2, 3]",
    "[0.1, 2.5, true]",
    "[[0.1], 2, null]",
]


@pytest.mark.parametrize(
    "spoil",
    [spoil_header, spoil_pages, cut_short, other_layout, spoil_values, *map(other_json, OTHERS)],
)
def test_a_broken_file_is_moved_aside_and_begun_anew(file: Path, spoil: Any) -> None:
    """Without a word: what is lost can be had again."""
    first = Cache(file, b"secret", LARGE)
    hashes = keep(first, inputs(1000))
    first.close()
    spoil(file)

    cache = Cache(file, b"secret", LARGE)
    assert cache.get(hashes, SCHEMA) == {}
    assert keep(cache, inputs(1000)) == hashes
    assert len(cache.get(hashes, SCHEMA)) == 1000
    cache.close()
    assert file.with_suffix(".broken").exists()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_date_that_is_none_counts_as_broken_too(file: Path) -> None:
    """It could not be made a date of later on."""
    schema = Schema((Column("x", ColumnType.NUMBER),), (Output("day", ColumnType.DATETIME),))
    columns = {"x": np.array([1.0])}
    for stored, known in (("2024-02-29T00:00:00", 1), ("today", 0)):
        cache = Cache(file, b"secret", LARGE)
        hashes = cache.hashes(columns, URL, "1", schema)
        cache.put(hashes, {"day": np.array([stored], object)}, schema)
        assert len(cache.get(hashes, schema)) == known
        cache.close()


def test_what_was_moved_aside_goes_with_the_rest(file: Path, cache: Cache) -> None:
    """Scores stand in it as well; other files stay."""
    other = file.with_name("settings.toml")
    for left in (file.with_suffix(".broken"), file.with_name("scores.broken-journal"), other):
        left.write_bytes(b"x")
    cache.clear()
    left = {left.name for left in file.parent.iterdir()}
    assert {"scores.db", "settings.toml"} <= left
    assert not [name for name in left if "broken" in name]


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    """Then nothing is known."""
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "scores.db", b"secret", LARGE)
    assert cache.get(keep(cache, inputs(3)), SCHEMA) == {}
    cache.clear()
    assert cache.count() == 0


def test_a_file_that_another_process_has_locked_is_no_failure(file: Path, cache: Cache) -> None:
    """Reading and writing wait two seconds, then go without."""
    hashes = keep(cache, inputs(3))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert cache.get(hashes, SCHEMA) == {}
    assert 1 < time.monotonic() - started < 10
    other.execute("ROLLBACK")
    other.close()
    assert len(cache.get(hashes, SCHEMA)) == 3


def test_two_processes_use_one_file(file: Path, cache: Cache) -> None:
    """Each finds what the other paid for; neither breaks the file."""
    code = (
        "import sys; from pathlib import Path; from addin.cache import Cache\n"
        "from tests.addin.test_cache import *\n"
        "cache = Cache(Path(sys.argv[1]), b'secret', LARGE)\n"
        "for n in range(10): keep(cache, inputs(200), str(n))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, file], cwd=Path(__file__).parents[2])
    for number in range(10, 20):
        keep(cache, inputs(200), str(number))
    assert child.wait(60) == 0
    assert cache.count() == 20 * 200
    assert not file.with_suffix(".broken").exists()


def test_what_was_kept_outlives_a_process_that_dies(file: Path, cache: Cache) -> None:
    """Part by part, also when the next one is half written; the file is as good as new."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from tests.addin.test_cache import *\n"
        "cache = Cache(Path(sys.argv[1]), b'secret', LARGE)\n"
        "for n in range(3): keep(cache, inputs(1000), str(n))\n"
        "cache._store.execute('UPDATE scores SET used = 0, outputs = zeroblob(5000)')\n"
        "os._exit(9)"
    )
    child = subprocess.run([sys.executable, "-c", code, file], cwd=Path(__file__).parents[2], check=False)
    assert child.returncode == 9
    hashes = cache.hashes(inputs(1000), URL, "2", SCHEMA)
    assert [len(cache.get(hashes, SCHEMA)), cache.count()] == [1000, 3000]
    assert cache.get(hashes, SCHEMA)[hashes[0]] == [0.0, 0, "0-A40"]
    assert not file.with_suffix(".broken").exists()


def test_several_threads_use_one_cache(cache: Cache) -> None:
    """Parts come back in any order."""
    columns = inputs(400)

    def work(number: int) -> None:
        assert len(cache.get(keep(cache, columns, str(number)), SCHEMA)) == 400

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.count() == 3200


def test_the_secret_is_made_once_and_kept_in_the_key_store(tmp_path: Path) -> None:
    """Whoever finds the file cannot try out what was scored; the next process finds its scores."""
    keys = MemoryKeys()
    first = open_cache(tmp_path, keys, 50, {})
    hashes = keep(first, inputs(3))
    first.close()
    again = open_cache(tmp_path, keys, 50, {})
    assert len(again.get(hashes, SCHEMA)) == 3
    again.close()
    secret = keys.get(SECRET_NAME)
    assert secret is not None
    assert len(secret) == 64
    assert secret not in repr([first, again, vars(first)])
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("keys", "environ", "on_disk"),
    [
        (SystemKeys(Plain), {}, False),
        (SystemKeys(Plain), {SECRET_VARIABLE: "given"}, True),
        (MemoryKeys(), {}, True),
    ],
)
def test_without_a_place_for_its_secret_the_cache_is_in_memory(
    tmp_path: Path, keys: KeyStore, environ: dict[str, str], on_disk: bool
) -> None:
    """It lasts as long as the process; the environment can hold the secret instead."""
    cache = open_cache(tmp_path, keys, 50, environ)
    assert len(cache.get(keep(cache, inputs(3)), SCHEMA)) == 3
    assert cache_file(tmp_path).exists() is on_disk
    cache.close()


def test_five_thousand_rows_are_looked_up_in_no_time(cache: Cache) -> None:
    """Twelve inputs each; a formula over them is answered while the person still looks."""
    random = np.random.default_rng(1)
    numbers = [Column(f"n{place}", ColumnType.NUMBER) for place in range(9)]
    texts = [Column(f"t{place}", ColumnType.TEXT) for place in range(3)]
    schema = Schema((*numbers, *texts), SCHEMA.outputs)
    columns: Columns = {column.name: random.random(5000) for column in numbers}
    columns |= {c.name: np.array([f"word {n}" for n in random.integers(0, 50, 5000)], object) for c in texts}
    ages = {"age": np.arange(5000), "purpose": columns["t0"]}
    cache.put(cache.hashes(columns, URL, "1", schema), score_rows(ages), schema)

    def look() -> float:
        started = time.process_time()
        found = cache.get(cache.hashes(columns, URL, "1", schema), schema)
        assert len(found) == 5000
        return time.process_time() - started

    assert min(look() for _ in range(3)) < 0.2

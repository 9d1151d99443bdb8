"""How customers write: kept in the store, checked, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.endpoints import Registry, rules
from worker.endpoints.conventions import conventions_of, from_json, set_conventions, to_json
from worker.scoring.readings import Conventions


def test_what_is_said_stays_until_it_is_taken_back(registry: Registry) -> None:
    """One after the other; what is not given stays."""
    registry.add_customer("acme")
    store = registry._engine
    assert conventions_of(store, "acme") == Conventions()
    set_conventions(store, "acme", decimal_sign=",", csv_separator=";")
    assert set_conventions(store, "acme", date_order="dmy", csv_encoding="cp1252") == Conventions(
        ",", "dmy", ";", "cp1252"
    )
    assert set_conventions(store, "acme", decimal_sign="") == Conventions("", "dmy", ";", "cp1252")
    assert registry.conventions("acme") == Conventions("", "dmy", ";", "cp1252")


@pytest.mark.parametrize(
    "said",
    [
        {"decimal_sign": "x"},
        {"date_order": "ydm"},
        {"csv_separator": ";;"},
        {"csv_separator": "a"},
        {"csv_encoding": "klingon"},
        {"csv_encoding": "rot13"},
        {"csv_encoding": "zlib"},
        {"csv_encoding": "unicode_escape"},
        {"csv_encoding": "a\0b"},
    ],
)
def test_what_nobody_writes_is_refused(registry: Registry, said: dict[str, Any]) -> None:
    """Nothing is changed."""
    registry.add_customer("acme")
    with pytest.raises(rules.RuleError):
        set_conventions(registry._engine, "acme", **said)
    assert registry.conventions("acme") == Conventions()


def test_an_unknown_customer_is_named(registry: Registry) -> None:
    with pytest.raises(rules.Unknown):
        set_conventions(registry._engine, "nobody", decimal_sign=",")


@given(st.builds(Conventions, st.sampled_from(["", ".", ","]), st.sampled_from(["", "dmy"]), st.just("\t"), st.text()))
def test_stored_and_read_again(conventions: Conventions) -> None:
    assert from_json(to_json(conventions)) == conventions

"""How customers write: kept in the store, checked, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.endpoints import Registry, rules
from worker.endpoints.conventions import conventions_of, from_json, said_of_one, set_conventions, to_json
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
    assert set_conventions(store, "acme", replace_earlier=True).replace_earlier
    assert set_conventions(store, "acme", csv_separator="").replace_earlier
    assert set_conventions(store, "acme", replace_earlier=False) == Conventions("", "dmy", "", "cp1252")


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


def test_signs_are_told_so_that_they_can_be_read() -> None:
    """A list by commas of which one is a comma, a tab and nothing at all is a riddle."""
    with pytest.raises(rules.ChoiceInvalid, match=r"csv_separator '::' is not one of '', ',', ';', tab, '\|'$"):
        said_of_one(csv_separator="::")


def test_an_unknown_customer_is_named(registry: Registry) -> None:
    with pytest.raises(rules.Unknown):
        set_conventions(registry._engine, "nobody", decimal_sign=",")


def test_what_is_said_of_one_file_goes_before_what_its_customer_is_known_for() -> None:
    """Also that something does not hold for it; where nothing is said of the file, the customer's stay."""
    known = Conventions(",", "dmy", replace_earlier=True)
    assert said_of_one(decimal_sign=None, replace_earlier=None) is None
    assert from_json(None, known) == known
    assert from_json(said_of_one(decimal_sign="", replace_earlier=False), known) == Conventions("", "dmy")
    with pytest.raises(rules.ChoiceInvalid):
        said_of_one(decimal_sign="x")


@given(
    st.builds(
        Conventions,
        st.sampled_from(["", ".", ","]),
        st.sampled_from(["", "dmy"]),
        st.just("\t"),
        st.text(),
        st.booleans(),
    )
)
def test_stored_and_read_again(conventions: Conventions) -> None:
    assert from_json(to_json(conventions)) == conventions

"""The contract as a value: it survives JSON, names every fault, and has a fingerprint that words do not change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.scoring import Column, ColumnType, ContractError, Output, Schema
from worker.scoring.schema import Parameter, match_key

NAMES = st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=4, unique_by=match_key)


@st.composite
def schemas(draw) -> Schema:
    def column(name: str) -> Column:
        kind = draw(st.sampled_from(ColumnType))
        bounds = kind in (ColumnType.NUMBER, ColumnType.INTEGER)
        return Column(
            name,
            kind,
            draw(st.booleans()),
            tuple(draw(st.lists(st.text(), max_size=3))) if kind is ColumnType.TEXT else (),
            draw(st.none() | st.integers(-9, 0) | st.floats(-9, 0)) if bounds else None,
            draw(st.none() | st.integers(1, 9)) if bounds else None,
            draw(st.text()),
            draw(st.text()),
        )

    outputs = [
        Output(n, draw(st.sampled_from(ColumnType)), index=draw(st.none() | st.integers(0, 3))) for n in draw(NAMES)
    ]
    *inputs, last = map(column, draw(NAMES))
    if not inputs or draw(st.booleans()):
        return Schema((*inputs, last), tuple(outputs))
    values = {name: getattr(last, name) for name in Column.__dataclass_fields__} | {"nullable": False}
    parameter = Parameter(**values)
    default = draw(st.none() | st.just(parameter.example))
    return Schema(tuple(inputs), tuple(outputs), parameters=(replace(parameter, default=default),))


@given(schemas())
def test_a_contract_survives_json(schema: Schema) -> None:
    """`from_dict` is the inverse of `to_dict`, through text."""
    again = Schema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert again == schema
    assert again.fingerprint() == schema.fingerprint()


def number(**changes: Any) -> Schema:
    return Schema((Column("a", ColumnType.NUMBER, **changes),), (Output("y", ColumnType.NUMBER),))


def test_the_fingerprint_follows_rules_and_not_words() -> None:
    """A description may be mended without making every template stale."""
    same = [number(minimum=0), number(minimum=0.0), number(minimum=0, description="words", unit="EUR")]
    assert len({schema.fingerprint() for schema in same}) == 1
    others = [number(minimum=1), number(maximum=0), number(minimum=0, nullable=True)]
    assert len({schema.fingerprint() for schema in [same[0], *others]}) == 4


def with_parameter(**changes: Any) -> Schema:
    parameter = Parameter("p", **{"type": ColumnType.NUMBER, "default": 1, "minimum": 0, "maximum": 2, **changes})
    return Schema((Column("a", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER),), parameters=(parameter,))


def test_parameters_are_given_or_have_a_default() -> None:
    """A value in place of the default; without either the parameter is open. What it does not take is refused."""
    schema = with_parameter()
    assert schema.given({"p": 0.5}).parameters[0].default == 0.5
    assert schema.given({}) is schema
    assert with_parameter(default=None).open_parameters == ("p",)
    assert with_parameter(default=None).given({"p": 2}).open_parameters == ()
    for wrong in ({"q": 1}, {"p": 3}, {"p": "1"}, {"p": True}, {"p": float("nan")}, {"p": 10**400}):
        with pytest.raises(ContractError, match=r"q|no number that it takes"):
            schema.given(wrong)


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        (ColumnType.INTEGER, 1.5, 1),
        (ColumnType.INTEGER, 2**53 + 1, 2),
        (ColumnType.BOOLEAN, 1, True),
        (ColumnType.TEXT, 1, "1"),
        (ColumnType.DATETIME, "2024-02-30T00:00:00", "2024-02-29T00:00:00"),
    ],
)
def test_a_default_is_of_its_type(kind: ColumnType, wrong: Any, right: Any) -> None:
    """Exactly: nothing is converted."""
    with pytest.raises(ContractError, match="that it takes"):
        with_parameter(type=kind, default=wrong, minimum=None, maximum=None)
    assert with_parameter(type=kind, default=right, minimum=None, maximum=None).open_parameters == ()


def test_the_fingerprint_follows_parameters() -> None:
    """And stays what it was for a contract that has none."""
    others = [with_parameter(), with_parameter(default=0), with_parameter(minimum=1), number()]
    assert len({schema.fingerprint() for schema in others}) == 4
    assert with_parameter().fingerprint() == with_parameter(description="words", default=1.0).fingerprint()


@pytest.mark.parametrize("code", ["", "0.0%", '#,##0.00 "DM";[Red]-0', "yyyy\\-mm\\-dd", "[h]:mm"])
def test_a_number_format_that_excel_reads_is_taken(code: str) -> None:
    """Those of the demonstration, and the usual ones."""
    Schema((Column("a", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER, format=code),))


@pytest.mark.parametrize("code", ['0 "DM', "[h:mm", "0;0;0;0;0", "0" * 256, "0\n"])
def test_a_number_format_that_excel_would_repair_is_refused(code: str) -> None:
    """One format of ours must not make the customer's workbook look damaged."""
    with pytest.raises(ContractError, match="is not a number format"):
        Schema((Column("a", ColumnType.NUMBER),), (Output("y", ColumnType.NUMBER, format=code),))


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        ([], "a contract is an object"),
        ({}, "inputs must be a list; outputs must be a list"),
        ({"inputs": [], "outputs": []}, "inputs must not be empty; outputs must not be empty"),
        ({"inputs": [3], "outputs": [], "more": 1}, "inputs 1 must be an object; unknown field 'more'"),
        ({"inputs": [{"name": "a", "type": "float"}], "outputs": []}, "inputs 1: type 'float' is not one of"),
        ({"inputs": [{"name": "a", "type": "text", "min": 1}], "outputs": []}, "inputs 1 has unknown fields"),
        (
            {"inputs": [{"name": "a", "type": "text"}, {"name": " A ", "type": "text"}], "outputs": []},
            "stands twice",
        ),
        (
            {
                "inputs": [{"name": "a", "type": "number", "categories": ["x"], "minimum": 2, "maximum": 1}],
                "outputs": [],
            },
            "only text columns have categories; 'a': minimum 2 is above maximum 1",
        ),
        ({"inputs": [{"name": "a", "type": "text", "maximum": 1}], "outputs": []}, "only numbers have a minimum"),
        ({"inputs": [{"name": "a", "type": "text", "categories": "xyz"}], "outputs": []}, "categories must be a list"),
        (
            {
                "inputs": [{"name": "a", "type": "text"}],
                "outputs": [{"name": "y", "type": "text"}],
                "parameters": [{"name": "A", "type": "number", "nullable": True, "default": "x"}],
            },
            "stands twice.*a parameter is never blank.*'x' is no number that it takes",
        ),
    ],
)
def test_every_fault_of_a_contract_is_named(contract, said: str) -> None:
    """All at once, with where it is."""
    with pytest.raises(ContractError, match=said.replace("(", r"\(")):
        Schema.from_dict(contract)


@pytest.mark.parametrize(
    "name", ["Loan amount", " loan AMOUNT ", "Loan\namount", "Loan\r\namount", "Loan\u00a0 \tamount"]
)
def test_names_are_one_whatever_blanks_are_in_them(name: str) -> None:
    """A header with a line break (Alt+Enter), or copied from a web page."""
    assert match_key(name) == "loan amount"


def test_an_accent_is_one_however_it_is_written() -> None:
    """Files on macOS have names with e and accent apart, and so has what is copied from there."""
    assert match_key("Pre\u0301nom") == match_key("PR\u00c9NOM")
    assert match_key("a b") != match_key("ab")

"""What a workbook says of its endpoint: text constants in four hidden names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.scoring.binding import NAMES, Binding, constant, read_constant

BINDING = Binding("0a1b", "credit", "3", "00ff00ff00ff00ff")


def test_a_binding_comes_back_from_its_defined_names() -> None:
    formulas = BINDING.formulas()
    assert set(formulas) == set(NAMES.values())
    assert Binding.from_formulas({name.upper(): f"={text}" for name, text in formulas.items()}) == BINDING


@pytest.mark.parametrize("name", NAMES.values())
@pytest.mark.parametrize("formula", [None, "Input!$A$1", '"open', '"a"&"b"', "12", ""])
def test_a_name_that_is_gone_or_edited_into_something_else_is_no_binding(name: str, formula: str | None) -> None:
    formulas = BINDING.formulas()
    if formula is None:
        del formulas[name]
    else:
        formulas[name] = formula
    assert Binding.from_formulas(formulas) is None


def test_names_that_differ_by_case_only_are_no_binding() -> None:
    formulas = BINDING.formulas()
    formulas[NAMES["endpoint"].upper()] = '"another"'
    assert Binding.from_formulas(formulas) is None


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"]), max_size=255))
def test_any_printable_text_is_read_as_it_was_written(text: str) -> None:
    assert read_constant(constant(text)) == text


@pytest.mark.parametrize("text", ["two\nlines", "x" * 256])
def test_a_text_that_excel_does_not_take_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be a constant"):
        constant(text)

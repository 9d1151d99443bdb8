"""What has changed since a template was made, said column by column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbook_templates.phrases import Phrases
from workbook_templates.stale import changes
from workbook_templates.words import shipped
from worker.scoring.schema import Column, ColumnType, Output, Schema

A = Column("A", ColumnType.NUMBER, minimum=0, maximum=10)
B = Column("B", ColumnType.TEXT, categories=("x", "y"))
OUT = (Output("O", ColumnType.NUMBER),)
OLD = Schema((A, B), OUT)


def told(new: Schema, language: str = "en") -> list[str]:
    return changes(OLD, new, Phrases(shipped(language)), lambda name: f"<{name}>")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ((A, B), []),
        ((B, A), []),
        ((A,), ["No longer used: <B>."]),
        ((A, B, Column("C", ColumnType.TEXT)), ["New: <C>."]),
        ((replace(A, type=ColumnType.INTEGER), B), ["Changed: <A> (now whole number)."]),
        ((replace(A, maximum=20), B), ["Changed: <A> (now 0 to 20)."]),
        ((replace(A, minimum=None, maximum=None), B), ["Changed: <A> (now any number)."]),
        ((replace(A, nullable=True), B), ["Changed: <A> (may now be blank)."]),
        ((A, replace(B, categories=("y", "z"))), ["Changed: <B> (also takes z, no longer takes x)."]),
        ((A, replace(B, categories=())), ["Changed: <B> (now any text)."]),
        ((Column("C", ColumnType.TEXT),), ["New: <C>.", "No longer used: <A>; <B>."]),
    ],
)
def test_each_change_is_told(inputs: tuple[Column, ...], said: list[str]) -> None:
    assert told(Schema(inputs, OUT)) == said


def test_in_another_language() -> None:
    assert told(Schema((replace(A, maximum=2500),), OUT), "de") == [
        "Nicht mehr gebraucht: <B>.",
        "Geändert: <A> (jetzt 0 bis 2.500).",
    ]

"""Workbooks made from a template: what they say of their endpoint, labels for names, rows that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from worker.scoring.binding import NAMES, Binding
from worker.scoring.schema import Schema
from worker.workbooks import Labels, look_apart, read_apart, read_input
from worker.workbooks.errors import DuplicateHeaders, FileBroken, NoInput

BINDING = Binding("0a1b", "loans", "3", "00ff00ff00ff00ff")
LABELS = Labels({"Betrag": "Amount", "Wofür": "Purpose", "What for": "Purpose"}, ("Antrag",))

OpenpyxlBook = Callable[[Callable[[Any], None]], Path]


def bound(rows: list[list[object]], *, table: str = "", binding: Binding | None = BINDING) -> Callable[[Any], None]:
    """Fills a workbook with rows from A1 on and hides a binding in it."""

    def fill(book: Any) -> None:
        sheet = book.active
        sheet.title = "Eingabe"
        for row in rows:
            sheet.append(row)
        if table:
            sheet.add_table(Table(displayName="Input", ref=table))
        for name, formula in binding.formulas().items() if binding else ():
            book.defined_names[name] = DefinedName(name, attr_text=formula, hidden=True)

    return fill


def test_a_workbook_says_which_endpoint_it_is_for(openpyxl_book: OpenpyxlBook, schema: Schema) -> None:
    """In this process, in the child, and at a first look, which then asks nothing else."""
    file = openpyxl_book(bound([["Purpose", "Amount"], ["car", 1]]))
    assert read_input(file, schema).binding == BINDING
    assert read_apart(file, schema).binding == BINDING
    looked = look_apart(file, [(schema.input_names, Labels())])
    assert (looked.binding, looked.fits) == (BINDING, ())


@pytest.mark.parametrize("name", NAMES.values())
def test_a_binding_of_which_a_part_is_gone_or_a_formula_is_none(
    openpyxl_book: OpenpyxlBook, schema: Schema, name: str
) -> None:
    """Nothing that a person or another program made of the names is believed."""

    def fill(book: Any) -> None:
        bound([["Purpose", "Amount"], ["car", 1]])(book)
        book.defined_names[name] = DefinedName(name, attr_text="Eingabe!$A$1", hidden=True)

    assert read_input(openpyxl_book(fill), schema).binding is None


def test_names_of_one_sheet_are_no_binding(openpyxl_book: OpenpyxlBook, schema: Schema) -> None:
    """Whoever copies a sheet into another workbook brings its names along, as that sheet's own."""

    def fill(book: Any) -> None:
        bound([["Purpose", "Amount"], ["car", 1]], binding=None)(book)
        for name, formula in BINDING.formulas().items():
            book.active.defined_names[name] = DefinedName(name, attr_text=formula)

    assert read_input(openpyxl_book(fill), schema).binding is None


def test_without_a_binding_the_columns_say_which_candidate_it_is(openpyxl_book: OpenpyxlBook) -> None:
    """By names, by labels, and also where it is not clear which rows are meant."""
    file = openpyxl_book(bound([["Betrag", "Purpose", "x", "x"], [1, "car", 1, 2]], binding=None))
    candidates = [(("Amount", "Purpose"), Labels()), (("Amount", "Purpose"), LABELS), (("x",), Labels())]
    assert look_apart(file, [*candidates, (("y",), Labels())]).fits == (1, 2)


def test_a_hostile_workbook_fails_at_the_first_look(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(b"PK\3\4 no more")
    with pytest.raises(FileBroken):
        look_apart(tmp_path / "book.xlsx", [])


@pytest.mark.parametrize(
    ("header", "frame", "shown"),
    [
        (["Antrag", "Wofür", "Betrag"], ["Antrag", "Purpose", "Amount"], ["Antrag", "Wofür", "Betrag"]),
        (["Antrag", "what  for", "AMOUNT"], ["Antrag", "Purpose", "AMOUNT"], ["Antrag", "what  for", "AMOUNT"]),
        (["Betrag", "Amount", "Purpose"], ["Betrag", "Amount", "Purpose"], ["Betrag", "Amount", "Purpose"]),
    ],
)
def test_a_header_renamed_to_its_label_is_found(
    openpyxl_book: OpenpyxlBook, schema: Schema, header: list[str], frame: list[str], shown: list[str]
) -> None:
    """Also beside others that have their names; where all names are there, a label is the customer's own column."""
    read = read_input(openpyxl_book(bound([header, ["A-1", "car", 1]])), schema, labels=LABELS)
    assert (list(read.frame.columns), list(read.shown), len(read.frame)) == (frame, shown, 1)


def test_a_name_and_its_label_for_one_input_are_told(openpyxl_book: OpenpyxlBook, schema: Schema) -> None:
    file = openpyxl_book(bound([["Betrag", "betrag", "Purpose"], [1, 2, "car"]]))
    with pytest.raises(DuplicateHeaders):
        read_input(file, schema, labels=LABELS)


def test_labels_above_a_renamed_header_are_not_the_header(openpyxl_book: OpenpyxlBook, schema: Schema) -> None:
    """A template has the labels above its table: of two rows that have them the lower one is meant."""
    rows: list[list[object]] = [["Wofür", "Betrag"], ["text", "number"], ["Wofür", "Amount"], ["car", 1], ["boat", 2]]
    read = read_input(openpyxl_book(bound(rows, table="A3:B5")), schema, labels=LABELS)
    assert (read.address, read.frame["Amount"].tolist()) == ("Eingabe!A3:B5", [1, 2])
    with pytest.raises(NoInput):
        read_input(openpyxl_book(bound(rows)), schema)


def test_prepared_rows_with_formulas_beside_them_are_no_rows(openpyxl_book: OpenpyxlBook, schema: Schema) -> None:
    """Excel fills a formula down the whole table; a row counts once its owner has filled in something of it."""
    rows: list[list[object]] = [["Antrag", "Purpose", "Amount", "Mine"], ["A-1", "car", 1, 2], ["A-2", None, None, 4]]
    rows += [[None, None, None, 0]] * 3
    read = read_input(openpyxl_book(bound(rows, table="A1:D6")), schema, labels=LABELS)
    assert read.rows.tolist() == [2, 3]
    plain = read_input(openpyxl_book(bound(rows, table="A1:D6", binding=None)), schema, labels=LABELS)
    assert plain.rows.tolist() == [2, 3, 4, 5, 6]


def test_rows_below_the_table_of_a_template_are_meant(openpyxl_book: OpenpyxlBook, schema: Schema) -> None:
    """Another program pasted on; in a workbook of the customer's own they may be anything, and are told of."""
    rows: list[list[object]] = [["Purpose", "Amount"], ["car", 1], ["boat", 2], ["car", 3], [None, None], ["boat", 4]]
    read = read_input(openpyxl_book(bound(rows, table="A1:B3")), schema, labels=LABELS)
    assert (read.rows.tolist(), read.warnings) == ([2, 3, 4, 6], ())
    plain = read_input(openpyxl_book(bound(rows, table="A1:B3", binding=None)), schema, labels=LABELS)
    assert (plain.rows.tolist(), plain.warnings) == ([2, 3], ("rows-below-table: A4",))

"""Values and blocks as a person sees them: what Excel hides, merges, filters, names and repeats."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worker.scoring.schema import Schema
from worker.workbooks import read_input, read_inputs
from worker.workbooks.errors import AmbiguousInput
from worker.workbooks.finder import MOST_INPUTS

Book = Callable[..., Path]
_ROWS = {"A1": "Purpose", "B1": "Amount", "A2": "car", "B2": 1.5}


def _addresses(path: Path, schema: Schema, where: str = "") -> list[str]:
    return [read.address for read in read_inputs(path, schema, where)]


def test_hidden_and_filtered_rows_are_rows_and_are_counted(book: Book, schema: Schema) -> None:
    """A filter hides rows from the eye, not from the model; how many there were is said."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("S")
        sheet.write_row(0, 0, ["Purpose", "Amount"])
        for row in range(1, 6):
            sheet.write_row(row, 0, ["car", row])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.set_row(9, None, None, {"hidden": True})
        sheet.set_column(5, 5, None, None, {"hidden": True})
        sheet.autofilter("A1:B6")

    read = read_input(book(fill), schema)
    assert read.rows.tolist() == [2, 3, 4, 5, 6]
    assert read.warnings == ("hidden-rows: 2",)


def test_a_table_without_its_header_row_is_read_by_its_columns_names(book: Book, schema: Schema) -> None:
    """Excel lets a table's header row be hidden; the names are still the table's."""

    def fill(made: Any) -> None:
        columns = [{"header": "Amount"}, {"header": "Note\nlong"}, {"header": "Purpose"}]
        options = {"name": "Cases", "header_row": False, "columns": columns, "data": [[1, "x", "car"], [2, "y", "tv"]]}
        sheet = made.add_worksheet("S")
        sheet.add_table("C5:E7", options | {"total_row": True})
        sheet.write("C7", 99)

    path = book(fill)
    for where in ("", "cases", "S"):
        read = read_input(path, schema, where)
        assert (read.address, read.rows.tolist(), read.letters) == ("S!C5:E6", [5, 6], ("C", "D", "E"))
        assert read.frame["Amount"].tolist() == [1, 2]
        assert read.frame["Purpose"].tolist() == ["car", "tv"]


def test_a_header_of_two_rows_is_the_row_that_names_all_columns(book: Book, schema: Schema) -> None:
    """Groups stand above it; a cell merged over both rows counts in the lower one too."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("S")
        sheet.merge_range("B2:B3", "Purpose")
        sheet.merge_range("C2:D2", "Loan")
        sheet.write_row("C3", ["Amount", "Months"])
        sheet.write_row("B4", ["car", 5, 12])

    for where in ("", "S!B2:D4"):
        read = read_input(book(fill), schema, where)
        assert (read.address, list(read.frame.columns)) == ("S!B3:D4", ["Purpose", "Amount", "Months"])
        assert read.frame.iloc[0].tolist() == ["car", 5, 12]


def test_every_block_that_fits_is_an_input(book: Book, schema: Schema) -> None:
    """Beside and below each other and on other sheets, in the order in which a person meets them; one above another
    ends where the next begins.
    """
    beside = {"E1": "Purpose", "F1": "Amount", "E2": "car", "F2": 2}
    below = {"A5": "Purpose", "B5": "Amount", "A6": "tv", "B6": 3}
    path = book({"One": _ROWS | beside | below, "No": {"A1": "x"}, "Two": _ROWS})
    assert _addresses(path, schema) == ["One!A1:B2", "One!E1:F2", "One!A5:B6", "Two!A1:B2"]
    assert _addresses(path, schema, "Two") == ["Two!A1:B2"]
    assert _addresses(path, schema, "One!A5:B6") == ["One!A5:B6"]


def test_more_blocks_than_a_person_would_make_are_a_report(book: Book, schema: Schema) -> None:
    """A heading that is repeated on every page is no input each time: the blocks are listed instead."""
    cells = {f"{'AB'[n]}{3 * page + 1}": name for page in range(30) for n, name in enumerate(("Purpose", "Amount"))}
    cells |= {f"{'AB'[n]}{3 * page + 2}": value for page in range(30) for n, value in enumerate(("car", 1))}
    with pytest.raises(AmbiguousInput) as caught:
        read_inputs(book({"S": cells}), schema)
    assert len(caught.value.addresses) == 30 > MOST_INPUTS


def test_a_hidden_sheet_counts_only_where_no_other_fits(book: Book, schema: Schema) -> None:
    """Last month's copy behind the scenes is not what a person means, unless there is nothing else, or it is named."""

    def fill(made: Any, names: tuple[str, ...] = ("Now", "Before")) -> None:
        for name in names:
            sheet = made.add_worksheet(name)
            sheet.write_row(0, 0, ["Purpose", "Amount"])
            sheet.write_row(1, 0, ["car", 1])
            if name == "Before":
                sheet.hide()

    path = book(fill)
    assert _addresses(path, schema) == ["Now!A1:B2"]
    assert _addresses(path, schema, "Before") == ["Before!A1:B2"]

    def only_hidden(made: Any) -> None:
        made.add_worksheet("Cover")
        fill(made, ("Before",))

    assert _addresses(book(only_hidden), schema) == ["Before!A1:B2"]


@pytest.mark.parametrize("dimension", ["A1", "A1:XFD1048576", "Z9:ZZ99"])
def test_a_wrong_dimension_changes_nothing(
    parts: dict[str, Any], pack: Book, schema: Schema, sheet: Callable[[str], str], dimension: str
) -> None:
    """Programs write any size there; the cells say what there is."""
    rows = (
        '<row r="3"><c r="C3" t="s"><v>0</v></c><c r="D3" t="s"><v>1</v></c></row>'
        '<row r="4"><c r="C4" t="s"><v>2</v></c><c r="D4"><v>2</v></c></row>'
    )
    xml = sheet(rows).replace("<sheetData>", f'<dimension ref="{dimension}"/><sheetData>')
    parts["xl/worksheets/sheet1.xml"] = xml
    read = read_input(pack(parts), schema)
    assert (read.address, read.frame.iloc[0].tolist()) == ("Data!C3:D4", ["car", 2])


def test_rich_text_is_its_text(parts: dict[str, Any], pack: Book, schema: Schema) -> None:
    """Bold in the middle of a word, in a cell of its own or among the shared strings."""
    rich = "<r><t>Pur</t></r><r><rPr><b/></rPr><t>pose</t></r>"
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace("<t>Purpose</t>", rich)
    xml = parts["xl/worksheets/sheet1.xml"]
    inline = '<c r="A2" t="inlineStr"><is><r><t>c</t></r><r><rPr><i/></rPr><t>ar</t></r></is></c>'
    parts["xl/worksheets/sheet1.xml"] = xml.replace('<c r="A2" t="s"><v>2</v></c>', inline)
    assert read_input(pack(parts), schema).frame["Purpose"].tolist() == ["car"]


def test_times_and_durations_are_not_dates(book: Book, schema: Schema) -> None:
    """A time of day and an amount of hours are what they show, whatever their serial number says."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("S")
        sheet.write_row(0, 0, ["Purpose", "Amount", "Long", "Clock", "Percent"])
        sheet.write_row(1, 0, ["car", 1])
        sheet.write(1, 2, 1.5, made.add_format({"num_format": "[h]:mm"}))
        sheet.write(1, 3, 0.25, made.add_format({"num_format": "hh:mm"}))
        sheet.write(1, 4, 0.25, made.add_format({"num_format": '0% "days"'}))

    row = read_input(book(fill), schema).frame.iloc[0].tolist()
    assert row[2:] == [dt.timedelta(hours=36), dt.time(6), 0.25]


def test_identifiers_survive(book: Book, schema: Schema) -> None:
    """Leading zeros stay in text, whole numbers stay whole up to 2**53, blanks around a word stay in it."""
    cells = {"C1": "Id", "D1": "Big", "E1": "Padded", "C2": "007", "D2": 2**53 - 1, "E2": " x "}
    frame = read_input(book({"S": _ROWS | cells}), schema).frame
    assert frame.iloc[0].tolist()[2:] == ["007", 9007199254740991, " x "]
    assert frame["Big"].dtype == "int64"


def test_blank_cells_with_a_format_are_no_rows(book: Book, schema: Schema) -> None:
    """Borders drawn down to row 500 do not make 500 rows."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("S")
        sheet.write_row(0, 0, ["Purpose", "Amount"])
        sheet.write_row(1, 0, ["car", 1])
        for row in range(2, 500):
            sheet.write_blank(row, 0, None, made.add_format({"bottom": 1}))

    assert read_input(book(fill), schema).address == "S!A1:B2"

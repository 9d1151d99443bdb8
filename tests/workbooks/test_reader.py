"""What counts as the input, and what is read of it."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from worker.scoring.errors import Problem, ProblemKind
from worker.scoring.schema import Schema
from worker.workbooks import append_sheets, read_apart, read_input
from worker.workbooks.errors import (
    AmbiguousInput,
    DuplicateHeaders,
    Fault,
    FileBroken,
    FileTooCostly,
    NoInput,
    UnknownInput,
)

Book = Callable[..., Path]
_ROWS = {"A1": "Purpose", "B1": "Amount", "A2": "car", "B2": 1.5}


def test_block_below_a_title_keeps_true_addresses(book: Book, schema: Schema) -> None:
    """The header is found below a title block and beside blank columns; every cell's address is the sheet's."""
    cells = {"B2": "Applicants", "C6": "ID", "D6": "Purpose", "E6": "Amount", "F6": "Note", "H6": "far away"}
    cells |= {"C7": 1001, "D7": "car", "E7": 1.5, "F7": "x", "C8": 1002, "D8": "boat", "E8": 2, "H8": "no part of it"}
    read = read_input(book({"My data": cells}), schema)
    assert read.address == "'My data'!C6:F8"
    assert list(read.frame.columns) == ["ID", "Purpose", "Amount", "Note"]
    assert read.letters == ("C", "D", "E", "F")
    assert read.rows.tolist() == [7, 8]
    assert read.cell(1, "Amount") == "E8"
    assert read.frame["ID"].tolist() == [1001, 1002]
    assert read.frame["ID"].dtype == np.int64


def test_headers_match_without_case_and_outer_blanks(book: Book, schema: Schema) -> None:
    """Header texts stay as they are shown, and match but for case and outer blanks."""
    read = read_input(book({"S": {"A1": " purpose ", "B1": "AMOUNT", "A2": "car", "B2": 1}}), schema)
    assert list(read.frame.columns) == [" purpose ", "AMOUNT"]


def test_blank_rows_are_no_rows(book: Book, schema: Schema) -> None:
    """Wholly blank rows inside are skipped; the others keep their row numbers; the block ends at the last one."""
    read = read_input(book({"S": _ROWS | {"A5": "boat", "B9": 3, "D12": "beside"}}), schema)
    assert read.rows.tolist() == [2, 5, 9]
    assert read.address == "S!A1:B9"
    assert read.frame["Purpose"].tolist() == ["car", "boat", None]


def test_header_without_rows_is_an_empty_frame(book: Book, schema: Schema) -> None:
    """No row below the header: the columns are there, with 0 rows."""
    read = read_input(book({"S": {"A1": "Purpose", "B1": "Amount"}}), schema)
    assert read.frame.shape == (0, 2)
    assert read.address == "S!A1:B1"


def test_columns_get_the_type_their_cells_have(book: Book, schema: Schema) -> None:
    """Whole numbers, numbers with blanks, text, truth values, dates, and anything mixed."""
    moment = dt.datetime(2024, 2, 29)
    columns: dict[str, tuple[Any, Any]] = {
        "Purpose": ("007", "car"),
        "Amount": (1.5, ""),
        "ID": (7, 8),
        "Flag": (True, ""),
        "Day": (moment, ""),
        "Mixed": ("x", 1001),
        "Empty": ("", ""),
    }
    cells = {
        f"{'ABCDEFG'[place]}{row}": value
        for place, (name, pair) in enumerate(columns.items())
        for row, value in enumerate((name, *pair), 1)
        if value != ""
    }
    frame = read_input(book({"S": cells}), schema).frame
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds == {
        "Purpose": "object",
        "Amount": "float64",
        "ID": "int64",
        "Flag": "object",
        "Day": "datetime64[us]",
        "Mixed": "object",
        "Empty": "object",
    }
    assert frame["Purpose"].tolist() == ["007", "car"]
    assert frame["Flag"].tolist() == [True, None]
    assert frame["Mixed"].tolist() == ["x", 1001]
    assert [type(value) for value in frame["Mixed"]] == [str, int]
    assert frame["Day"].tolist() == [pd.Timestamp(moment), pd.NaT]
    assert np.isnan(frame["Amount"].tolist()[1])


@pytest.mark.parametrize("date_1904", [False, True])
def test_dates_of_both_calendars(book: Book, schema: Schema, date_1904: bool) -> None:
    """The same day is read from workbooks that count from 1900 and from 1904."""
    cells = {"S": _ROWS | {"C1": "Day", "C2": dt.datetime(2024, 2, 29, 12, 30)}}
    read = read_input(book(cells, date_1904=date_1904), schema)
    assert read.frame["Day"].tolist() == [pd.Timestamp(2024, 2, 29, 12, 30)]


def test_number_formats_come_from_the_first_value(book: Book, schema: Schema) -> None:
    """Each column's format is that of its first cell that is not blank, built-in or the workbook's own."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("S")
        sheet.write_row(0, 0, ["Purpose", "Amount", "Share", "Nothing"])
        sheet.write(1, 0, "car")
        sheet.write(2, 1, 5, made.add_format({"num_format": "#,##0.00"}))
        sheet.write(1, 2, 0.5, made.add_format({"num_format": '0.0% "of all"'}))
        sheet.write_blank(1, 3, None, made.add_format({"num_format": "0.000"}))

    assert read_input(book(fill), schema).formats == ("General", "#,##0.00", '0.0% "of all"', "General")


def test_error_cells_are_problems(book: Book, schema: Schema) -> None:
    """An error cell is a problem with what it shows, and its row is a row even if nothing else stands there."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("S")
        sheet.write_row(0, 0, ["Purpose", "Amount"])
        sheet.write_row(1, 0, ["car", 1])
        sheet.write_formula(3, 1, "=NA()", None, "#N/A")
        sheet.write_formula(4, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(5, 7, "=1/0", None, "#DIV/0!")

    read = read_input(book(fill), schema)
    assert read.rows.tolist() == [2, 4, 5]
    assert read.problems == (
        Problem(1, ProblemKind.ERROR_CELL, "Amount", "#N/A"),
        Problem(2, ProblemKind.ERROR_CELL, "Purpose", "#DIV/0!"),
    )


def test_formulas_without_stored_value_are_problems(openpyxl_book: Book, schema: Schema) -> None:
    """A formula whose result was never stored is a problem, not a blank; one with a stored value is its value."""

    def fill(made: Any) -> None:
        made.active.append(["Purpose", "Amount"])
        made.active.append(["car", "=1+1"])
        made.active.append(["boat", 2])
        made.active.append([None, "=1+2"])

    read = read_input(openpyxl_book(fill), schema)
    assert read.problems == (
        Problem(0, ProblemKind.NO_STORED_VALUE, "Amount"),
        Problem(2, ProblemKind.NO_STORED_VALUE, "Amount"),
    )
    assert read.rows.tolist() == [2, 3, 4]


def test_stored_values_of_formulas_are_read(
    parts: dict[str, Any], pack: Book, sheet: Callable[[str], str], schema: Schema
) -> None:
    """A stored number, and a stored empty text, are no problems."""
    parts["xl/worksheets/sheet1.xml"] = sheet(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="str"><f>"a"</f><v>a</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>""</f><v></v></c><c r="B3"><f>1+1</f><v>2</v></c></row>'
    )
    read = read_input(pack(parts), schema)
    assert read.problems == ()
    assert read.frame["Purpose"].tolist() == ["a", None]


def _table(made: Any) -> None:
    sheet = made.add_worksheet("S")
    columns = [{"header": "Purpose"}, {"header": "Amount", "total_function": "sum"}]
    sheet.write("D3", "beside")
    sheet.add_table(
        "B3:C6", {"name": "Cases", "columns": columns, "total_row": True, "data": [["car", 1], ["boat", 2]]}
    )
    sheet.write("B9", "a note below")
    made.define_name("Wanted", "=S!$B$3:$C$5")
    made.define_name("S!Own", "=S!$B$3:$C$4")
    made.define_name("Constant", "=42")


@pytest.mark.parametrize(
    ("where", "address"),
    [
        ("", "S!B3:C5"),
        ("S", "S!B3:C5"),
        ("s", "S!B3:C5"),
        ("Cases", "S!B3:C5"),
        ("cases", "S!B3:C5"),
        ("Wanted", "S!B3:C5"),
        ("S!Own", "S!B3:C4"),
        ("Own", "S!B3:C4"),
        ("S!B3:C4", "S!B3:C4"),
        ("=S!$B$3:$C$4", "S!B3:C4"),
        ("'S'!B1:D4", "S!B3:D4"),
        ("S!B:C", "S!B3:C9"),
        ("S!$2:5", "S!B3:D5"),
        ("'S'", "S!B3:C5"),
        ("s!$C$5:b1", "S!B3:C5"),
        ("S!A1:XFD1048576", "S!B3:D9"),
    ],
)
def test_where(book: Book, schema: Schema, where: str, address: str) -> None:
    """A sheet, a range, a table without its totals, a defined name of the workbook or of a sheet."""
    assert read_input(book(_table), schema, where).address == address


@pytest.mark.parametrize("where", ["Other", "Other!A1:B2", "Constant", "S!nonsense", "A1:B2"])
def test_unknown_where_lists_what_there_is(book: Book, schema: Schema, where: str) -> None:
    """What is no sheet, range, table or name is answered with those there are."""
    with pytest.raises(UnknownInput) as caught:
        read_input(book(_table), schema, where)
    assert caught.value.facts() == {"where": where, "sheets": ("S",), "tables": ("Cases",), "names": ("Own", "Wanted")}


def test_given_range_may_lack_columns(book: Book, schema: Schema) -> None:
    """A range that is named is read as it is; what it lacks is for the check to say."""
    assert list(read_input(book({"S": _ROWS}), schema, "S!A1:A2").frame.columns) == ["Purpose"]


def test_given_range_without_any_cell(book: Book, schema: Schema) -> None:
    """A range in which nothing stands has no header."""
    with pytest.raises(NoInput):
        read_input(book({"S": _ROWS}), schema, "S!D5:F9")


def test_two_blocks_are_ambiguous(book: Book, schema: Schema) -> None:
    """Two blocks that would do are both named."""
    beside = {"E1": "Purpose", "F1": "Amount", "E2": "car", "F2": 2}
    with pytest.raises(AmbiguousInput) as caught:
        read_input(book({"One": _ROWS | beside, "Two": _ROWS}), schema)
    assert caught.value.addresses == ("One!A1:B2", "One!E1:F2", "Two!A1:B2")


def test_candidates_can_be_named_as_they_are_listed(book: Book, schema: Schema) -> None:
    """Of two blocks one above the other, each is listed without the other's rows: a person copies that address."""
    path = book({"S": _ROWS | {"A5": "Purpose", "B5": "Amount", "A6": "tv", "B6": 3}})
    with pytest.raises(AmbiguousInput) as caught:
        read_input(path, schema)
    assert caught.value.addresses == ("S!A1:B2", "S!A5:B6")
    assert [read_input(path, schema, where).rows.tolist() for where in caught.value.addresses] == [[2], [6]]


def test_one_name_of_two_sheets_is_ambiguous(book: Book, schema: Schema) -> None:
    """A name that two sheets have each for itself is not guessed; with the sheet before it, it is clear."""

    def fill(made: Any) -> None:
        for title in ("S", "T"):
            made.add_worksheet(title).write_row(0, 0, ["Purpose", "Amount"])
            made.define_name(f"{title}!Own", f"={title}!$A$1:$B$2")

    path = book(fill)
    with pytest.raises(AmbiguousInput) as caught:
        read_input(path, schema, "Own")
    assert caught.value.addresses == ("S!A1:B2", "T!A1:B2")
    assert read_input(path, schema, "T!own").sheet == "T"


def test_title_above_the_header_in_a_given_range(book: Book, schema: Schema) -> None:
    """Who names whole columns means the block in them, not the title above it."""
    cells = {"A1": "Purpose of the loans", "A3": "Amount", "B3": "Purpose", "A4": 1, "B4": "car"}
    assert read_input(book({"S": cells}), schema, "S!A:B").address == "S!A3:B4"


def test_rows_below_a_table_are_said(book: Book, schema: Schema) -> None:
    """Rows that a program wrote below a table, without making it longer, are not dropped in silence."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("S")
        columns = [{"header": "Purpose"}, {"header": "Amount"}]
        sheet.add_table("A1:B2", {"name": "Cases", "columns": columns, "data": [["car", 1]]})
        sheet.write_row(2, 0, ["boat", 2])

    for where in ("", "Cases"):
        read = read_input(book(fill), schema, where)
        assert (read.rows.tolist(), read.warnings) == ([2], ("rows-below-table: A3",))
    assert read_input(book(fill), schema, "S!A1:B3").warnings == ()


def test_phonetic_hints_are_no_text(parts: dict[str, Any], pack: Book, schema: Schema) -> None:
    """How a text is spoken stands beside it in Japanese workbooks and is no part of it."""
    hint = '<si><t>car</t><rPh sb="0" eb="1"><t>kaa</t></rPh></si>'
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace("<si><t>car</t></si>", hint)
    assert read_input(pack(parts), schema).frame["Purpose"].tolist() == ["car"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
@pytest.mark.parametrize("name", [b"b\xff\xfe.xlsx", b"book.xls", b"book"])
def test_name_of_the_file_does_not_matter(book: Book, schema: Schema, name: bytes) -> None:
    """A name that is not UTF-8, or a wrong ending, does not keep a workbook from being read."""
    made = book({"S": _ROWS})
    path = made.rename(made.with_name(os.fsdecode(name)))
    assert read_apart(path, schema).rows.tolist() == [2]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_error_cell_far_down(parts: dict[str, Any], pack: Book, schema: Schema, quote: str) -> None:
    """The quick look that decides whether a closer one is needed sees every piece of a large sheet."""
    rows = "".join(f'<row r="{n}"><c r="B{n}"><v>1</v></c></row>' for n in range(2, 60_000))
    last = '<row r="60000"><c r="A60000"><v>1</v></c><c r="B60000" t="e"><v>#N/A</v></c></row>'.replace('"', quote)
    xml = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = xml[: xml.index('<row r="2"')] + rows + last + "</sheetData></worksheet>"
    assert [p.row for p in read_input(pack(parts), schema).problems] == [59_998]


@pytest.mark.parametrize("blank", [True, False])
def test_wide_sheets(
    parts: dict[str, Any], pack: Book, schema: Schema, sheet: Callable[[str], str], blank: bool
) -> None:
    """Cells far to the right cost what they hold: blank ones nothing, others the whole rectangle."""
    far = '<c r="XFD1" s="1"/>' if blank else '<c r="XFD1"><v>1</v></c>'
    rows = f'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>{far}</row>'
    parts["xl/worksheets/sheet1.xml"] = sheet(rows + '<row r="9000"><c r="B9000"><v>1</v></c></row>')
    if blank:
        assert read_input(pack(parts), schema).rows.tolist() == [9000]
    else:
        with pytest.raises(FileTooCostly):
            read_input(pack(parts), schema)


def test_nothing_found_names_the_nearest_row(book: Book, schema: Schema) -> None:
    """No header row has all columns: the one with most of them is named, with what it lacks."""
    with pytest.raises(NoInput) as caught:
        read_input(book({"S": {"A1": "x"}, "T": {"B4": "purpose", "C4": "Sum", "B5": "car"}}), schema)
    assert caught.value.facts() == {"nearest": "T!B4:C4", "missing": ("Amount",), "found": ("purpose", "Sum")}


def test_nothing_found_at_all(book: Book, schema: Schema) -> None:
    """No header cell matches anywhere."""
    with pytest.raises(NoInput) as caught:
        read_input(book({"S": {}}), schema)
    assert caught.value.facts() == {"nearest": "", "missing": ("Purpose", "Amount"), "found": ()}


def test_input_named_twice(book: Book, schema: Schema) -> None:
    """Two columns with one input's name: both cells are named."""
    with pytest.raises(DuplicateHeaders) as caught:
        read_input(book({"S": _ROWS | {"C1": "Purpose"}}), schema)
    assert caught.value.facts() == {"column": "Purpose", "cells": ("S!A1", "S!C1")}


def test_exact_name_wins_over_a_similar_one(book: Book, schema: Schema) -> None:
    """`PURPOSE` beside `Purpose` is a column of the customer's own, and gets a name of its own."""
    cells = {"A1": "PURPOSE", "B1": "Purpose", "C1": "Amount", "A2": "x", "B2": "car", "C2": 1}
    assert list(read_input(book({"S": cells}), schema).frame.columns) == ["PURPOSE (2)", "Purpose", "Amount"]


def test_other_headers_named_twice_are_made_unique(book: Book, schema: Schema) -> None:
    """Columns that are no inputs may share a name; the later ones get a number that is free."""
    cells = _ROWS | {"C1": "Note", "D1": "Note", "E1": "note (2)", "F1": "Note"}
    columns = list(read_input(book({"S": cells}), schema).frame.columns)
    assert columns == ["Purpose", "Amount", "Note", "Note (3)", "note (2)", "Note (4)"]


def test_column_without_header_is_left_out(book: Book, schema: Schema) -> None:
    """Data under a blank header inside the block is left out, with a warning; an empty gap is not worth one."""
    cells = {"A1": "Purpose", "C1": "Amount", "A2": "car", "B2": "lost", "C2": 1}
    read = read_input(book({"S": cells}), schema)
    assert list(read.frame.columns) == ["Purpose", "Amount"]
    assert read.letters == ("A", "C")
    assert read.warnings == ("blank-header: B1",)
    del cells["B2"]
    assert read_input(book({"S": cells}), schema).warnings == ()


def test_number_as_header(book: Book) -> None:
    """A header that is a number is what it shows."""
    schema = Schema.from_dict(
        {
            "inputs": [{"name": "2024", "type": "number"}, {"name": "Age", "type": "number"}],
            "outputs": [{"name": "Score", "type": "number"}],
        }
    )
    read = read_input(book({"S": {"A1": 2024, "B1": "Age", "A2": 1, "B2": 2}}), schema)
    assert list(read.frame.columns) == ["2024", "Age"]


def test_our_own_sheets_are_never_the_input(book: Book, schema: Schema, tmp_path: Path) -> None:
    """A scored workbook can be dropped again: our sheets hold the input's columns, and are passed over."""
    source, target = book({"S": _ROWS}), tmp_path / "scored.xlsx"
    append_sheets(source, target, {"Scores": read_input(source, schema).frame.assign(Score=0.5)})
    assert read_input(target, schema).sheet == "S"
    assert read_input(target, schema, "Scores").sheet == "Scores"


def test_prefixed_sheets_without_references(parts: dict[str, Any], pack: Book, schema: Schema) -> None:
    """Cells may lack references and stand under a namespace prefix; faults in them are seen all the same."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/worksheets/sheet1.xml"] = (
        f'<x:worksheet xmlns:x="{main}"><x:sheetData>'
        '<x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c></x:row>'
        '<x:row><x:c t="s"><x:v>2</x:v></x:c><x:c t="e"><x:v>#REF!</x:v></x:c></x:row>'
        "<x:row><x:c><x:f>1+1</x:f></x:c><x:c><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    read = read_input(pack(parts), schema)
    assert [(p.row, p.kind, p.column, p.value) for p in read.problems] == [
        (0, ProblemKind.ERROR_CELL, "Amount", "#REF!"),
        (1, ProblemKind.NO_STORED_VALUE, "Purpose", None),
    ]


def test_styles_where_the_reader_does_not_look(parts: dict[str, Any], pack: Book, schema: Schema) -> None:
    """Dates would be read as numbers: such a workbook is refused."""
    parts["xl/look.xml"] = parts.pop("xl/styles.xml")
    for name in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        parts[name] = parts[name].replace("styles.xml", "look.xml")
    with pytest.raises(FileBroken) as caught:
        read_input(pack(parts), schema)
    assert caught.value.fault is Fault.UNUSUAL_LAYOUT


def test_every_real_workbook_is_read_or_refused(shared: Path) -> None:
    """Whatever real workbook is offered, the answer is rows, or an error that names a fact; nothing else comes out."""
    schema = Schema.from_dict(
        {"inputs": [{"name": "Purpose", "type": "text"}], "outputs": [{"name": "Score", "type": "number"}]}
    )
    refused = set()
    for path in sorted((shared / "corpora").rglob("*.xls[xm]")):
        try:
            read_input(path, schema)
        except NoInput:
            continue
        except FileBroken as error:
            refused.add((path.name.rpartition("__")[2], error.fault))
    assert refused == {
        ("BlankSheetTypes.xlsm", Fault.DAMAGED),
        ("issue.2501.b.xlsx", Fault.DAMAGED),
        ("rootZipFiles.xlsx", Fault.UNUSUAL_LAYOUT),
        ("utf16be.bom.xlsx", Fault.DAMAGED),
        ("utf16be.xlsx", Fault.DAMAGED),
    }

"""Files that no sheet can be added to, and CSV: what is read of them, and what is said about the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt

from tests.workbooks import otherfiles
from worker.scoring import Column, ColumnType, Output, ProblemKind, Schema
from worker.scoring.readings import NOTHING_SAID, Conventions
from worker.workbooks import Kind, Readiness, kind_of, read_inputs_apart, readiness
from worker.workbooks.archive import FileLimits
from worker.workbooks.errors import Fault, FileBroken, FileTooCostly, HeaderInOneCell, WorkbookError
from worker.workbooks.reader import Input

ROWS = [["Id", "Purpose", "Amount"], ["007", "car", 1.5], ["008", "boat", 2], [None, None, None], ["009", "tv", None]]
WRITERS: dict[str, Callable[[Path, otherfiles.Sheets], None]] = {
    "xls": otherfiles.write_xls,
    "ods": otherfiles.write_ods,
    "xlsb": otherfiles.write_xlsb,
}
WANTED = Schema(
    (
        Column("N", ColumnType.NUMBER, nullable=True),
        Column("I", ColumnType.INTEGER, nullable=True),
        Column("B", ColumnType.BOOLEAN, nullable=True),
        Column("D", ColumnType.DATETIME, nullable=True),
        Column("T", ColumnType.TEXT, nullable=True),
    ),
    (Output("y", ColumnType.NUMBER),),
)


def read(path: Path, schema: Schema, folder: Path, where: str = "", written: Conventions = NOTHING_SAID) -> list[Input]:
    """Through the child, as the runner does."""
    place = folder / "rows"
    place.mkdir(exist_ok=True)
    return [rows.take(0, rows.count) for rows in read_inputs_apart(path, schema, place, where, written=written)]


@pytest.mark.parametrize("kind", ["xls", "ods", "xlsb"])
def test_other_formats_are_read_with_true_addresses(kind: str, schema: Schema, tmp_path: Path) -> None:
    """Whatever the file is called; text stays text, blank rows are no rows, and what cannot be told is said."""
    path = tmp_path / f"book.{kind}"
    WRITERS[kind](path, {"Notes": [["about"]], "Loans": [["a title"], [None], *ROWS], "More": ROWS[:2]})
    assert kind_of(path) is kind_of(path.rename(tmp_path / "book.xlsx")) is Kind(kind)
    first, second = read(tmp_path / "book.xlsx", schema, tmp_path)
    assert (first.address, second.address) == ("Loans!A3:C7", "More!A1:C2")
    assert first.rows.tolist() == [4, 5, 7]
    assert first.frame["Id"].tolist() == ["007", "008", "009"]
    assert first.frame["Amount"].tolist()[:2] == [1.5, 2]
    assert first.warnings == ()
    assert [block.address for block in read(tmp_path / "book.xlsx", schema, tmp_path, "Loans!A3:C4")] == ["Loans!A3:C4"]


def test_errors_and_hidden_rows_of_a_binary_workbook_are_told(schema: Schema, tmp_path: Path) -> None:
    """Where a blank is allowed, an error that is taken for one would be scored."""
    rows = [["Purpose", "Amount"], ["car", 1], ["boat", otherfiles.Error(0x2A)], [otherfiles.Error(0x07), 3]]
    rows += [[otherfiles.HIDDEN, *[None] * 2], ["tv", 4, otherfiles.HIDDEN], [None, otherfiles.Error(0x99)]]
    otherfiles.write_xlsb(tmp_path / "book.xlsb", {"Notes": [[otherfiles.Error(0)]], "Loans": [[None], *rows]})
    (source,) = read(tmp_path / "book.xlsb", schema, tmp_path)
    assert source.rows.tolist() == [3, 4, 5, 7, 8]
    assert [(p.row, p.kind, p.column, p.value) for p in source.problems] == [
        (1, ProblemKind.ERROR_CELL, "Amount", "#N/A"),
        (2, ProblemKind.ERROR_CELL, "Purpose", "#DIV/0!"),
        (4, ProblemKind.ERROR_CELL, "Amount", "#N/A"),
    ]
    assert source.warnings == ("hidden-rows: 1",)


def test_errors_and_hidden_rows_of_an_old_workbook_are_told(schema: Schema, tmp_path: Path) -> None:
    """Also of its second sheet, and beside formulas that were never calculated, which hold 0 there."""
    book = xlwt.Workbook()
    book.add_sheet("Notes").row(0).set_cell_error(0, "#NUM!")
    sheet = book.add_sheet("Loans")
    for x, name in enumerate(("Purpose", "Amount")):
        sheet.write(2, x, name)
    for y in range(3, 7):
        sheet.write(y, 0, "car")
        sheet.write(y, 1, y)
    sheet.row(4).set_cell_error(2, "#REF!")
    sheet.write(7, 0, "tv")
    sheet.row(7).set_cell_error(1, "#DIV/0!")
    sheet.row(5).hidden = True
    sheet.row(8).set_cell_error(0, 0x2A)
    book.save(str(tmp_path / "book.xls"))
    (source,) = read(tmp_path / "book.xls", schema, tmp_path)
    assert source.rows.tolist() == [4, 5, 6, 7, 8, 9]
    assert [(p.row, p.kind, p.column, p.value) for p in source.problems] == [
        (4, ProblemKind.ERROR_CELL, "Amount", "#DIV/0!"),
        (5, ProblemKind.ERROR_CELL, "Purpose", "#N/A"),
    ]
    assert source.warnings == ("hidden-rows: 1",)


def _ods(formula: str, given: str, shown: str, more: str = "") -> otherfiles.Raw:
    """A cell with a formula, with what its writer says of its value."""
    text = f"<text:p>{shown}</text:p>" if shown else ""
    return otherfiles.Raw(f'<table:table-cell table:formula="of:={formula}" {given}{more}>{text}</table:table-cell>')


_AS_LIBREOFFICE = 'office:value-type="string" office:string-value="" calcext:value-type="error"'


def test_errors_and_hidden_rows_of_an_open_document_are_told(schema: Schema, tmp_path: Path) -> None:
    """As LibreOffice writes them and as programs do that know no error, through repeated rows and cells, in the right
    one of several sheets; an empty text is no formula that was never calculated.
    """
    two = ' table:number-columns-repeated="2"'
    note = "<office:annotation><text:p>#N/A</text:p></office:annotation>"
    rows: list[list[Any]] = [
        [None, "Purpose", "Amount"],
        [None, "car", _ods("1/0", _AS_LIBREOFFICE, "#DIV/0!")],
        [_ods("NA()", _AS_LIBREOFFICE, "#N/A", two), 5],
        [None, "boat", _ods("VALUE(1)", 'office:value-type="float" office:value="0"', "Err:502")],
        [None, "tv", _ods("1+1", "", ""), otherfiles.HIDDEN],
        [None, "tv", otherfiles.Raw("<table:table-cell table:formula='of:=T(1)'><text:p/></table:table-cell>")],
        [None, "tv", _ods("1+1", 'office:value-type="float" office:value="2"', "2")],
        [None, "tv", otherfiles.Raw(f'<table:table-cell office:value-type="float" office:value="3">{note}'
                                    "<text:p>3</text:p></table:table-cell>")],
    ]  # fmt: skip
    blank = otherfiles.Raw('</table:table-row><table:table-row table:number-rows-repeated="4">')
    otherfiles.write_ods(
        tmp_path / "book.ods",
        {"Notes": [["a", _ods("1/0", _AS_LIBREOFFICE, "#DIV/0!")]], "Loans": [[blank], *rows], "Z": [["Purpose"]]},
    )
    (source,) = read(tmp_path / "book.ods", schema, tmp_path)
    assert source.address == "Loans!B6:C13"
    assert source.rows.tolist() == [7, 8, 9, 10, 11, 12, 13]
    assert [(p.row, p.kind, p.column, p.value) for p in source.problems] == [
        (0, ProblemKind.ERROR_CELL, "Amount", "#DIV/0!"),
        (1, ProblemKind.ERROR_CELL, "Purpose", "#N/A"),
        (2, ProblemKind.ERROR_CELL, "Amount", "Err:502"),
        (3, ProblemKind.NO_STORED_VALUE, "Amount", None),
    ]
    assert source.warnings == ("hidden-rows: 1",)


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_dates_of_other_formats(kind: str, schema: Schema, tmp_path: Path) -> None:
    path = tmp_path / f"book.{kind}"
    WRITERS[kind](path, {"S": [["Purpose", "Amount", "Day"], ["car", 1, dt.date(2024, 2, 29)]]})
    assert read(path, schema, tmp_path)[0].frame["Day"].tolist() == [dt.datetime(2024, 2, 29)]


@pytest.mark.parametrize("kind", ["xls", "ods", "xlsb"])
def test_a_cut_file_of_another_format_fails_alone(kind: str, schema: Schema, tmp_path: Path) -> None:
    """At any place: an error of ours, never a crash."""
    path = tmp_path / f"book.{kind}"
    WRITERS[kind](path, {"S": ROWS})
    data = path.read_bytes()
    for part in range(1, 8):
        path.write_bytes(data[: len(data) * part // 8])
        with pytest.raises(WorkbookError):
            read(path, schema, tmp_path)


def csv_file(tmp_path: Path, text: str, name: str = "in.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def values(source: Input) -> list[Any]:
    return [source.frame[name].tolist() for name in "NIBDT"]


def test_a_csv_file_is_read_by_what_its_columns_are(tmp_path: Path) -> None:
    """Numbers with a point, ISO dates, truth values; text keeps its zeros, other columns stay text; quotes hold."""
    path = csv_file(
        tmp_path, '\ufeffT,N,I,B,D,Own\n007,1.5,3,true,2024-02-29,010\n"a, ""b""",,,,,\n\nn,1e3,-2,FALSE,,x\n'
    )
    (source,) = read(path, WANTED, tmp_path)
    assert (source.address, source.rows.tolist()) == ("CSV!A1:F5", [2, 3, 5])
    numbers, integers, truths, days, texts = values(source)
    assert (numbers[0], numbers[2], integers[0], integers[2]) == (1.5, 1000, 3, -2)
    assert (truths, days[0]) == ([True, None, False], dt.datetime(2024, 2, 29))
    assert (texts, source.frame["Own"].tolist()) == (["007", 'a, "b"', "n"], ["010", None, "x"])


@pytest.mark.parametrize(
    ("text", "written", "encoding"),
    [
        ("N;I;B;D;T\n1.234,5;1.000;true;29.02.2024;Käse\n", Conventions(",", "dmy"), "utf-8"),
        ("N;I;B;D;T\n1234,5;1000;true;2024-02-29;Käse\n", Conventions(",", "", "", "cp1252"), "cp1252"),
        ("N|I|B|D|T\n1,234.5|1,000|true|02/29/2024|Käse\n", Conventions(".", "mdy", "|", "utf-16"), "utf-16"),
        ("N\tI\tB\tD\tT\n1234.5\t1000\ttrue\t2024-02-29\tKäse\n", Conventions(csv_separator="\t"), "utf-8"),
    ],
    ids=["German", "Windows", "American, odd", "tabs"],
)
def test_a_csv_file_is_read_as_its_author_writes(
    tmp_path: Path, text: str, written: Conventions, encoding: str
) -> None:
    (source,) = read(csv_file(tmp_path, text, encoding=encoding), WANTED, tmp_path, written=written)
    assert values(source) == [[1234.5], [1000], [True], [dt.datetime(2024, 2, 29)], ["Käse"]]


def test_what_is_no_number_in_a_csv_file_stays_its_text(tmp_path: Path) -> None:
    """The check then says so, with the cell."""
    (source,) = read(
        csv_file(tmp_path, "N,I,B,D,T\n12%,x,ja,03/04/2025,\n1.234,1,true,2024-01-01,\n"), WANTED, tmp_path
    )
    assert [column[0] for column in values(source)[:4]] == ["12%", "x", "ja", "03/04/2025"]
    assert source.cell(0, "D") == "D2"


@pytest.mark.parametrize(
    ("data", "fault", "detail"),
    [
        (b"N,I,B,D,T\n1,1,true,,\xe4\n", Fault.CSV_ENCODING, "row"),
        (b"N,I,B,D,T\n1,5,1,true,,a\n", Fault.WIDTH, "row 2"),
        (b"N,I,B,D,T\n1,1,true,\n", Fault.WIDTH, "row 2"),
        (b'N,I,B,D,T\n1,1,true,,"a\n', Fault.NOT_CSV, "row 2"),
        (b'N,I,B,D,T\n1,1,true,,"a"b\n', Fault.NOT_CSV, "row 2"),
        (b"", Fault.EMPTY, ""),
    ],
    ids=["latin-1", "decimal comma", "short", "open quote", "quote inside", "empty"],
)
def test_a_csv_file_that_would_be_misread_is_refused(tmp_path: Path, data: bytes, fault: Fault, detail: str) -> None:
    """A comma too many shifts every value behind it: no row of such a file can be trusted."""
    path = tmp_path / "in.csv"
    path.write_bytes(data)
    with pytest.raises(FileBroken) as caught:
        read(path, WANTED, tmp_path)
    assert caught.value.fault is fault
    assert detail in caught.value.detail


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_csv_file_by_another_separator_is_told_by_which(tmp_path: Path, separator: str) -> None:
    """Its header is there for everybody to see: that it is missing would help nobody."""
    text = "A title\nN,I,B,D,T\n1,1,true,,x\n".replace(",", separator)
    with pytest.raises(HeaderInOneCell) as caught:
        read(csv_file(tmp_path, text), WANTED, tmp_path)
    assert (caught.value.nearest, caught.value.separator) == ("CSV!A2", separator)


def test_a_workbook_whose_rows_stand_in_one_column_is_told_so(tmp_path: Path) -> None:
    """As Excel opens a CSV file of another country."""
    book = openpyxl.Workbook()
    for row in ("N;I;B;D;T", "1;1;true;;x"):
        book.active.append([None, row])
    book.save(tmp_path / "in.xlsx")
    with pytest.raises(HeaderInOneCell) as caught:
        read(tmp_path / "in.xlsx", WANTED, tmp_path)
    assert (caught.value.nearest, caught.value.separator) == ("Sheet!B1", ";")


def test_a_csv_file_costs_no_more_than_the_settings_say(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "N,I,B,D,T\n" + "1,1,true,,\n" * 200_001)
    with pytest.raises(FileTooCostly):
        read_inputs_apart(path, WANTED, tmp_path, limits=FileLimits(cells_millions=1))


@pytest.mark.parametrize("name", ["in.bin", "in.xlsx", "in"])
def test_text_that_is_not_called_csv_is_no_table(tmp_path: Path, name: str) -> None:
    """What it is called is all that tells a CSV file."""
    with pytest.raises(FileBroken) as caught:
        kind_of(csv_file(tmp_path, "N,I,B,D,T\n1,1,true,,\n", name))
    assert caught.value.fault is Fault.NOT_A_WORKBOOK


@pytest.mark.parametrize("kind", ["xls", "ods", "xlsb"])
def test_a_drop_folder_takes_other_files_when_they_are_whole(kind: str, tmp_path: Path) -> None:
    """Half of a zip file is waited for; a CSV file is one by its name."""
    path = tmp_path / f"book.{kind}"
    WRITERS[kind](path, {"S": ROWS})
    assert readiness(path) is Readiness.READY
    if kind != "xls":
        path.write_bytes(path.read_bytes()[:-30])
        assert readiness(path) is Readiness.UNFINISHED
    table = csv_file(tmp_path, "a,b\n1,2\n")
    assert readiness(table, name="in.CSV") is Readiness.READY
    assert readiness(table, name="in.doc") is Readiness.NOT_A_WORKBOOK

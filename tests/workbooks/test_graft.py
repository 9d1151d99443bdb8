"""Adding sheets: values survive, names stay unique, nothing else changes."""

from __future__ import annotations

import datetime as dt
import math
import os
import re
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from worker.scoring.schema import Schema
from worker.workbooks import Sheet, append_sheets, read_input
from worker.workbooks.addressing import letters
from worker.workbooks.cells import MOST_TEXT
from worker.workbooks.errors import SheetTooLarge
from worker.workbooks.package import Package
from worker.workbooks.splice import sheet_names

Book = Callable[..., Path]

_TEXTS = st.one_of(
    st.text(max_size=20),
    st.text("=+-@\t\r\n_x005FD\ud800\ufffe\uffff\x00\x1f&<>'\" ", max_size=12),
    st.sampled_from(["=1+1", "_x000D_", "+cmd|' /C calc'!A0", "#REF!", "007", "http://example.com", " pad "]),
    st.sampled_from(["x" * MOST_TEXT, "y" * (MOST_TEXT + 1), "\U0001f600" * 16_384, "&" * 40_000]),
)
_MOMENTS = st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
_NUMBERS = st.one_of(
    st.floats(), st.integers(-(2**60), 2**60), st.sampled_from([-0.0, 2**53, 2**53 + 1, 1e308, 5e-324])
)
_TIMES = st.integers(0, 86_399_999).map(lambda ms: (dt.datetime(2000, 1, 1) + dt.timedelta(milliseconds=ms)).time())
_SPANS = st.integers(-(10**9), 10**11).map(lambda ms: dt.timedelta(milliseconds=ms))
_BLANKS = st.sampled_from([None, "", float("nan"), pd.NaT, pd.NA])
_COLUMNS = st.one_of(
    *(
        st.lists(st.one_of(cells, _BLANKS), min_size=1, max_size=6)
        for cells in (_TEXTS, _NUMBERS, _MOMENTS, st.booleans())
    ),
    st.lists(st.one_of(_TEXTS, _NUMBERS, _MOMENTS, st.booleans(), _TIMES, _SPANS, _BLANKS), min_size=1, max_size=6),
)


def _kept(value: Any, uses_1904: bool = False) -> Any:
    """What a cell keeps of a value."""
    first = dt.datetime(1904, 1, 1) if uses_1904 else dt.datetime(1900, 3, 1)
    if value is pd.NaT or value is pd.NA or value is None or value == "":
        return None
    if isinstance(value, str):
        joined = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        kept = joined.encode("utf-16-le")[: 2 * MOST_TEXT].decode("utf-16-le", "ignore")
        return kept.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.datetime):
        return value if value >= first else str(value)
    if isinstance(value, dt.timedelta) and value < dt.timedelta(0):
        return str(value)
    return value


def _same(read: Any, wanted: Any) -> bool:
    if (isinstance(read, float) and math.isnan(read)) or read is pd.NaT:
        read = None
    if type(read) is dt.date:
        read = dt.datetime(read.year, read.month, read.day)
    if isinstance(wanted, dt.timedelta) and isinstance(read, dt.timedelta):
        return abs(read - wanted) <= dt.timedelta(milliseconds=1)
    if isinstance(wanted, dt.time | dt.datetime) and not isinstance(read, str):
        return _milliseconds(read) == _milliseconds(wanted)
    return isinstance(read, bool) is isinstance(wanted, bool) and read == wanted


def _milliseconds(value: Any) -> Any:
    if isinstance(value, dt.time):
        return round(((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond / 1000)
    return value


@pytest.mark.parametrize("date_1904", [False, True])
@given(cells=_COLUMNS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_survives(book: Book, schema: Schema, tmp_path: Path, date_1904: bool, cells: list[Any]) -> None:
    """Any text, number, moment, truth value or blank is read back as it was, in both calendars: text is text whatever
    it looks like; what a cell cannot hold exactly is text or blank, never something else.
    """
    source = book({"S": {}}, date_1904=date_1904)
    frame = pd.DataFrame({"Key": [1.5] * len(cells), "Cells": pd.Series(cells, dtype=object)})
    append_sheets(source, tmp_path / "out.xlsx", {"New": frame})
    read = read_input(tmp_path / "out.xlsx", schema, "New!A:B").frame["Cells"].tolist()
    wanted = [_kept(value, date_1904) for value in cells]
    assert len(read) == len(wanted)
    assert [pair for pair in zip(read, wanted, strict=True) if not _same(*pair)] == []


@st.composite
def _frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames of one to four columns, of the type that pandas finds for them or of objects."""
    rows = draw(st.integers(1, 5))
    made: dict[str, pd.Series[Any]] = {"Key": pd.Series([1.5] * rows)}
    for place in range(draw(st.integers(1, 4))):
        cells = draw(st.sampled_from([_TEXTS, _NUMBERS, st.floats(), _MOMENTS, st.booleans()]))
        values = draw(st.lists(cells | _BLANKS if draw(st.booleans()) else cells, min_size=rows, max_size=rows))
        # pandas' own type of text holds no half of a surrogate pair
        typed = cells is not _TEXTS and draw(st.booleans())
        made[f"Column {place}"] = pd.Series(values, dtype=None if typed else object)
    return pd.DataFrame(made)


@given(frame=_frames())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_frame_survives(book: Book, schema: Schema, tmp_path: Path, frame: pd.DataFrame) -> None:
    """Whatever the columns are and beside which others they stand."""
    source = book({"S": {}})
    append_sheets(source, tmp_path / "out.xlsx", {"New": frame})
    read = read_input(tmp_path / "out.xlsx", schema, f"New!A1:{letters(frame.shape[1])}{len(frame) + 1}").frame
    for name in frame.columns:
        wanted = [_kept(value.item() if isinstance(value, np.generic) else value) for value in frame[name].tolist()]
        assert [pair for pair in zip(read[name].tolist(), wanted, strict=True) if not _same(*pair)] == []


_NASTY = "=HYPERLINK(\"http://x\",'a')"
_NASTY_FRAME = pd.DataFrame({_NASTY: [_NASTY, "@SUM(A1)", "+1", "-1", "http://x", "#REF!"]})


def _code(path: Path) -> list[str]:
    """What is not plain text in the second sheet of a workbook of texts: formulas, links, errors."""
    with zipfile.ZipFile(path) as file:
        xml = file.read("xl/worksheets/sheet2.xml").decode()
    found = [mark for mark in ("<f>", "<hyperlink") if mark in xml]
    sheet = openpyxl.load_workbook(path).worksheets[1]
    return found + [
        c.coordinate for row in sheet.iter_rows() for c in row if c.value is not None and c.data_type != "s"
    ]


def test_text_never_becomes_code(book: Book, tmp_path: Path) -> None:
    """Headers, titles, sheet names and cells that look like formulas or links are text; no formula is written."""
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", [Sheet(_NASTY, _NASTY_FRAME, title=_NASTY)])
    assert _code(tmp_path / "out.xlsx") == []


def test_the_check_finds_a_twin_that_lets_text_become_code(book: Book, tmp_path: Path) -> None:
    """Pandas and openpyxl make formulas and errors of such texts; the same look finds them."""
    out = tmp_path / "out.xlsx"
    shutil.copyfile(book({"S": {}}), out)
    with pd.ExcelWriter(out, engine="openpyxl", mode="a") as writer:
        _NASTY_FRAME.to_excel(writer, sheet_name="Twin", index=False)
    assert _code(out)


def test_frames_of_every_kind_of_column(book: Book, schema: Schema, tmp_path: Path) -> None:
    """Nullable, categorical, Arrow and zoned columns are written as what they hold."""
    zoned = pd.Series([pd.Timestamp("2024-02-29 23:30", tz="Europe/Berlin")] * 2)
    frame = pd.DataFrame(
        {
            "int": pd.array([1, None], dtype="Int64"),
            "bool": pd.array([True, None], dtype="boolean"),
            "category": pd.Categorical(["a", None]),
            "arrow": pd.array(["x", None], dtype="string[pyarrow]"),
            "zoned": zoned,
            "small": np.array([0.5, 1.5], np.float32),
            "big": np.array([2**63, 1], np.uint64),
            "span": pd.to_timedelta(["1h", "2h"]),
        }
    )
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", {"New": frame})
    read = read_input(tmp_path / "out.xlsx", schema, "New!A1:H3").frame
    assert read.iloc[0].tolist() == [
        1.0,
        True,
        "a",
        "x",
        pd.Timestamp("2024-02-29 23:30"),
        0.5,
        str(2**63),
        dt.timedelta(hours=1),
    ]
    assert read["bool"].tolist() == [True, None]


def test_long_text_is_cut_and_said(book: Book, tmp_path: Path) -> None:
    """More than 32,767 UTF-16 units: cut at a whole character, with a warning that says where."""
    frame = pd.DataFrame({"a": ["x" * MOST_TEXT, "😀" * 20_000], "b": pd.Series([1, "y" * 40_000], dtype=object)})
    done = append_sheets(book({"S": {}}), tmp_path / "out.xlsx", {"New": frame})
    assert done.warnings == ("text-cut: New!A3 (+1)",)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["New"]
    assert [len(sheet[at].value) for at in ("A2", "A3", "B3")] == [MOST_TEXT, MOST_TEXT // 2, MOST_TEXT]


def test_many_rows_in_slices(book: Book, schema: Schema, tmp_path: Path) -> None:
    """Rows over the border of a slice stay in order and complete."""
    frame = pd.DataFrame({"n": np.arange(45_000), "Status": ["ok"] * 44_999 + ["bad"]})
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", [Sheet("New", frame, status="Status")])
    read = read_input(tmp_path / "out.xlsx", schema, "New!A1:B45001").frame
    assert (read["n"] == frame["n"]).all()


def test_status_that_is_not_ok_is_coloured(book: Book, tmp_path: Path) -> None:
    """The status cell of a row that needs attention has a fill of its own, its row a lighter one, others none."""
    frame = pd.DataFrame({"Score": [0.5, None], "Status": ["ok", "C42: blank"]})
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", [Sheet("New", frame, status="Status")])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["New"]
    fills = {at: sheet[at].fill.fgColor.rgb for at in ("A2", "B2", "A3", "B3")}
    assert fills["A2"] == fills["B2"] == "00000000"
    assert len({fills["A2"], fills["A3"], fills["B3"]}) == 3


def test_look(book: Book, tmp_path: Path) -> None:
    """Frozen at the header, no grid, a table with a filter, formats as given or fitting, the view's cell is A1."""
    frame = pd.DataFrame({"p": [0.25], "share": [0.5], "n": [3], "whole": [2.0], "day": [pd.Timestamp("2024-02-29")]})
    append_sheets(
        book({"S": {}}), tmp_path / "out.xlsx", [Sheet("New", frame, title="All well", formats={"share": "0.0%"})]
    )
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["New"]
    assert (sheet.freeze_panes, sheet.sheet_view.showGridLines) == ("A4", False)
    assert sheet.sheet_view.selection[0].activeCell == "A1"
    assert not sheet.sheet_view.tabSelected
    assert sheet.tables["Sheetscore_Scores"].autoFilter.ref == "A3:E4"
    assert [cell.number_format for cell in sheet[4]] == ["0.0000", "0.0%", "0", "0", r"yyyy\-mm\-dd"]
    assert sheet["A1"].value == "All well"
    assert sheet.print_title_rows == "$3:$3"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (["Scores"], ["Scores 2"]),
        (["scores", "SCORES"], ["scores 2", "SCORES 3"]),
        (["a/b:c?[d]*\\"], ["a_b_c__d___"]),
        (["'quoted'"], ["quoted"]),
        (["x" * 40, "x" * 40], ["x" * 31, "x" * 29 + " 2"]),
        (["😀" * 20], ["😀" * 15]),
        (["History"], ["History 2"]),
        (["' '"], ["Scores 2"]),
        ([" \x07"], ["_"]),
        ([""], ["Scores 2"]),
    ],
)
def test_sheet_names(wanted: list[str], given: list[str]) -> None:
    """31 UTF-16 units, nothing Excel forbids, and no two alike but for case."""
    assert list(sheet_names(wanted, ["Scores"])) == given


def test_names_stay_unique_when_scored_again(book: Book, tmp_path: Path) -> None:
    """Adding the same sheets three times over, with a defined name in the way, gives distinct names and ids."""

    def fill(made: Any) -> None:
        made.add_worksheet("S").add_table("A1:B3", {"name": "Sheetscore_Scores_2"})
        made.define_name("sheetscore_scores", "=S!$A$1")

    path = book(fill)
    frame = pd.DataFrame({"a": [1], "A": [2], "": [3]})
    names = [append_sheets(path, path, {"Scores": frame}).sheets[0] for _ in range(3)]
    assert names == ["Scores", "Scores 2", "Scores 3"]
    with Package(path) as package:
        assert [table.name for table in package.tables][1:] == [f"Sheetscore_Scores_{n}" for n in (3, 4, 5)]
    assert [cell.value for cell in openpyxl.load_workbook(path)["Scores"][1]] == ["a", "A (2)", "Column 3"]


def test_target_may_be_the_source(book: Book, tmp_path: Path) -> None:
    """The file is replaced whole, keeps its permissions, and nothing is left beside it."""
    path = book({"S": {"A1": "x"}})
    path.chmod(0o640)
    append_sheets(path, path, {"New": pd.DataFrame({"a": [1]})})
    assert openpyxl.load_workbook(path).sheetnames == ["S", "New"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is read-only for root")
def test_read_only_workbook(book: Book, tmp_path: Path) -> None:
    """A workbook that its owner made read-only gets its sheets, and the result is read-only too."""
    path = book({"S": {"A1": "x"}})
    path.chmod(0o440)
    append_sheets(path, tmp_path / "out.xlsx", {"New": pd.DataFrame({"a": [1]})})
    assert stat.S_IMODE((tmp_path / "out.xlsx").stat().st_mode) == 0o440


def test_failure_leaves_the_target_alone(book: Book, tmp_path: Path) -> None:
    """An error while writing leaves the old target and no other file."""
    path = book({"S": {}})
    before = path.read_bytes()
    rows = pd.DataFrame({"a": np.zeros(1_048_576)})
    with pytest.raises(SheetTooLarge):
        append_sheets(path, path, {"New": rows})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_no_sheets_to_add(book: Book, tmp_path: Path) -> None:
    """Without sheets to add there is nothing to change: every part is as it was."""
    path = book({"S": {"A1": "x"}})
    assert append_sheets(path, tmp_path / "out.xlsx", []).sheets == ()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "out.xlsx") as new:
        assert {i.filename: i.CRC for i in new.infolist()} == {i.filename: i.CRC for i in old.infolist()}


def test_warnings_for_signed_protected_and_shared_books(parts: dict[str, Any], pack: Book, tmp_path: Path) -> None:
    """A signature that no longer holds, a protected structure and a shared workbook are said."""
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        "<sheets>", '<workbookProtection lockStructure="1"/><sheets>'
    )
    path = pack(parts, [("_xmlsignatures/sig1.xml", "<x/>"), ("xl/revisions/revisionLog1.xml", "<x/>")])
    done = append_sheets(path, tmp_path / "out.xlsx", {"New": pd.DataFrame({"a": [1]})})
    assert done.warnings == ("signature-invalidated", "shared-workbook", "structure-protected")


def test_empty_frames(book: Book, tmp_path: Path) -> None:
    """No rows, or no columns: the sheet is there, and a table only where there are columns."""
    frames = {"Rows": pd.DataFrame({"a": []}), "Columns": pd.DataFrame()}
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", frames)
    made = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert made["Rows"].tables["Sheetscore_Scores"].ref == "A1:A2"
    assert not made["Columns"].tables


_HEADERS = [
    "a<b",
    "a>b & c",
    "&lt;",
    "q\"'",
    "two\nlines",
    "a\tb",
    "a\rb",
    "_x000a_",
    " pad ",
    "A" * 300,
    "😀" * 200,
    "{p}",
]


def _unescaped(name: str) -> str:
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), name)


def test_table_and_header_cells_say_the_same(book: Book, tmp_path: Path) -> None:
    """Excel repairs a workbook in which a table's column is not called what its header cell says, or too long."""
    append_sheets(
        book({"S": {}}), tmp_path / "out.xlsx", {"New": pd.DataFrame([[1] * len(_HEADERS)], columns=_HEADERS)}
    )
    with zipfile.ZipFile(tmp_path / "out.xlsx") as file:
        sheet = etree.fromstring(file.read("xl/worksheets/sheet2.xml"))
        table = etree.fromstring(file.read("xl/tables/table1.xml"))
    shown = [_unescaped(str(text.text)) for text in sheet.findall(".//{*}row[@r='1']//{*}t")]
    assert [_unescaped(str(column.get("name"))) for column in table.findall(".//{*}tableColumn")] == shown
    assert shown[:9] + shown[-1:] == _HEADERS[:9] + _HEADERS[-1:]
    assert max(len(text.encode("utf-16-le")) // 2 for text in shown) <= 255


def test_no_row_is_higher_than_excel_takes(book: Book, tmp_path: Path) -> None:
    """A long text in a small table is wrapped, but no row gets more than 409 points."""
    frame = pd.DataFrame({"Status": ["word " * 6000, "ok"]})
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", {"New": frame})
    heights = openpyxl.load_workbook(tmp_path / "out.xlsx")["New"].row_dimensions
    assert heights[2].height == 409


def test_promised_parts_are_not_promised_twice(parts: dict[str, Any], pack: Book, tmp_path: Path) -> None:
    """A content type or a relationship may name a part that is not there: new parts get other names."""
    override = '<Override PartName="/xl/WorkSheets/sheet2.xml" ContentType="x/y"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", override)
    links = parts["xl/_rels/workbook.xml.rels"]
    parts["xl/_rels/workbook.xml.rels"] = links.replace(
        "</Relationships>", '<Relationship Id="x" Type="t" Target="worksheets/sheet3.xml"/></Relationships>'
    )
    append_sheets(pack(parts), tmp_path / "out.xlsx", {"New": pd.DataFrame({"a": [1]})})
    with Package(tmp_path / "out.xlsx") as package:
        assert [sheet.part for sheet in package.sheets] == ["/xl/worksheets/sheet1.xml", "/xl/worksheets/sheet4.xml"]


@pytest.mark.parametrize(("old", "new"), [("1", "2"), ("65534", "1"), ("4294967295", "1"), ("none", "1")])
def test_sheet_ids(parts: dict[str, Any], pack: Book, tmp_path: Path, old: str, new: str) -> None:
    """A new sheet's id is one that is free and that Excel takes, whatever stands there."""
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace('sheetId="1"', f'sheetId="{old}"')
    append_sheets(pack(parts), tmp_path / "out.xlsx", {"New": pd.DataFrame({"a": [1]})})
    with Package(tmp_path / "out.xlsx") as package:
        assert package.sheet_elements[1].attributes["sheetId"] == new


def test_defined_names_among_alternatives(parts: dict[str, Any], pack: Book, tmp_path: Path) -> None:
    """No second list of names is made where the one there is stands inside mc:AlternateContent."""
    choice = (
        '</sheets><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Fallback><definedNames><definedName name="a">1</definedName></definedNames></mc:Fallback>'
        "</mc:AlternateContent>"
    )
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("</sheets>", choice)
    append_sheets(pack(parts), tmp_path / "out.xlsx", {"New": pd.DataFrame({"a": [1]})})
    with zipfile.ZipFile(tmp_path / "out.xlsx") as file:
        assert file.read("xl/workbook.xml").count(b"<definedNames>") == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "iso-8859-1"])
def test_odd_encodings_and_prefixes(parts: dict[str, Any], pack: Book, tmp_path: Path, encoding: str) -> None:
    """The workbook part may be in UTF-16 or Latin-1 and under a prefix; names outside it hold all the same."""
    text = parts["xl/workbook.xml"].replace("UTF-8", encoding).replace("<", "<w:").replace("<w:/", "</w:")
    text = text.replace("<w:?xml", "<?xml").replace("xmlns=", "xmlns:w=").replace('name="Data"', 'name="Dätä"')
    parts["xl/workbook.xml"] = text.encode(encoding)
    append_sheets(pack(parts), tmp_path / "out.xlsx", {"Œuvre 😀": pd.DataFrame({"a": [1]})})
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == ["Dätä", "Œuvre 😀"]


def test_book_without_styles(parts: dict[str, Any], pack: Book, tmp_path: Path) -> None:
    """A workbook without styles gets a styles part of its own, where readers look for it."""
    del parts["xl/styles.xml"]
    for name in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        kept, _, rest = parts[name].partition(
            '<Relationship Id="rId3"' if "rels" in name else '<Override PartName="/xl/styles.xml"'
        )
        parts[name] = kept + rest.partition("/>")[2]
    append_sheets(pack(parts), tmp_path / "out.xlsx", {"New": pd.DataFrame({"a": [0.5]})})
    assert openpyxl.load_workbook(tmp_path / "out.xlsx")["New"]["A2"].number_format == "0.0000"


def test_a_long_status_in_a_large_table_stays_in_its_cell(book: Book, tmp_path: Path) -> None:
    """Wherever it stands, it is wrapped, the column is wide enough for it, and its row alone is higher."""
    statuses = ["ok"] * 500
    statuses[400] = "H43: " + "a reason of many words " * 8
    frame = pd.DataFrame({"Row": range(500), "Status": statuses})
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", [Sheet("Scores", frame, status="Status")])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Scores"]
    assert sheet["B402"].alignment.wrap_text
    assert sheet.column_dimensions["B"].width >= 60
    assert sheet.row_dimensions[402].height >= 45
    assert sheet.row_dimensions[401].height is None

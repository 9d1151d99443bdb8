"""What stands around a result table: single cells, charts with their values, links; and pages of these alone."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from lxml import etree
from openpyxl.workbook import Workbook

from tests.workbooks.validity import Schemas
from worker.workbooks import Cell, Chart, Sheet, append_apart, append_sheets
from worker.workbooks.page import MOST_LINKS

Book = Callable[..., Path]

_LABELS = ["low", "<odd> & 'so'", "high"]
_BANDS = [
    Cell("E3", "Band", "header"),
    Cell("F3", "Rows", "header"),
    *(Cell(f"E{row}", label) for row, label in enumerate(_LABELS, 4)),
    *(Cell(f"F{row}", count, format="#,##0") for row, count in enumerate([1200, 30, None], 4)),
    Cell("E7", "All", "strong"),
    Cell("F7", 1230, "strong", "#,##0", formula="SUM(F4:F6)"),
    Cell("E8", "three", "note", formula='IF(F7>5,"three","<")'),
    Cell("F8", True, formula="F7>5"),
]
_CHARTS = [
    Chart("Rows & bands", "E4:E6", "F4:F6", "H3:N15"),
    Chart("Rows again", "A4:A5", "B4:B5", "H17:N29", "bars"),
]
_FRAME = pd.DataFrame({"What": ["a", "b"], "Value": [1, 2]})


def _added(path: Path) -> dict[str, etree._Element]:
    with zipfile.ZipFile(path) as file:
        return {name: etree.fromstring(file.read(name)) for name in file.namelist() if name.endswith("xml")}


def _open(path: Path) -> Workbook:
    return openpyxl.load_workbook(path, data_only=True)


@pytest.mark.parametrize("append", [append_sheets, append_apart])
def test_cells_stand_beside_above_and_below_the_table(book: Book, tmp_path: Path, append: Callable[..., Any]) -> None:
    """Each in its place with its value; formulas with what they were computed to be."""
    out = tmp_path / "out.xlsx"
    append(book({"S": {}}), out, [Sheet("Sum", _FRAME, title="Well", cells=_BANDS, charts=_CHARTS)])
    sheet = _open(out)["Sum"]
    assert [[cell.value for cell in row] for row in sheet["A1:F5"]] == [
        ["Well", None, None, None, None, None],
        [None] * 6,
        ["What", "Value", None, None, "Band", "Rows"],
        ["a", 1, None, None, "low", 1200],
        ["b", 2, None, None, "<odd> & 'so'", 30],
    ]
    assert [sheet[at].value for at in ("E7", "F7", "E8", "F8")] == ["All", 1230, "three", True]
    assert openpyxl.load_workbook(out)["Sum"]["F7"].value == "=SUM(F4:F6)"
    assert sheet["F4"].number_format == "#,##0"
    assert sheet["E7"].font.b
    assert len(sheet._charts) == 2


def test_a_chart_holds_what_its_cells_hold(book: Book, tmp_path: Path) -> None:
    """Labels and values are stored with the chart, so that who only looks at it sees it; a blank has no point."""
    append_sheets(
        book({"S": {}}), tmp_path / "out.xlsx", [Sheet("Sum's", _FRAME, title="x", cells=_BANDS, charts=_CHARTS)]
    )
    parts = _added(tmp_path / "out.xlsx")
    chart = parts["xl/charts/chart1.xml"]
    assert [f.text for f in chart.findall(".//{*}cat//{*}f")] == ["'Sum''s'!$E$4:$E$6"]
    assert [v.text for v in chart.findall(".//{*}cat//{*}v")] == _LABELS
    assert [(v.get("idx"), v[0].text) for v in chart.findall(".//{*}val//{*}pt")] == [("0", "1200"), ("1", "30")]
    other = parts["xl/charts/chart2.xml"]
    assert [v.text for v in other.findall(".//{*}cat//{*}v")] == ["a", "b"]
    assert [v.text for v in other.findall(".//{*}val//{*}v")] == ["1", "2"]


def test_pages_of_cells_alone(book: Book, tmp_path: Path) -> None:
    """Without columns there is no table, no frozen row and no repeated one: a page that somebody else lays out."""
    cells = [Cell("B2", "Your results", "title"), *_BANDS]
    done = append_sheets(
        book({"S": {}}), tmp_path / "out.xlsx", [Sheet("Results", pd.DataFrame(), cells=cells, charts=_CHARTS[:1])]
    )
    sheet = _open(tmp_path / "out.xlsx")[done.sheets[0]]
    assert (sheet["B2"].value, sheet["F4"].value, sheet.freeze_panes, sheet.print_title_rows) == (
        "Your results",
        1200,
        None,
        None,
    )
    assert not sheet.tables


@pytest.mark.parametrize("at", ["A4", "B3", "no", "A1"])
def test_a_cell_in_the_tables_place_is_a_mistake(book: Book, tmp_path: Path, at: str) -> None:
    """It would hide a score, or the title."""
    with pytest.raises(ValueError, match="is no place for a cell"):
        append_sheets(book({"S": {}}), tmp_path / "out.xlsx", [Sheet("S", _FRAME, title="x", cells=[Cell(at, 1)])])


def test_links_lead_to_cells_of_the_workbook(book: Book, tmp_path: Path) -> None:
    """From the column asked for, by place alone: nothing can lead out of the workbook. A sheet that is not there is
    no place, and there are at most 10,000.
    """
    frame = pd.DataFrame({"Row": range(12_000), "Status": ["H1: bad"] * 12_000})
    links = {0: "'Tom''s <data>'!H43", 1: "Gone!A1"} | {row: f"'Tom''s <data>'!A{row}" for row in range(2, 12_000)}
    sheet = Sheet("New", frame, status="Status", linked="Row", links=links)
    append_sheets(book({"Tom's <data>": {"A1": 1}}), tmp_path / "out.xlsx", [sheet])
    part = _added(tmp_path / "out.xlsx")["xl/worksheets/sheet2.xml"]
    found = part.findall(".//{*}hyperlink")
    assert len(found) == MOST_LINKS - 1
    assert (found[0].get("ref"), found[0].get("location")) == ("A2", "'Tom''s <data>'!H43")
    assert found[1].get("ref") == "A4"
    assert all(set(link.attrib) == {"ref", "location", "tooltip"} for link in found)
    style = _open(tmp_path / "out.xlsx")["New"]["A2"].font
    assert style.u == "single"


def test_every_part_of_a_page_is_valid(book: Book, shared: Path, tmp_path: Path) -> None:
    """Sheets, tables, drawings, charts and relationships, by the schemas of the standard."""
    frame = pd.DataFrame({"Row": [2], "Status": ["A2: bad"]})
    sheets = [
        Sheet("New", frame, title="x", status="Status", cells=_BANDS, charts=_CHARTS, linked="Row", links={0: "S!A2"}),
        Sheet("Alone", pd.DataFrame(), cells=_BANDS),
    ]
    source = book({"S": {}})
    append_sheets(source, tmp_path / "out.xlsx", sheets)
    assert Schemas(shared / "schemas").faults(source, tmp_path / "out.xlsx") == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([0.7312894, 0.1], "0.0000"),
        ([731.2894, 0.1], "0.00"),
        ([73128.94, -4.5], "#,##0.00"),
        ([1e-7, 2e-5], "0.00E+00"),
        ([0.0, 0.5], "0.0000"),
        ([3.0, 4.0], "0"),
    ],
)
def test_numbers_have_as_many_places_as_a_person_wants(
    book: Book, tmp_path: Path, values: list[float], code: str
) -> None:
    """The largest of the column says how many."""
    append_sheets(book({"S": {}}), tmp_path / "out.xlsx", {"New": pd.DataFrame({"x": values})})
    assert _open(tmp_path / "out.xlsx")["New"]["A2"].number_format == code


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("Kredit · Model 2 · Desk, scores@example.com " * 4, ("Kredit · Model 2 · Desk, scores@example.com " * 4)[:-1]),
        ("A & B\nC", "A && B C"),
        ("&" * 200, "&" * 240),
        ("x" + "&" * 200, "x" + "&" * 238),
        ("\U0001f600" * 200, "\U0001f600" * 120),
    ],
)
def test_a_footer_is_printed_as_far_as_excel_takes_it(book: Book, tmp_path: Path, given: str, printed: str) -> None:
    """Ampersands are doubled, and none is cut in two; 255 UTF-16 units are the most of a whole footer."""
    out = tmp_path / "out.xlsx"
    append_sheets(book({"S": {}}), out, [Sheet("Sum", _FRAME, footer=given)])
    footer = next(text for part in _added(out).values() if (text := part.findtext("{*}headerFooter/{*}oddFooter")))
    assert footer == f"&L{printed}&R&P / &N"
    assert len(footer.encode("utf-16-le")) // 2 <= 255


@pytest.mark.parametrize("append", [append_sheets, append_apart])
def test_a_page_in_somebody_else_s_words_and_colours(book: Book, tmp_path: Path, append: Callable[..., Any]) -> None:
    """Blocks above the table, which is then not frozen; its own word for ok, accent, footer, and colours of texts."""
    frame = pd.DataFrame({"Id": ["a", "b", "c"], "Band": ["low", "high", None], "State": ["gut", "fehlt", "gut"]})
    sheet = Sheet(
        "Ergebnisse",
        frame,
        title="Alle",
        status="State",
        cells=[Cell("A4", "A rather long wording of a band", fill="CFE8D5"), Cell("B4", 1)],
        charts=[Chart("Drawn", "A4:A4", "B4:B4", "E4", width=300, height=150, format="0%")],
        tints={"Band": {"low": "CFE8D5", "high": "F6CFC7"}},
        top=12,
        ok="gut",
        accent="8A1538",
        footer="A & B, " + "long " * 80,
    )
    out = tmp_path / "out.xlsx"
    source = book({"S": {}})
    append(source, out, [sheet])
    made = openpyxl.load_workbook(out)["Ergebnisse"]
    assert [cell.value for cell in made[12]] == ["Id", "Band", "State"]
    assert made.freeze_panes is None
    assert made.tables["Sheetscore_Scores"].ref == "A12:C15"
    fills = {cell.value: cell.fill.fgColor.rgb for row in made["A4:C15"] for cell in row if cell.value}
    assert (fills["low"], fills["high"], fills["A rather long wording of a band"]) == (
        "FFCFE8D5",
        "FFF6CFC7",
        "FFCFE8D5",
    )
    assert fills["Id"] == made.sheet_properties.tabColor.rgb == "FF8A1538"
    assert made["A14"].fill.fgColor.rgb != made["A13"].fill.fgColor.rgb  # the row that is not gut
    assert made["A13"].fill.fill_type is None
    assert made.column_dimensions["A"].width > 30
    assert made.oddFooter.left.text.startswith("A && B, long")
    assert len(made.oddFooter.left.text) <= 250


def test_a_chart_of_numbers_below_zero_is_not_cut_off(book: Book, tmp_path: Path) -> None:
    """Its axis begins at 0 only where nothing is below."""
    for number, starts_at_zero in ((5, True), (-5, False)):
        out = tmp_path / "out.xlsx"
        page = Sheet("P", pd.DataFrame(), title="T", cells=[Cell("A3", "x"), Cell("B3", number)])
        append_sheets(book({"S": {}}), out, [replace(page, charts=[Chart("C", "A3:A3", "B3:B3", "D3:H9")])])
        with zipfile.ZipFile(out) as file:
            (chart,) = (file.read(name) for name in file.namelist() if "/chart" in name and name.endswith(".xml"))
        assert (b'<c:min val="0"/>' in chart) is starts_at_zero

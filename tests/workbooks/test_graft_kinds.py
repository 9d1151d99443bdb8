"""Every kind of workbook gets its sheets and stays what it is."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from tests.workbooks.validity import Schemas
from worker.scoring import Schema
from worker.workbooks import Cell, Chart, Sheet, append_sheets, read_input
from worker.workbooks.package import Package

Book = Callable[..., Path]
Changes = Callable[[Path, Path], list[str]]
Parts = dict[str, Any]

_NEW = Sheet(
    "Scores",
    pd.DataFrame({"Row": [2], "Score": [0.25], "Day": [pd.Timestamp("2024-02-29")], "Status": ["ok"]}),
    title="One row",
    cells=[Cell("F3", "low"), Cell("G3", 1)],
    charts=[Chart("Rows", "F3:F3", "G3:G3", "F5:K15")],
)
_PLAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_FORMS = {
    "xlsm": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "xltx": "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "xltm": "application/vnd.ms-excel.template.macroEnabled.main+xml",
}


def _values(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name("Scores").to_python()[2:]


@pytest.mark.parametrize("form", _FORMS)
def test_macro_books_and_templates_stay_what_they_are(
    parts: Parts, pack: Book, tmp_path: Path, changes: Changes, form: str
) -> None:
    """The content type says what Excel makes of the file; the macros are the same bytes."""
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(_PLAIN, _FORMS[form])
    source = pack(parts, [("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 macros")])
    target = tmp_path / f"out.{form}"
    append_sheets(source, target, [_NEW])
    assert changes(source, target) == []
    with Package(target) as package:
        assert package.content_type(package.workbook_part) == _FORMS[form].lower()
    assert openpyxl.load_workbook(target).sheetnames == ["Data", "Scores"]


_STRICT = {
    "http://schemas.openxmlformats.org/officeDocument/2006/": "http://purl.oclc.org/ooxml/officeDocument/",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
}


def _strict(text: str) -> str:
    for transitional, strict in _STRICT.items():
        text = text.replace(transitional, strict)
    return text


def test_a_strict_workbook_gets_strict_parts(
    parts: Parts, pack: Book, tmp_path: Path, changes: Changes, shared: Path
) -> None:
    """Sheet, table, drawing and chart in its namespaces; no transitional one comes in."""
    source = pack({name: _strict(text) for name, text in parts.items()})
    target = tmp_path / "out.xlsx"
    append_sheets(source, target, [_NEW])
    assert changes(source, target) == []
    with zipfile.ZipFile(target) as file:
        added = [name for name in file.namelist() if name not in parts]
        texts = [file.read(name).decode() for name in added]
    assert len(added) == 6
    wrong = "http://schemas.openxmlformats.org/"
    assert not any(wrong in text.replace(f"{wrong}package/2006/relationships", "") for text in texts)
    assert _values(target)[1][:2] == [2.0, 0.25]
    assert Schemas(shared / "schemas").faults(source, target) == []


def test_absolute_targets_and_odd_part_names(parts: Parts, pack: Book, tmp_path: Path, changes: Changes) -> None:
    """Parts need not lie where Excel puts them: what the relationships say counts, blanks and letters as they are."""
    odd = {
        "xl/workbook.xml": "my docs/Büch 1.xml",
        "xl/_rels/workbook.xml.rels": "my docs/_rels/Büch 1.xml.rels",
        "xl/worksheets/sheet1.xml": "my docs/tab.xml",
    }
    moved = {odd.get(name, name): text for name, text in parts.items()}
    moved["_rels/.rels"] = moved["_rels/.rels"].replace('"xl/workbook.xml"', '"/my%20docs/B%C3%BCch%201.xml"')
    links = moved[odd["xl/_rels/workbook.xml.rels"]]
    links = links.replace('"worksheets/sheet1.xml"', '"/my docs/tab.xml"').replace('Target="s', 'Target="/xl/s')
    moved[odd["xl/_rels/workbook.xml.rels"]] = links
    types = moved["[Content_Types].xml"].replace("/xl/workbook.xml", "/my docs/Büch 1.xml")
    moved["[Content_Types].xml"] = types.replace("/xl/worksheets/sheet1.xml", "/my docs/tab.xml")
    source = pack(moved)
    target = tmp_path / "out.xlsx"
    append_sheets(source, target, [_NEW])
    assert [name for name in changes(source, target) if "B" not in name] == []
    with Package(target) as package:
        assert [sheet.part for sheet in package.sheets] == ["/my docs/tab.xml", "/my docs/worksheets/sheet1.xml"]
        assert b"<v>0.25</v>" in b"".join(package.chunks("/my docs/worksheets/sheet1.xml"))


@pytest.mark.parametrize("code", ["14", "10", "20"], ids=["date", "percentage", "time"])
def test_style_0_that_is_no_neutral_one(parts: Parts, pack: Book, tmp_path: Path, code: str) -> None:
    """A template may show every plain cell as a date: ours have styles of their own."""
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(
        '<cellXfs count="2"><xf numFmtId="0"', f'<cellXfs count="2"><xf numFmtId="{code}"'
    )
    append_sheets(pack(parts), tmp_path / "out.xlsx", [_NEW])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Scores"]
    shown = {at: (sheet[at].value, sheet[at].number_format) for at in ("A4", "B4", "D4", "G3")}
    assert shown == {"A4": (2, "0"), "B4": (0.25, "0.0000"), "D4": ("ok", "General"), "G3": (1, "General")}
    assert not sheet["A4"].is_date


def test_what_a_person_should_know_is_noticed_while_reading(parts: Parts, pack: Book, schema: Schema) -> None:
    """So that the summary can say it."""
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        "<sheets>", '<workbookProtection lockStructure="1"/><sheets>'
    )
    path = pack(parts, [("_xmlsignatures/sig1.xml", "<x/>"), ("xl/revisions/revisionLog1.xml", "<x/>")])
    warnings = read_input(path, schema).warnings
    assert set(warnings) == {"signature-invalidated", "shared-workbook", "structure-protected"}

"""Small files of the other kinds: .xlsb and .ods written by hand, .xls by xlwt."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlwt

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Error(int):
    """An error cell of a binary workbook, by its code."""


HIDDEN = object()
"""Stands in a row of a binary workbook or an OpenDocument spreadsheet that is hidden."""


class Raw(str):
    """Cells of an OpenDocument spreadsheet as they are written."""


Sheets = Mapping[str, Sequence[Sequence[Any]]]


def write_xls(path: Path, sheets: Sheets) -> None:
    """Values by row from A1; None leaves a cell out."""
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for title, rows in sheets.items():
        sheet = book.add_sheet(title)
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if value is not None:
                    sheet.write(y, x, value, day if isinstance(value, dt.date) else xlwt.Style.default_style)
    book.save(str(path))


def write_ods(path: Path, sheets: Sheets) -> None:
    """As LibreOffice writes it, without styles."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    tables = "".join(
        f'<table:table table:name="{escape(title)}">{"".join(map(_ods_row, rows))}</table:table>'
        for title, rows in sheets.items()
    )
    content = (
        f'{_HEAD}<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
        f'xmlns:text="{space}:text:1.0" xmlns:calcext="{_CALC}" office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", content)
        file.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>')


def _ods_row(row: Sequence[Any]) -> str:
    hidden = ' table:visibility="collapse"' if HIDDEN in row else ""
    cells = "".join(_ods_cell(value) for value in row if value is not HIDDEN)
    return f"<table:table-row{hidden}>{cells}</table:table-row>"


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, Raw):
        return value
    if isinstance(value, dt.date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, str):
        text = f"<text:p>{escape(value)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def write_xlsb(path: Path, sheets: Sheets) -> None:
    """The fewest records that make a workbook ([MS-XLSB] 2.1.7 and 2.4)."""
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.bin" ContentType="application/vnd.ms-excel.worksheet"/>'
        for n in range(1, len(sheets) + 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.bin"/>'
        for n in range(1, len(sheets) + 1)
    )
    listed = b"".join(
        _record(156, struct.pack("<II", 0, n) + _text(f"rId{n}") + _text(title)) for n, title in enumerate(sheets, 1)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.bin" ContentType='
        f'"application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>{types}</Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_LINKS}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        "xl/workbook.bin": _record(131) + _record(143) + listed + _record(144) + _record(132),
        "xl/_rels/workbook.bin.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        width = max(map(len, rows), default=1)
        size = struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, width - 1)
        body = b"".join(_xlsb_row(y, row) for y, row in enumerate(rows))
        parts[f"xl/worksheets/sheet{n}.bin"] = (
            _record(129) + _record(148, size) + _record(145) + body + _record(146) + _record(130)
        )
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)


def _record(number: int, data: bytes = b"") -> bytes:
    kind = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size, packed = len(data), b""
    while size >= 128:
        packed += bytes([size & 0x7F | 0x80])
        size >>= 7
    return kind + packed + bytes([size]) + data


def _text(value: str) -> bytes:
    data = value.encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data


def _xlsb_row(y: int, row: Sequence[Any]) -> bytes:
    hidden = 0x10 if HIDDEN in row else 0
    made = _record(0, struct.pack("<IIHBBBI", y, 0, 300, 0, hidden, 0, 0))
    for x, value in enumerate(row):
        at = struct.pack("<II", x, 0)
        if value is HIDDEN:
            continue
        if isinstance(value, str):
            made += _record(6, at + _text(value))
        elif isinstance(value, bool):
            made += _record(4, at + bytes([value]))
        elif isinstance(value, Error):
            made += _record(11, at + bytes([value, 0, 0]) + struct.pack("<II", 0, 0))
        elif value is not None:
            made += _record(5, at + struct.pack("<d", value))
    return made

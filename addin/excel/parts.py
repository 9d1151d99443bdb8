"""The parts of the add-in's package that are not VBA: the ribbon, its one sheet, its properties."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from addin.excel.errors import BuildError

_NOTICE = (
    "Sheetscore",
    "This sheet holds nothing: all settings are in your own user folder.",
    "Made from the add-in template of xlwings, (c) Zoomer Analytics LLC, BSD 3-clause licence: its text is in the VBA.",
)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_DIRECTORY = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">',
    "</mc:AlternateContent>",
)


def rewrite(name: str, data: bytes, sources: Path) -> bytes:
    """What goes into the package as part `name`; `data` is what the template has. Raises BuildError."""
    match name:
        case "customUI/customUI.xml":
            return (sources / "customUI.xml").read_text("utf-8").replace("\r\n", "\n").encode()
        case "xl/workbook.xml":
            text = _once(name, data.decode(), 'name="_myaddin.conf"', 'name="Sheetscore"')
            return _cut(name, text, *_DIRECTORY).encode()
        case "xl/worksheets/sheet1.xml":
            rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>{row - 1}</v></c></row>' for row in (1, 2, 3))
            text = _cut(name, data.decode(), "<sheetData>", "</sheetData>", f"<sheetData>{rows}</sheetData>")
            return _once(name, text, '<dimension ref="A1:B13" />', '<dimension ref="A1:A3" />').encode()
        case "xl/sharedStrings.xml":
            items = "".join(f"<si><t>{escape(line)}</t></si>" for line in _NOTICE)
            space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
            return f'{_HEAD}<sst xmlns="{space}" count="3" uniqueCount="3">{items}</sst>'.encode()
        case "docProps/core.xml":
            text = _once(name, data.decode(), "<dc:title />", "<dc:title>Sheetscore</dc:title>")
            text = _cut(name, text, "<dc:creator>", "</dc:creator>", "<dc:creator>Sheetscore</dc:creator>")
            return _cut(name, text, "<cp:lastModifiedBy>", "</cp:lastModifiedBy>").encode()
        case _:
            return data


def _once(part: str, text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise BuildError(part, old, text.count(old))
    return text.replace(old, new)


def _cut(part: str, text: str, start: str, end: str, new: str = "") -> str:
    if text.count(start) != 1 or text.count(end) != 1:
        raise BuildError(part, start, text.count(start))
    before, _, rest = text.partition(start)
    return before + new + rest.partition(end)[2]

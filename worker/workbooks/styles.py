"""Number formats and cell styles of a workbook: read them, and add some without touching those that are there.

Rules: ECMA-376 part 1, 18.8. Style 0 is not neutral (a template may give it a date format), so nothing relies on it.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

from worker.workbooks.errors import FileBroken
from worker.workbooks.package import MAIN, Package
from worker.workbooks.xmlscan import Document, Element, number

BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "mm-dd-yy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yy h:mm",
    37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mmss.0",
    48: "##0.0E+0",
    49: "@",
}
"""Number formats that have no `numFmt` element (18.8.30)."""

_BUILT_IN_IDS = {code: number for number, code in BUILT_IN.items()}
_MOST_STYLES = 64_000
_LISTS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
# What a list must begin with: cells without a style, and Excel itself, take these for granted.
_FIRST = {
    "numFmts": (),
    "fonts": ('<{p}font><{p}sz val="11"/><{p}name val="Calibri"/></{p}font>',),
    "fills": (
        '<{p}fill><{p}patternFill patternType="none"/></{p}fill>',
        '<{p}fill><{p}patternFill patternType="gray125"/></{p}fill>',
    ),
    "borders": ("<{p}border><{p}left/><{p}right/><{p}top/><{p}bottom/><{p}diagonal/></{p}border>",),
    "cellStyleXfs": (),
    "cellXfs": ('<{p}xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',),
}


def number_formats(package: Package) -> dict[int, str]:
    """The number format code of each cell style, by its index; empty when the workbook has no readable styles."""
    part = styles_part(package)
    if not part:
        return {}
    try:
        root = package.document(part, depth=2).root
    except FileBroken:
        return {}
    listed = root.child("numFmts")
    codes = dict(BUILT_IN)
    for element in listed.all("numFmt") if listed else []:
        codes[number(element, "numFmtId")] = element.attributes.get("formatCode") or "General"
    cells = root.child("cellXfs")
    styles = cells.all("xf") if cells else []
    return {index: codes.get(number(style, "numFmtId"), "General") for index, style in enumerate(styles)}


def styles_part(package: Package) -> str:
    """Name of the styles part, '' when there is none."""
    links = package.relationships(package.workbook_part)
    return next((r.target for r in links if r.leads_to("styles") and package.entry(r.target)), "")


def new_styles(namespace: str = MAIN) -> Document:
    """The smallest styles part, for a workbook that has none."""
    style = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    lists = {name: "".join(first).replace("{p}", "") for name, first in _FIRST.items() if first}
    lists["cellStyleXfs"] = style
    filled = "".join(f"<{name}>{lists[name]}</{name}>" for name in _LISTS if name in lists)
    names = '<cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return Document(f'{head}\n<styleSheet xmlns="{namespace}">{filled}{names}</styleSheet>'.encode())


class Styles:
    """A styles part and what is to be added to it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lists: dict[str, Element | None] = {name: document.root.child(name) for name in _LISTS}
        self._added: dict[str, list[str]] = {name: [] for name in _LISTS}
        self._prefix = document.root.qualifier
        self._formats = {
            element.attributes.get("formatCode", ""): number(element, "numFmtId") for element in self._old("numFmts")
        }

    @property
    def body_font(self) -> tuple[str, float]:
        """Name and size of the workbook's default font, if they are fit for a table, else Calibri 11."""
        font = next(iter(self._old("fonts")), None)
        name = font.child("name") if font else None
        size = font.child("sz") if font else None
        points = size.attributes.get("val", "") if size else ""
        fit = re.fullmatch(r"(?:[89]|1[01])(?:\.[0-9]+)?|12(?:\.0+)?", points)
        return (name.attributes.get("val", "Calibri") if name else "Calibri"), (float(points) if fit else 11)

    def font(self, color: str, *, bold: bool = False, underlined: bool = False, size: float = 0) -> int:
        """A font of the workbook's own kind; `color` is six hex digits, size 0 the default one."""
        name, points = self.body_font
        weight = ("<{p}b/>" if bold else "") + ("<{p}u/>" if underlined else "")
        return self._add(
            "fonts",
            f'<{{p}}font>{weight}<{{p}}sz val="{size or points:g}"/><{{p}}color rgb="FF{color}"/>'
            f'<{{p}}name val={quoteattr(name)}/><{{p}}family val="2"/></{{p}}font>',
        )

    def fill(self, color: str) -> int:
        """A solid fill; '' is none."""
        if not color:
            return 0
        solid = f'<{{p}}patternFill patternType="solid"><{{p}}fgColor rgb="FF{color}"/><{{p}}bgColor indexed="64"/>'
        return self._add("fills", f"<{{p}}fill>{solid}</{{p}}patternFill></{{p}}fill>")

    def border(self, color: str) -> int:
        """A thin line under the cell; '' is none."""
        line = f'<{{p}}bottom style="thin"><{{p}}color rgb="FF{color}"/></{{p}}bottom>' if color else "<{p}bottom/>"
        return self._add(
            "borders", f"<{{p}}border><{{p}}left/><{{p}}right/><{{p}}top/>{line}<{{p}}diagonal/></{{p}}border>"
        )

    def cell(self, font: int, fill: int, border: int, code: str, alignment: str) -> int:
        """Index of a cell style; `alignment` is the attributes of its alignment element. 0 when Excel takes no more."""
        if len(self._old("cellXfs")) + len(self._added["cellXfs"]) >= _MOST_STYLES:
            return 0
        parent = ' xfId="0"' if self._old("cellStyleXfs") else ""
        return self._add(
            "cellXfs",
            f'<{{p}}xf numFmtId="{self._format(code)}" fontId="{font}" fillId="{fill}" borderId="{border}"{parent}'
            ' applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
            f"<{{p}}alignment {alignment}/></{{p}}xf>",
        )

    def render(self) -> bytes:
        """The part with everything added."""
        document, anchor = self._document, None
        for name in _LISTS:
            element, new = self._lists[name], self._added[name]
            xml = "".join(item.replace("{p}", self._prefix) for item in new)
            if element is not None:
                anchor = element
                if new:
                    document.count(element, len(element.children) + len(new))
                    document.insert_last(element, xml)
            elif new:
                xml = f'<{self._prefix}{name} count="{len(new)}">{xml}</{self._prefix}{name}>'
                if anchor is not None:
                    document.insert_after(anchor, xml)
                elif document.root.children:
                    document.insert_first(document.root, xml)
                else:
                    document.insert_last(document.root, xml)
        return document.render()

    def _old(self, name: str) -> list[Element]:
        element = self._lists[name]
        return element.children if element is not None else []

    def _add(self, name: str, xml: str) -> int:
        old, added = len(self._old(name)), self._added[name]
        if not old and not added:
            added += _FIRST[name]
        if xml not in added:
            added.append(xml)
        return old + added.index(xml)

    def _format(self, code: str) -> int:
        if code in _BUILT_IN_IDS:
            return _BUILT_IN_IDS[code]
        if code not in self._formats:
            self._formats[code] = max([163, *self._formats.values()]) + 1
            attribute = quoteattr(code).replace("{", "&#123;")
            self._add("numFmts", f'<{{p}}numFmt numFmtId="{self._formats[code]}" formatCode={attribute}/>')
        return self._formats[code]

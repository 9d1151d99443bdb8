"""One result sheet: its worksheet part, written in slices so that memory stays flat, and its table part.

Rules: ECMA-376 part 1, 18.3.1.99 (order of a worksheet's elements), 18.3.1.47 (links: `location` alone never leaves the
workbook), 18.5.1 (tables: the names of the columns equal the texts of the header cells).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worker.workbooks.addressing import Area, letters
from worker.workbooks.cells import MOST_TEXT, shortened
from worker.workbooks.dialect import Dialect
from worker.workbooks.look import ACCENT, Look
from worker.workbooks.page import Cell, Page
from worker.workbooks.rows import RowWriter, inline, xstring

_SLICE = 20_000
_MOST_FROZEN = 6
_MOST_FOOTER = 240
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Worksheet:
    """The worksheet part of a page. After `chunks` are used up, `warnings` says what could not be kept."""

    def __init__(self, page: Page, look: Look, dialect: Dialect, *, uses_1904: bool) -> None:
        self._page = page
        self._look = look
        self._dialect = dialect
        self._around = _around(page, look)
        self._rows = RowWriter(look.columns, look.row_heights, self._around, uses_1904=uses_1904)

    @property
    def warnings(self) -> tuple[str, ...]:
        """`text-cut: Scores!C5 (+2)` when texts were longer than a cell holds."""
        cut = self._rows.cut
        if not cut:
            return ()
        row, column = cut[0]
        more = f" (+{len(cut) - 1})" if len(cut) > 1 else ""
        return (f"text-cut: {self._page.name}!{letters(column)}{row}{more}",)

    def chunks(self, relations: Mapping[str, str]) -> Iterator[bytes | memoryview]:
        """The part's bytes; `relations` are the ids under which its table and drawing are known, if it has any."""
        page = self._page
        first = page.header_row + 1
        yield (self._head() + self._other_rows(0, first)).encode()
        marks = _marks(page)
        for start in range(0, page.count, _SLICE):
            stop = min(start + _SLICE, page.count)
            yield self._rows.write(start, stop, first + start, marks)
        yield (self._other_rows(first + page.count, 0) + self._foot(relations)).encode()

    def _head(self) -> str:
        page, look = self._page, self._look
        freezes = bool(page.columns) and page.header_row <= _MOST_FROZEN
        pane = f' topLeftCell="A{page.header_row + 1}" activePane="bottomLeft" state="frozen"/>' if freezes else ""
        frozen = f'<pane ySplit="{page.header_row}"{pane}' if freezes else ""
        where = ' pane="bottomLeft"' if freezes else ""
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{width:g}" customWidth="1"/>'
            for place, width in enumerate(look.widths, 1)
        )
        return (
            f'{_HEAD}<worksheet xmlns="{self._dialect.main}" xmlns:r="{self._dialect.relations}">'
            f'<sheetPr><tabColor rgb="FF{page.accent or ACCENT}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
            f'<dimension ref="{self._used()}"/>'
            '<sheetViews><sheetView showGridLines="0" workbookViewId="0">'
            f'{frozen}<selection{where} activeCell="A1" sqref="A1"/></sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="16.5" customHeight="1"/>{f"<cols>{widths}</cols>" if widths else ""}'
            "<sheetData>"
        )

    def _used(self) -> str:
        area = self._page.area
        places = [Area.parse(cell.at) or area for cell in self._page.cells]
        right, bottom = max([area.right, *(p.right for p in places)]), max([area.bottom, *(p.bottom for p in places)])
        return str(Area(1, 1, bottom, right))

    def _other_rows(self, first: int, end: int) -> str:
        """The rows from `first` to before `end` (0: all that follow), none of which is one of the table's."""
        page, look = self._page, self._look
        heights = {1: 24.0} if page.title else {}
        heights |= {page.header_row: look.header_height} if page.headers else {}
        rows = {row for row in {*self._around, *heights} if row >= first and (row < end or not end)}
        made = []
        for row in sorted(rows):
            height = f' ht="{heights[row]:g}" customHeight="1"' if row in heights else ""
            made.append(f'<row r="{row}"{height}>{self._left(row)}{self._around.get(row, "")}</row>')
        return "".join(made)

    def _left(self, row: int) -> str:
        """Title or header cells of a row."""
        page, look = self._page, self._look
        if page.headers and row == page.header_row:
            pairs = enumerate(zip(look.headers, page.headers, strict=True), 1)
            return "".join(_text_cell(f"{letters(place)}{row}", style, text) for place, (style, text) in pairs)
        return _text_cell("A1", look.title, page.title) if page.title and row == 1 else ""

    def _foot(self, relations: Mapping[str, str]) -> str:
        page = self._page
        column, first = letters((page.linked or 0) + 1), page.header_row + 1
        links = "".join(
            f'<hyperlink ref="{column}{first + row}" location={quoteattr(to)} tooltip={quoteattr(f"Go to {to}")}/>'
            for row, to in page.links
        )
        ignored = f'<ignoredError sqref="{page.area}" numberStoredAsText="1"/>' if page.columns else ""
        drawing = f'<drawing r:id="{relations["drawing"]}"/>' if "drawing" in relations else ""
        table = f'<tablePart r:id="{relations["table"]}"/>' if "table" in relations else ""
        tables = f'<tableParts count="1">{table}</tableParts>' if table else ""
        return (
            f"</sheetData>{_inside('hyperlinks', links)}"
            '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup orientation="landscape" fitToHeight="0"/>'
            f"<headerFooter><oddFooter>{_footer(page)}</oddFooter></headerFooter>"
            f"{_inside('ignoredErrors', ignored)}{drawing}{tables}</worksheet>"
        )


def _footer(page: Page) -> str:
    """What stands below every printed page; an ampersand is doubled there, and 255 characters are the most."""
    if not page.footer:
        return "&amp;L&amp;A&amp;RPage &amp;P of &amp;N"
    text = shortened(" ".join(page.footer.split()).replace("&", "&&"), _MOST_FOOTER)
    if text.count("&") % 2:
        text = text[:-1]  # the cut fell between the two of a pair
    return escape(f"&L{text}&R&P / &N")


def table_part(page: Page, namespace: str, name: str, number: int, comment: str) -> bytes:
    """The table part that makes the page an Excel table, with `number` as its id; programs keep its comment."""
    columns = "".join(
        f'<tableColumn id="{place}" name={_column_name(text)}/>' for place, text in enumerate(page.headers, 1)
    )
    return (
        f'{_HEAD}<table xmlns="{namespace}" id="{number}" name="{name}" displayName="{name}" ref="{page.area}" '
        f'totalsRowShown="0" comment={quoteattr(comment)}><autoFilter ref="{page.area}"/>'
        f'<tableColumns count="{len(page.headers)}">{columns}</tableColumns>'
        '<tableStyleInfo showFirstColumn="0" showLastColumn="0" showRowStripes="0" showColumnStripes="0"/></table>'
    ).encode()


def _column_name(text: str) -> str:
    """The header's text as an attribute, where line breaks and tabs would become blanks."""
    return quoteattr(xstring(text).replace("\n", "_x000a_").replace("\t", "_x0009_"))


def _inside(name: str, xml: str) -> str:
    return f"<{name}>{xml}</{name}>" if xml else ""


def _text_cell(at: str, style: int, text: str) -> str:
    return f'<c r="{at}" s="{style}"{inline(text)}</c>'


def _around(page: Page, look: Look) -> dict[int, str]:
    """The cells outside of the table by sheet row, those of a row from left to right."""
    placed = []
    table = Area(page.header_row, 1, page.area.bottom, len(page.columns))
    for cell, style in zip(page.cells, look.cells, strict=True):
        area = Area.parse(cell.at)
        if area is None or area.meets(table) or (page.title and cell.at == "A1"):
            raise ValueError(f"{cell.at!r} is no place for a cell of this page")
        placed.append((area.top, area.left, _cell(cell, style)))
    rows: dict[int, str] = {}
    for row, _, xml in sorted(placed):
        rows[row] = rows.get(row, "") + xml
    return rows


def _cell(cell: Cell, style: int) -> str:
    formula = f"<f>{escape(cell.formula)}</f>" if cell.formula else ""
    value, start = cell.value, f'<c r="{cell.at}" s="{style}"'
    if value is None or value == "":
        return f"{start}>{formula}</c>" if formula else f"{start}/>"
    if isinstance(value, bool):
        return f'{start} t="b">{formula}<v>{value:d}</v></c>'
    if isinstance(value, str) and formula:
        return f'{start} t="str">{formula}<v>{escape(xstring(shortened(value, MOST_TEXT)))}</v></c>'
    if isinstance(value, str):
        return f"{start}{inline(shortened(value, MOST_TEXT))}</c>"
    return f"{start}>{formula}<v>{value!r}</v></c>"


def _marks(page: Page) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows need attention."""
    if page.status is None or page.columns[page.status].type != pa.string():
        marks = np.zeros(page.count, np.bool_)
        marks[list(page.marked)] = True
        return marks
    needed = pc.fill_null(pc.not_equal(page.columns[page.status], page.ok), pa.scalar(False))  # noqa: FBT003 - a scalar
    return np.asarray(needed.to_numpy(zero_copy_only=False), np.bool_)

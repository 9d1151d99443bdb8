"""One result sheet: its worksheet part, written in slices so that memory stays flat, and its table part.

Rules: ECMA-376 part 1, 18.3.1.99 (order of a worksheet's elements), 18.5.1 (tables: the names of the columns equal
the texts of the header cells).
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worker.workbooks.addressing import Area, letters
from worker.workbooks.look import ACCENT, Look
from worker.workbooks.page import OK, Page
from worker.workbooks.rows import RowWriter, inline, xstring

_SLICE = 20_000
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Worksheet:
    """The worksheet part of a page. After `chunks` are used up, `warnings` says what could not be kept."""

    def __init__(self, page: Page, look: Look, namespace: str, relations: str, *, uses_1904: bool) -> None:
        self._page = page
        self._look = look
        self._namespace = namespace
        self._relations = relations
        self._rows = RowWriter(look.columns, look.row_heights, uses_1904=uses_1904)

    @property
    def warnings(self) -> tuple[str, ...]:
        """`text-cut: Scores!C5 (+2)` when texts were longer than a cell holds."""
        cut = self._rows.cut
        if not cut:
            return ()
        row, column = cut[0]
        more = f" (+{len(cut) - 1})" if len(cut) > 1 else ""
        return (f"text-cut: {self._page.name}!{letters(column)}{row}{more}",)

    def chunks(self, table_relation: str) -> Iterator[bytes | memoryview]:
        """The part's bytes; `table_relation` is the id under which the table is known ('' without one)."""
        page = self._page
        yield self._head().encode()
        marks = _marks(page)
        for start in range(0, page.count, _SLICE):
            stop = min(start + _SLICE, page.count)
            yield self._rows.write(start, stop, page.header_row + 1 + start, marks)
        yield self._foot(table_relation).encode()

    def _head(self) -> str:
        page, look = self._page, self._look
        below = page.header_row + 1
        widths = "".join(
            f'<col min="{place}" max="{place}" width="{width:g}" customWidth="1"/>'
            for place, width in enumerate(look.widths, 1)
        )
        return (
            f'{_HEAD}<worksheet xmlns="{self._namespace}" xmlns:r="{self._relations}">'
            f'<sheetPr><tabColor rgb="FF{ACCENT}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
            f'<dimension ref="{self._used()}"/>'
            '<sheetViews><sheetView showGridLines="0" workbookViewId="0">'
            f'<pane ySplit="{page.header_row}" topLeftCell="A{below}" activePane="bottomLeft" state="frozen"/>'
            '<selection pane="bottomLeft" activeCell="A1" sqref="A1"/></sheetView></sheetViews>'
            f'<sheetFormatPr defaultRowHeight="16.5" customHeight="1"/>{f"<cols>{widths}</cols>" if widths else ""}'
            f"<sheetData>{self._title()}{self._header()}"
        )

    def _used(self) -> str:
        area = self._page.area
        return str(Area(1, 1, area.bottom, area.right))

    def _title(self) -> str:
        if not self._page.title:
            return ""
        return f'<row r="1" ht="24" customHeight="1">{_text_cell("A1", self._look.title, self._page.title)}</row>'

    def _header(self) -> str:
        if not self._page.headers:
            return ""
        row = self._page.header_row
        cells = "".join(
            _text_cell(f"{letters(place)}{row}", style, text)
            for place, (style, text) in enumerate(zip(self._look.headers, self._page.headers, strict=True), 1)
        )
        return f'<row r="{row}" ht="{self._look.header_height:g}" customHeight="1">{cells}</row>'

    def _foot(self, table_relation: str) -> str:
        tables = f'<tableParts count="1"><tablePart r:id="{table_relation}"/></tableParts>' if table_relation else ""
        return (
            "</sheetData>"
            '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
            '<pageSetup orientation="landscape" fitToHeight="0"/>'
            "<headerFooter><oddFooter>&amp;L&amp;A&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter>"
            f'<ignoredErrors><ignoredError sqref="{self._page.area}" numberStoredAsText="1"/></ignoredErrors>'
            f"{tables}</worksheet>"
        )


def table_part(page: Page, namespace: str, name: str, number: int) -> bytes:
    """The table part that makes the page an Excel table, with `number` as its id."""
    columns = "".join(
        f'<tableColumn id="{place}" name={_column_name(text)}/>' for place, text in enumerate(page.headers, 1)
    )
    return (
        f'{_HEAD}<table xmlns="{namespace}" id="{number}" name="{name}" displayName="{name}" ref="{page.area}" '
        f'totalsRowShown="0"><autoFilter ref="{page.area}"/>'
        f'<tableColumns count="{len(page.headers)}">{columns}</tableColumns>'
        '<tableStyleInfo showFirstColumn="0" showLastColumn="0" showRowStripes="0" showColumnStripes="0"/></table>'
    ).encode()


def _column_name(text: str) -> str:
    """The header's text as an attribute, where line breaks and tabs would become blanks."""
    return quoteattr(xstring(text).replace("\n", "_x000a_").replace("\t", "_x0009_"))


def _text_cell(at: str, style: int, text: str) -> str:
    return f'<c r="{at}" s="{style}"{inline(text)}</c>'


def _marks(page: Page) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows need attention, by the status column."""
    if page.status is None or page.columns[page.status].type != pa.string():
        return np.zeros(page.count, np.bool_)
    needed = pc.fill_null(pc.not_equal(page.columns[page.status], OK), pa.scalar(False))  # noqa: FBT003 - a scalar
    return np.asarray(needed.to_numpy(zero_copy_only=False), np.bool_)

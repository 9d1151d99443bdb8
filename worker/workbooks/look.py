"""How a result sheet looks: styles, formats, widths. Cell styles, not table styles: LibreOffice draws only those."""

from __future__ import annotations

import datetime as dt
import math
import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from worker.workbooks.addressing import Area
from worker.workbooks.cells import MIXED, values_of
from worker.workbooks.page import Cell, Page
from worker.workbooks.rows import CellStyles, Styled
from worker.workbooks.styles import Styles

ACCENT = "1F4E5F"
LINE = "DDE4E8"
TEXT = "222B30"
_NOTE = "5A666C"
_MARKED_ROW = "FFF9EB"
_MARKED_STATUS = "FFE2A0"
_MARKED_TEXT = "6B4300"
_SAMPLE = 200
_SMALL = 60
_GAP = 3
_WIDEST = 46
_WIDEST_STATUS = 70
_LINE_POINTS = 15.5
_HIGHEST = 409
_DATE = r"yyyy\-mm\-dd"
_MOMENT = r"yyyy\-mm\-dd\ hh:mm:ss"
_TIME = "hh:mm:ss"
_DURATION = "[h]:mm:ss"
_TRUTH = '"TRUE";"TRUE";"FALSE"'  # Excel writes the words anyhow, LibreOffice would write 1 and 0


@dataclass(frozen=True, slots=True)
class Look:
    """Style indexes, widths (in characters of the default font), and heights (in points) of the header row and of the
    rows of a small table, 0 for the usual one: only Excel would find them out by itself.
    """

    title: int
    headers: tuple[int, ...]
    columns: tuple[Styled, ...]
    widths: tuple[float, ...]
    header_height: float
    row_heights: tuple[float, ...]
    cells: tuple[int, ...]


def dress(styles: Styles, page: Page) -> Look:
    """Styles and sizes for a page; what it needs is added to `styles`."""
    dresser = _Dresser(styles, page.accent or ACCENT)
    headers, columns, codes, status = page.headers, page.columns, page.formats, page.status
    small = bool(columns) and len(columns[0]) <= _SMALL
    dressed, widths = [], []
    heights = [1] * (len(columns[0]) if small else 0)
    for place, (values, asked) in enumerate(zip(columns, codes, strict=True)):
        sample = values_of(values.slice(0, _SAMPLE).combine_chunks())
        plan = _Codes.fitting(values, asked)
        widest = _WIDEST_STATUS if place == status else _WIDEST
        wanted = max([_width(value, plan) for value in sample], default=0) + 3
        wrap = small and wanted > widest
        align = "left" if values.type in (MIXED, pa.string()) else "right"
        plain = dresser.cells(plan, align, "", TEXT, wrap=wrap)
        if place == status:
            marked = dresser.cells(plan, align, _MARKED_STATUS, _MARKED_TEXT, wrap=True)
            wanted = max(wanted, _longest(values) + 3)
        else:
            link = place == page.linked and bool(page.links)
            ink = dresser.accent if link else TEXT
            marked = dresser.cells(plan, align, _MARKED_ROW, ink, wrap=wrap, underlined=link)
        colors = {tint.text: tint.color for tint in page.tints if tint.column == place}
        tinted = {text: dresser.cells(plan, align, color, TEXT, wrap=wrap).text for text, color in colors.items()}
        dressed.append(Styled(values, plain, marked, tinted))
        widths.append(_column_width(headers[place], min(wanted, widest)))
        if wrap:
            texts = [value if isinstance(value, str) else "" for value in sample]
            heights = [max(pair) for pair in zip(heights, (_lines(text, widths[-1]) for text in texts), strict=True)]
        elif place == status and wanted > widest:
            room = widths[-1] - 3  # lines break between words
            heights = [math.ceil((length or 0) / room) for length in pc.utf8_length(values).to_pylist()]
    lines = [min(_lines(header, width - 3), 5) for header, width in zip(headers, widths, strict=True)]
    return Look(
        title=dresser.title(),
        headers=tuple(dresser.header(_centered(column.values)) for column in dressed),
        columns=tuple(dressed),
        widths=_with_cells(page, widths),
        header_height=max(lines, default=1) * _LINE_POINTS + 5,
        row_heights=tuple(min(lines * _LINE_POINTS, _HIGHEST) if lines > 1 else 0 for lines in heights),
        cells=tuple(dresser.alone(cell) for cell in page.cells),
    )


def _with_cells(page: Page, widths: Sequence[float]) -> tuple[float, ...]:
    """The widths of the table's columns, and of those beside it, with room for the cells around the table; a title runs
    over into the next columns.
    """
    wanted: dict[int, float] = {}
    for cell in page.cells:
        area = Area.parse(cell.at)
        if area is not None:
            codes = _Codes(cell.format or "General", _MOMENT)
            room = 0 if cell.look in ("title", "note") else min(_width(cell.value, codes) + 3, _WIDEST)
            wanted[area.left] = max(wanted.get(area.left, 0), room)
    table = [max(width, wanted.get(column, 0)) for column, width in enumerate(widths, 1)]
    columns = range(len(widths) + 1, max([len(widths), *wanted]) + 1)
    return (*table, *(max(wanted[column], 8) if column in wanted else _GAP for column in columns))


def _longest(texts: pa.ChunkedArray) -> int:
    """Characters of the longest text of a column of texts."""
    return (pc.max(pc.utf8_length(texts)).as_py() or 0) if texts.type == pa.string() else 0


@dataclass(frozen=True, slots=True)
class _Codes:
    """Number formats of one column by what a cell holds."""

    number: str
    moment: str
    day: str = _DATE
    time: str = _TIME
    duration: str = _DURATION

    @classmethod
    def fitting(cls, values: pa.ChunkedArray, asked: str) -> _Codes:
        is_date = _is_date(asked)
        number = asked if asked and (not is_date or values.type != MIXED) else _number_code(values)
        if asked and is_date:
            return cls(number, asked, asked, asked, asked)
        return cls(number, _moment_code(values))


class _Dresser:
    def __init__(self, styles: Styles, accent: str) -> None:
        self._styles = styles
        self.accent = accent
        self._line = styles.border(LINE)

    def title(self, size: float = 14, indent: int = 1) -> int:
        font = self._styles.font(_on_white(self.accent), bold=True, size=size)
        align = f'horizontal="left" vertical="center" indent="{indent}"'
        return self._styles.cell(font, 0, self._styles.border(""), "General", align)

    def header(self, horizontal: str) -> int:
        font = self._styles.font("FFFFFF" if _is_dark(self.accent) else TEXT, bold=True)
        fill = self._styles.fill(self.accent)
        indent = ' indent="1"' if horizontal != "center" else ""
        return self._styles.cell(
            font, fill, self._line, "General", f'horizontal="{horizontal}" vertical="center"{indent} wrapText="1"'
        )

    def alone(self, cell: Cell) -> int:
        """The style of a cell outside of the table."""
        if cell.look == "title":
            return self.title(size=11, indent=0)
        is_text = isinstance(cell.value, str)
        if cell.look == "header":
            return self.header("left" if is_text and not cell.format else "center")
        font = self._styles.font(_NOTE if cell.look == "note" else TEXT, bold=cell.look == "strong")
        fill = self._styles.fill(cell.fill)
        border = self._styles.border("") if cell.look == "note" else self._line
        code = cell.format or (_TRUTH if isinstance(cell.value, bool) else "General")
        align = f'horizontal="{"left" if is_text else "right"}" vertical="center"'
        return self._styles.cell(font, fill, border, code, align + ("" if cell.look == "note" else ' indent="1"'))

    def cells(
        self,
        codes: _Codes,
        align: str,
        fill: str,
        color: str,
        *,
        wrap: bool,
        underlined: bool = False,
    ) -> CellStyles:
        font, solid = self._styles.font(color, underlined=underlined), self._styles.fill(fill)
        wrapped = ' wrapText="1"' if wrap else ""

        def style(code: str, horizontal: str) -> int:
            return self._styles.cell(
                font, solid, self._line, code, f'horizontal="{horizontal}" vertical="center" indent="1"{wrapped}'
            )

        return CellStyles(
            number=style(codes.number, align),
            truth=style(_TRUTH, "left" if align == "left" else "center"),
            text=style("General", "left"),
            moment=style(codes.moment, align),
            day=style(codes.day, align),
            time=style(codes.time, align),
            duration=style(codes.duration, align),
        )


def _is_dark(color: str) -> bool:
    """Whether white is read on it (relative luminance as WCAG 2.1 defines it, by a plain square)."""
    red, green, blue = ((int(color[at : at + 2], 16) / 255) ** 2 for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.36


def _on_white(color: str) -> str:
    return color if _is_dark(color) else TEXT


def _centered(values: pa.ChunkedArray) -> str:
    return "left" if values.type in (MIXED, pa.string()) else "center"


def _number_code(values: pa.ChunkedArray) -> str:
    if values.type == pa.int64():
        return "0"
    if values.type != pa.float64():
        return "General"
    sample = [abs(value) for value in values.slice(0, 10 * _SAMPLE).to_pylist() if value is not None]
    sample = [value for value in sample if math.isfinite(value)]
    if sample and all(value.is_integer() for value in sample):
        return "0"
    return next((code for most, code in _BY_SIZE if max(sample, default=1) < most), "#,##0.00")


# the largest value says how many places a person wants to see
_BY_SIZE = ((1e-300, "0.0000"), (0.01, "0.00E+00"), (10, "0.0000"), (1000, "0.00"))


def _moment_code(values: pa.ChunkedArray) -> str:
    if values.type != pa.timestamp("us"):
        return _MOMENT
    sample = [value for value in values.slice(0, 10 * _SAMPLE).to_pylist() if value is not None]
    return _DATE if all(value.time() == dt.time() for value in sample) else _MOMENT


def _is_date(code: str) -> bool:
    bare = re.sub(r'"[^"]*"|\\.|\[(?![hms]+\])[^\]]*\]', "", code, flags=re.IGNORECASE)
    return bare.lower() != "general" and re.search("[ymdhs]", bare, re.IGNORECASE) is not None


def _width(value: Any, codes: _Codes) -> int:  # noqa: ANN401 - any cell's value
    """How many characters a cell needs to show its value."""
    if value is None:
        return 0
    if isinstance(value, str):
        return max((_wide(line) for line in value[:2000].splitlines()), default=0)
    if isinstance(value, bool):
        return 5
    if isinstance(value, int | float):
        return _number_width(value, codes.number)
    return len(re.sub(r'[\\"]|\[\$[^\]]*\]', "", codes.moment)) + 1


def _number_width(value: float, code: str) -> int:
    if not math.isfinite(value):
        return 0
    if code == "General":
        return min(len(f"{value:.11g}"), 13)
    decimals = re.search(r"[0#]\.([0#]+)", code)
    shown = f"{value * 100 if '%' in code else value:,.{len(decimals[1]) if decimals else 0}f}"
    if "," not in code:
        shown = shown.replace(",", "")
    return min(len(shown), 24) + len(re.sub(r"[0#.,\\]", "", code.partition(";")[0]))


def _wide(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def _column_width(header: str, data: int) -> float:
    """Room for the data, for the header's longest word, and for the header in two lines; its button takes three."""
    longest = max((_wide(word) for word in header.split()), default=0) + 4
    return float(min(max(data, longest, min(_wide(header) + 4, 14), 8), _WIDEST_STATUS))


def _lines(text: str, width: float) -> int:
    room = max(int(width), 4)
    return sum(len(textwrap.wrap(line, room)) or 1 for line in text.splitlines() or [""])

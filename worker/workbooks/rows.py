"""Rows of a worksheet as XML bytes, many at a time: Arrow's kernels where a column has one type, Python where not.

Text is always an inline string, so that it never becomes a formula, a link or a number (18.3.1.53). What XML cannot
hold is written `_xHHHH_`, and text that looks so is escaped itself (22.9.2.19, ST_Xstring).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from worker.workbooks.addressing import letters
from worker.workbooks.cells import EXACT, MIXED, MOST_TEXT, shortened, values_of

_SPECIAL = r"[&<>\x00-\x08\x0b-\x1f]|_x[0-9A-Fa-f]{4}_"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
_LITERAL = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NEEDS_ESCAPE = re.compile(_SPECIAL)
# the schema has no xml:space here, Excel and everybody write and heed it: only where blanks would be lost without
_OUTER_BLANK = re.compile(r"^[ \t\n]|[ \t\n]$|\n")
_PLAIN = ' t="inlineStr"><is><t>'
_KEPT = ' t="inlineStr"><is><t xml:space="preserve">'
_NO = pa.scalar(False)  # noqa: FBT003 - a scalar
_DAY = dt.timedelta(days=1)
_DAY_MICROSECONDS = 86_400_000_000
# Excel's 1900 calendar has a 29 February that never was: below this day serial numbers are not what they seem
_FIRST_DAY = {False: dt.datetime(1900, 3, 1), True: dt.datetime(1904, 1, 1)}  # noqa: DTZ001 - cells have no zone
_DAY_ZERO = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}  # noqa: DTZ001
_LAST_YEAR = 9999


def too_long(values: pa.ChunkedArray) -> int:
    """How many texts of a column are longer than a cell holds."""
    texts = pc.struct_field(values, "text") if values.type == MIXED else values
    if texts.type != pa.string() or (pc.max(pc.binary_length(texts)).as_py() or 0) <= MOST_TEXT:
        return 0
    return sum(len(shortened(text, MOST_TEXT)) < len(text) for text in texts.drop_null().to_pylist())


@dataclass(frozen=True, slots=True)
class CellStyles:
    """Style indexes of one column: for numbers, truth values, text and blanks, moments, days, times, durations."""

    number: int
    truth: int
    text: int
    moment: int
    day: int
    time: int
    duration: int


@dataclass(frozen=True, slots=True)
class Styled:
    """One column, the styles of its cells, those of its cells in marked rows, and those of certain texts."""

    values: pa.ChunkedArray
    plain: CellStyles
    marked: CellStyles
    tinted: Mapping[str, int] = field(default_factory=dict)


class RowWriter:
    """Writes slices of the same columns; `cut` lists the cells (row, column, from 1) whose text was too long.

    `beside` is what stands to the right of the columns, by sheet row.
    """

    def __init__(
        self,
        columns: Sequence[Styled],
        heights: Sequence[float] = (),
        beside: Mapping[int, str] = MappingProxyType({}),
        *,
        uses_1904: bool,
    ) -> None:
        self._columns = columns
        self._heights = heights
        self._beside = beside
        self._uses_1904 = uses_1904
        self.cut: list[tuple[int, int]] = []

    def write(self, start: int, stop: int, first_row: int, marks: npt.NDArray[np.bool_]) -> memoryview:
        """XML of table rows start..stop, of which the first becomes sheet row `first_row`."""
        count = stop - start
        numbers = pc.cast(pa.array(np.arange(first_row, first_row + count)), pa.large_string())
        marked = pa.array(marks[start:stop]) if marks[start:stop].any() else None
        pieces: list[Any] = [_text('<row r="'), numbers, self._row_end(start, stop)]
        for place, column in enumerate(self._columns, 1):
            values = column.values.slice(start, count).combine_chunks()
            style, tail = self._tail(column, values, marked, (first_row, place))
            pieces += [_text(f'<c r="{letters(place)}'), numbers, style, tail]
        joined = pc.binary_join_element_wise(*pieces, self._row_tail(first_row, count), _text(""))
        return bytes_of(joined)

    def _row_end(self, start: int, stop: int) -> Any:  # noqa: ANN401 - one scalar, or one for each row
        if not any(self._heights):
            return _text('">')
        ends = [f'" ht="{height:g}" customHeight="1">' if height else '">' for height in self._heights[start:stop]]
        return pa.array(ends, pa.large_string())

    def _row_tail(self, first_row: int, count: int) -> Any:  # noqa: ANN401 - one scalar, or one for each row
        rows = range(first_row, first_row + count)
        if not any(row in self._beside for row in rows):
            return _text("</row>")
        return pa.array([f"{self._beside.get(row, '')}</row>" for row in rows], pa.large_string())

    def _tail(self, column: Styled, values: pa.Array, marked: pa.Array | None, at: tuple[int, int]) -> tuple[Any, Any]:
        """What follows the row number in each cell: closing quote and style, then type, value and end."""
        kind = values.type
        if kind == pa.string():
            texts = self._texts(values, at)
            style = _tinted(column, values, _style(column, "text", marked))
            return style, _filled(_before(texts), texts, "</t></is></c>")
        if kind == pa.bool_():
            return _style(column, "truth", marked), _filled(
                _text(' t="b"><v>'), pc.if_else(values, "1", "0"), "</v></c>"
            )
        if kind == pa.float64():
            finite = pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))
            return _style(column, "number", marked), _filled(_text("><v>"), finite, "</v></c>")
        if kind == pa.int64() and _within(values, EXACT):
            return _style(column, "number", marked), _filled(_text("><v>"), values, "</v></c>")
        if kind == pa.timestamp("us") and (serials := _serials(values, uses_1904=self._uses_1904)) is not None:
            return _style(column, "moment", marked), _filled(_text("><v>"), serials, "</v></c>")
        return self._each(column, values, marked, at)

    def _each(self, column: Styled, values: pa.Array, marked: pa.Array | None, at: tuple[int, int]) -> tuple[Any, Any]:
        flags = marked.to_pylist() if marked is not None else [False] * len(values)
        tails = [
            self._cell(value, column.marked if flag else column.plain, (at[0] + place, at[1]))
            for place, (value, flag) in enumerate(zip(values_of(values), flags, strict=True))
        ]
        return _text('"'), pa.array(tails, pa.large_string())

    def _cell(self, value: Any, styles: CellStyles, at: tuple[int, int]) -> str:  # noqa: ANN401 - any cell's value
        """Style, type, value and end of one cell."""
        if isinstance(value, bool):
            return f' s="{styles.truth}" t="b"><v>{value:d}</v></c>'
        if isinstance(value, int) and abs(value) <= EXACT:
            return f' s="{styles.number}"><v>{value}</v></c>'
        if isinstance(value, float):
            return f' s="{styles.number}"><v>{value!r}</v></c>' if math.isfinite(value) else f' s="{styles.text}"/>'
        if value is None or value == "":
            return f' s="{styles.text}"/>'
        serial = _serial(value, uses_1904=self._uses_1904)
        if serial is not None:
            style = next(style for kind, style in _kinds(styles) if isinstance(value, kind))
            return f' s="{style}"><v>{serial!r}</v></c>'
        return f' s="{styles.text}"{inline(self._cut(str(value), at))}</c>'

    def _texts(self, values: pa.Array, at: tuple[int, int]) -> pa.Array:
        """Escaped text; blank and empty text are null."""
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if longest > MOST_TEXT:
            cut = [text and self._cut(text, (at[0] + row, at[1])) for row, text in enumerate(values.to_pylist())]
            values = pa.array(cut, pa.string())
        if pc.any(pc.match_substring_regex(values, _SPECIAL)).as_py():
            values = pa.array([text and escaped(text) for text in values.to_pylist()], pa.string())
        return values

    def _cut(self, text: str, at: tuple[int, int]) -> str:
        short = shortened(text, MOST_TEXT)
        if len(short) < len(text):
            self.cut.append(at)
        return short


def inline(text: str) -> str:
    """Type and content of a cell that holds `text`."""
    before = _KEPT if _OUTER_BLANK.search(text) else _PLAIN
    return f"{before}{escaped(text)}</t></is>"


def escaped(text: str) -> str:
    """`text` fit for an element of a cell."""
    return escape(xstring(text)) if _NEEDS_ESCAPE.search(text) else text


def xstring(text: str) -> str:
    """`text` with what XML cannot hold as `_xHHHH_`."""
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", _LITERAL.sub("_x005F_", text))


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _style(column: Styled, kind: str, marked: pa.Array | None) -> Any:  # noqa: ANN401 - one scalar, or one for each row
    plain, other = (_text(f'" s="{getattr(styles, kind)}"') for styles in (column.plain, column.marked))
    return plain if marked is None else pc.if_else(marked, other, plain)


def _tinted(column: Styled, texts: pa.Array, style: Any) -> Any:  # noqa: ANN401 - as `_style`
    for text, index in column.tinted.items():
        style = pc.if_else(pc.fill_null(pc.equal(texts, text), _NO), _text(f'" s="{index}"'), style)
    return style


def _before(texts: pa.Array) -> Any:  # noqa: ANN401 - one scalar, or one for each row
    outer = pc.match_substring_regex(texts, _OUTER_BLANK.pattern)
    return pc.if_else(outer, _text(_KEPT), _text(_PLAIN)) if pc.any(outer).as_py() else _text(_PLAIN)


def _filled(before: Any, values: pa.Array, after: str) -> pa.Array:  # noqa: ANN401 - as `_before`
    texts = pc.cast(values, pa.large_string())
    return pc.fill_null(pc.binary_join_element_wise(before, texts, _text(after), _text("")), "/>")


def bytes_of(strings: pa.Array | pa.ChunkedArray) -> memoryview:
    """The bytes of all strings, one behind the other, without copying."""
    array = strings.combine_chunks() if isinstance(strings, pa.ChunkedArray) else strings
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return memoryview(array.buffers()[2])[offsets[0] : offsets[-1]]


def _within(values: pa.Array, most: int) -> bool:
    ends = pc.min_max(values).as_py()
    return ends["min"] is None or (ends["min"] >= -most and ends["max"] <= most)


def _serials(values: pa.Array, *, uses_1904: bool) -> pa.Array | None:
    """Serial numbers of moments, None when one of them has none."""
    ends = pc.min_max(values).as_py()
    if ends["min"] is not None and (ends["min"] < _FIRST_DAY[uses_1904] or ends["max"].year > _LAST_YEAR):
        return None
    since = pc.subtract(values, pa.scalar(_DAY_ZERO[uses_1904], pa.timestamp("us")))
    total = pc.cast(since, pa.int64())
    days = pc.divide(total, _DAY_MICROSECONDS)
    rest = pc.cast(pc.subtract(total, pc.multiply(days, _DAY_MICROSECONDS)), pa.float64())
    return pc.add(pc.cast(days, pa.float64()), pc.divide(rest, float(_DAY_MICROSECONDS)))


def _serial(value: object, *, uses_1904: bool) -> float | None:
    """Serial number of a moment, day, time of day or duration; None for anything else and what Excel cannot show."""
    if isinstance(value, dt.datetime):
        moment = value.replace(tzinfo=None)
        return (moment - _DAY_ZERO[uses_1904]) / _DAY if moment >= _FIRST_DAY[uses_1904] else None
    if isinstance(value, dt.date):
        return _serial(dt.datetime(value.year, value.month, value.day), uses_1904=uses_1904)  # noqa: DTZ001
    if isinstance(value, dt.time):
        since = dt.timedelta(
            hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
        )
        return since / _DAY
    if isinstance(value, dt.timedelta) and value >= dt.timedelta(0):
        return value / _DAY
    return None


def _kinds(styles: CellStyles) -> tuple[tuple[type, int], ...]:
    return (
        (dt.datetime, styles.moment),
        (dt.date, styles.day),
        (dt.time, styles.time),
        (dt.timedelta, styles.duration),
    )

"""Compare the rows of a written worksheet part with the page that it was made from."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import unescape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from worker.workbooks.addressing import letters
from worker.workbooks.cells import EXACT, MOST_TEXT, shortened, values_of
from worker.workbooks.page import Page
from worker.workbooks.tags import BLANK, NUMBER, TEXT, TRUTH, Bytes, Ints, Piece, pieces

_HEAD = re.compile(rb'<c r="([A-Z]+[0-9]+)" s="[0-9]+"(?: t="([a-zA-Z]+)")?')
_KINDS_OF_RESULTS = {b"str": TEXT, b"b": TRUTH}
_FORMULA = re.compile(rb"<f>([^<]*)</f>")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SLACK = dt.timedelta(milliseconds=1)
_DAY = dt.timedelta(days=1)
_DAY_MICROSECONDS = 86_400_000_000
_KINDS = {
    pa.string(): TEXT,
    pa.bool_(): TRUTH,
    pa.float64(): NUMBER,
    pa.int64(): NUMBER,
    pa.timestamp("us"): NUMBER,
}


class Different(Exception):
    """The part does not hold what was to be written; the text says where."""


def compare(page: Page, chunks: Iterable[bytes], *, uses_1904: bool) -> None:
    """Raises Different unless the part in `chunks` has each row of the page once, in order and in its place, the page's
    other cells in theirs, and nothing more.
    """
    left, done = page.others, 0
    zero = dt.datetime(1904, 1, 1) if uses_1904 else dt.datetime(1899, 12, 30)  # noqa: DTZ001 - cells have no zone
    for data in pieces(chunks):
        piece = Piece.of(data)
        rows = _rows_of_table(page, piece, done)
        cells = _cells_of_table(page, piece, rows)
        for place, values in enumerate(page.columns):
            wanted = values.slice(done, len(rows)).combine_chunks()
            _compare_column(piece, cells[:, place], letters(place + 1), piece.rows[rows], wanted, zero)
        if cells.size < len(piece.starts):
            for cell in np.setdiff1d(np.arange(len(piece.starts)), cells):
                _compare_other(piece, int(cell), left, zero)
        done += len(rows)
    if done != page.count or left:
        raise Different(next(iter(left), f"{done} of {page.count} rows"))


def _rows_of_table(page: Page, piece: Piece, done: int) -> Ints:
    """Which rows of the piece belong to the table, of which `done` came before."""
    top = page.header_row + 1
    rows = np.flatnonzero((piece.rows >= top) & (piece.rows < top + page.count))
    wrong = np.flatnonzero(piece.rows[rows] != np.arange(top + done, top + done + len(rows)))
    if len(wrong):
        raise Different(f"row {top + done + wrong[0]}")
    return rows


def _cells_of_table(page: Page, piece: Piece, rows: Ints) -> Ints:
    """Places of the cells of these rows that belong to the table: one line for each row, one column for each column."""
    width = len(page.columns)
    starts = piece.first[rows]
    short = np.flatnonzero(piece.first[rows + 1] - starts < width)
    if len(short):
        raise Different(f"row {piece.rows[rows[short[0]]]}")
    return starts[:, None] + np.arange(width)


def _compare_column(piece: Piece, cells: Ints, column: str, rows: Ints, wanted: pa.Array, zero: dt.datetime) -> None:
    numbers = pc.cast(pa.array(rows), pa.large_string())
    name, nothing = (pa.scalar(text, pa.large_string()) for text in (column, ""))
    if not piece.stands_at(cells, pc.binary_join_element_wise(name, numbers, nothing)):
        raise Different(f"column {column}")
    kinds, texts = piece.kinds[cells], piece.texts(cells)
    if _all_equal(kinds, texts, wanted, zero):
        return
    for row, kind, text, value in zip(rows, kinds, texts.to_pylist(), values_of(wanted), strict=True):
        if not _is(int(kind), text, value, zero):
            raise Different(f"{column}{row}")


def _all_equal(kinds: Bytes, texts: pa.Array, wanted: pa.Array, zero: dt.datetime) -> bool:
    """Whether the cells hold those values; False also where it takes a look at each cell to tell."""
    sort = _KINDS.get(wanted.type)
    if sort is None or not np.isin(kinds, (BLANK, sort)).all():
        return False
    found = pc.if_else(pa.array(kinds == BLANK), pa.scalar(None, pa.large_string()), texts)
    if wanted.type == pa.timestamp("us"):
        return _same_moments(found.cast(pa.float64()), wanted, zero)
    if sort == TEXT:
        wanted = pc.if_else(pc.equal(wanted, ""), pa.scalar(None, pa.string()), wanted).cast(pa.large_string())
    elif sort == TRUTH:
        found = pc.equal(found, "1")
    else:
        found = found.cast(wanted.type)
        if wanted.type == pa.float64():
            wanted = pc.if_else(pc.is_finite(wanted), wanted, pa.scalar(None, pa.float64()))
    return bool(found.equals(wanted))


def _same_moments(days: pa.Array, wanted: pa.Array, zero: dt.datetime) -> bool:
    if not days.is_null().equals(wanted.is_null()):
        return False
    since = pc.cast(pc.subtract(wanted, pa.scalar(zero, pa.timestamp("us"))), pa.int64()).drop_null().to_numpy()
    return bool((np.abs(days.drop_null().to_numpy() * _DAY_MICROSECONDS - since) <= 1000).all())


def _compare_other(piece: Piece, cell: int, left: dict[str, tuple[Any, str]], zero: dt.datetime) -> None:
    source = piece.source(cell)
    found, formula = _HEAD.match(source), _FORMULA.search(source)
    at = found[1].decode() if found else "a cell without address"
    kind = _KINDS_OF_RESULTS.get(found[2], NUMBER) if formula and found else int(piece.kinds[cell])
    text = piece.texts(np.array([cell]))[0].as_py()
    value, wanted = left.pop(at, (None, "?"))
    said = unescape(formula[1].decode()) if formula else ""
    if said != wanted or not _is(kind, text, value, zero):
        raise Different(at)


def _is(kind: int, text: str, value: Any, zero: dt.datetime) -> bool:  # noqa: ANN401 - any cell's value
    """Whether a cell of that kind with that text between its tags holds the value."""
    if kind == BLANK:
        return value is None or value == "" or (isinstance(value, float) and not math.isfinite(value))
    if kind == TRUTH:
        return isinstance(value, bool) and text == str(int(value))
    if kind == TEXT:
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), unescape(text))
        return not isinstance(value, bool | float) and plain == shortened(str(value), MOST_TEXT)
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return float(text) == value and (isinstance(value, float) or abs(value) <= EXACT)
    return not isinstance(value, str) and abs(_since(value, zero) - float(text) * _DAY) <= _SLACK


def _since(value: Any, zero: dt.datetime) -> dt.timedelta:  # noqa: ANN401 - a moment, day, time of day or duration
    """How long after day 0."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None) - zero
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day) - zero  # noqa: DTZ001 - cells have no zone
    if isinstance(value, dt.time):
        return dt.datetime.combine(dt.date(1, 1, 1), value) - dt.datetime(1, 1, 1)  # noqa: DTZ001
    return dt.timedelta(microseconds=value // dt.timedelta(microseconds=1))

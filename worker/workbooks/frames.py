"""pandas frames on the outside, Arrow columns on the inside."""

from __future__ import annotations

import decimal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from worker.workbooks.cells import clean, column, values_of
from worker.workbooks.page import MOST_LINKS, OK, Cell, Chart, Page, Tint, unique_headers
from worker.workbooks.stored import Stored


@dataclass(frozen=True, slots=True)
class Sheet:
    """One result sheet to be added: a frame (or a table in a file), and how to show it.

    `title` is a sentence above the table, whose header then stands in row 3. `formats` gives Excel number formats by
    column. `status` names the column whose text is "ok" or a reason: rows that are not ok are coloured; without one,
    those at the positions `marked` are. `table` is the Excel table's name; it must begin with `Sheetscore_`, by which
    our sheets are known and not read again. `cells` and `charts` stand around the table; a frame without columns makes
    a page of them alone. `links` lead from rows, by position, to places in the workbook (`'My data'!H43`), the first
    `MOST_LINKS` of them from the cells of the column `linked`; a place on a sheet that is not there is left out.
    `tints` are colours of texts by column; the rest is as in `Page`.
    """

    name: str
    frame: pd.DataFrame | Stored
    title: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    table: str = "Sheetscore_Scores"
    marked: Sequence[int] = ()
    cells: Sequence[Cell] = ()
    charts: Sequence[Chart] = ()
    linked: str = ""
    links: Mapping[int, str] = field(default_factory=dict)
    tints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    top: int = 0
    ok: str = OK
    accent: str = ""
    footer: str = ""
    source: str = ""
    begins: str = ""


def pages(sheets: Mapping[str, pd.DataFrame] | Sequence[Sheet]) -> list[Page]:
    """What is to be drawn. Raises SheetTooLarge."""
    given = [Sheet(name, frame) for name, frame in sheets.items()] if isinstance(sheets, Mapping) else sheets
    return [_page(sheet) for sheet in given]


def _page(sheet: Sheet) -> Page:
    if isinstance(sheet.frame, Stored):
        names, columns, stored = [*sheet.frame.names], [], sheet.frame
    else:
        names, columns, stored = *arrow_columns(sheet.frame), None
    page = Page(
        name=sheet.name,
        headers=unique_headers([clean(name) for name in names]),
        columns=tuple(columns),
        formats=tuple(sheet.formats.get(name, "") for name in names),
        title=clean(sheet.title),
        status=names.index(sheet.status) if sheet.status in names else None,
        table=sheet.table,
        marked=tuple(sheet.marked),
        cells=tuple(_clean(cell) for cell in sheet.cells),
        charts=tuple(sheet.charts),
        linked=names.index(sheet.linked) if sheet.linked in names else None,
        links=tuple(islice(sheet.links.items(), MOST_LINKS)) if sheet.linked in names else (),
        tints=tuple(
            Tint(names.index(column), clean(text), color)
            for column, colors in sheet.tints.items()
            for text, color in colors.items()
        ),
        top=sheet.top,
        ok=clean(sheet.ok),
        accent=sheet.accent,
        footer=clean(sheet.footer),
        source=sheet.source,
        begins=sheet.begins,
        stored=stored,
    )
    page.check_size()
    return page


def arrow_columns(frame: pd.DataFrame) -> tuple[list[str], list[pa.ChunkedArray]]:
    """Names and columns of cells."""
    return [str(name) for name in frame.columns], [to_arrow(frame.iloc[:, n]) for n in range(frame.shape[1])]


def _clean(cell: Cell) -> Cell:
    return replace(cell, value=clean(cell.value)) if isinstance(cell.value, str) else cell


def to_arrow(series: pd.Series[Any]) -> pa.ChunkedArray:
    """A frame's column as a column of cells. A moment with a time zone keeps its clock time, without the zone."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_localize(None)
    if series.dtype == object:
        return _chunked(column([_plain(value) for value in series]))
    array = pa.array(series, from_pandas=True)
    kind = array.type
    if pa.types.is_floating(kind):
        return _chunked(array.cast(pa.float64()))
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return _chunked(array.cast(pa.int64()))
    if pa.types.is_timestamp(kind):
        return _chunked(array.cast(pa.timestamp("us"), safe=False))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _chunked(array.cast(pa.string()))
    if pa.types.is_boolean(kind):
        return _chunked(array)
    return _chunked(column([_plain(value) for value in series]))


def to_series(array: pa.Array) -> pd.Series[Any]:
    """A column of cells as a frame's: int64, float64 (blank is NaN), datetime64[us], or object (blank is None)."""
    if array.type == pa.int64() and not array.null_count:
        return pd.Series(array.to_numpy())
    if array.type in (pa.int64(), pa.float64()):
        return pd.Series(array.cast(pa.float64()).to_numpy(zero_copy_only=False))
    if array.type == pa.timestamp("us"):
        return pd.Series(array.to_numpy(zero_copy_only=False))
    return pd.Series(values_of(array), dtype=object)


def _chunked(array: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array], array.type)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a frame holds
    """A frame's value as one of the types a cell can hold."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if value != value else float(value)  # noqa: PLR0124 - NaN
    if isinstance(value, pd.Timestamp):
        return value.tz_localize(None).to_pydatetime(warn=False) if value.tzinfo else value.to_pydatetime(warn=False)
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value

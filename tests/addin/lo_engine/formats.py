"""Number formats: Excel's codes as LibreOffice's keys, and what kinds of values they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.addin.lo_engine import addresses
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import constant, struct

Table = npt.NDArray[np.int32]

GENERAL = 0
"""Key of the format General."""
_KEYS_OF_A_LANGUAGE = 10_000


def kind(name: str) -> int:
    """LibreOffice's bit for a kind of number format: "DATE", "LOGICAL", "CURRENCY", "TEXT", "NUMBER"."""
    return constant(f"util.NumberFormat.{name}")


def key(document: Any, code: str) -> int:
    """LibreOffice's key for an Excel format code; "BOOLEAN" is that of truth values."""
    if code == "General":
        return GENERAL  # English's own General leaves dates among the cells as they are
    own = struct("lang.Locale")  # the office's language, English: LibreOffice muddles formats of two languages
    found = document.NumberFormats.queryKey(code, own, False)
    return int(found if found != -1 else document.NumberFormats.addNew(code, own))


def code(document: Any, cells: Any) -> str | None:
    """The Excel format code of all the cells, None where they differ."""
    formats = [document.NumberFormats.getByKey(number) for number, _ in _unique(cells)]
    codes = {_excel_code(found) for found in formats}
    return codes.pop() if len(codes) == 1 else None


def _excel_code(found: Any) -> str:
    if found.Type & ~1 == kind("LOGICAL"):
        return "General"
    text = str(found.FormatString)
    return text.lower() if found.Type & kind("DATETIME") and "AM" not in text else text


def keys(cells: Any) -> Table:
    """For each of the cells the key of its number format."""
    box = addresses.of(cells.RangeAddress)
    table = np.zeros((box.rows, box.columns), np.int32)
    for number, areas in _unique(cells):
        for area in areas:
            rows = slice(area.top - box.top, area.bottom - box.top + 1)
            table[rows, area.left - box.left : area.right - box.left + 1] = number
    return table


def kinds(document: Any, table: Table) -> Table:
    """Number format keys as the bits of their kinds; General has 0."""
    found = np.zeros_like(table)
    for number in np.unique(table):
        if number % _KEYS_OF_A_LANGUAGE != GENERAL:
            found[table == number] = document.NumberFormats.getByKey(int(number)).Type & ~kind("DEFINED")
    return found


def give(document: Any, cells: Any, number: int, positions: Iterable[tuple[int, int]]) -> None:
    """Give some of the cells, as (row, column) from 0, the number format of a key."""
    address, chosen = cells.RangeAddress, document.createInstance("com.sun.star.sheet.SheetCellRanges")
    box = addresses.of(address)
    strips = [
        Box(box.top + strip.top, box.left + strip.left, box.top + strip.bottom, box.left + strip.right)
        for strip in _strips(positions)
    ]
    chosen.addRangeAddresses(tuple(strip.on(address.Sheet) for strip in strips), False)
    chosen.NumberFormat = number


def _unique(cells: Any) -> Iterator[tuple[int, list[Box]]]:
    groups = cells.getUniqueCellFormatRanges()
    for i in range(groups.Count):
        group = groups.getByIndex(i)
        yield int(group.NumberFormat), [addresses.of(area) for area in group.getRangeAddresses()]


def _strips(positions: Iterable[tuple[int, int]]) -> list[Box]:
    """Cells as few vertical strips: neighbours below each other are joined."""
    strips: list[Box] = []
    for row, column in sorted(positions, key=lambda at: (at[1], at[0])):
        if strips and (strips[-1].left, strips[-1].bottom) == (column, row - 1):
            strips[-1] = strips[-1]._replace(bottom=row)
        else:
            strips.append(Box.cell(row, column))
    return strips

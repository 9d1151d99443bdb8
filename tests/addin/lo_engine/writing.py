"""Cells of LibreOffice written as COM writes those of Excel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from addin.memory.typed import ERRORS, Typed, typed
from tests.addin.lo_engine import addresses, formats
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.formulas import Formulas

_ERROR_NAMES = {number: f"={name}" for name, number in ERRORS.items()}
_LOGICAL = "BOOLEAN"

Entries = list[list[Typed]]


def write(document: Any, cells: Any, rows: Sequence[Sequence[Any]]) -> None:
    """What setting Range.Value does: text is read like typing, with the rules that the memory engine has for it."""
    keys = formats.keys(cells)
    kinds = formats.kinds(document, keys)
    is_text = (kinds & formats.kind("TEXT")) != 0
    entries = [
        [typed(value, as_text=text) for value, text in zip(row, texts, strict=True)]
        for row, texts in zip(rows, is_text.tolist(), strict=True)
    ]
    cells.setDataArray(tuple(tuple(map(_datum, row)) for row in entries))
    made_text = (formats.kinds(document, formats.keys(cells)) & formats.kind("TEXT") != 0) & ~is_text
    for key in np.unique(keys[made_text]):
        formats.give(document, cells, int(key), np.argwhere(made_text & (keys == key)).tolist())
    for code, positions in _wanted_formats(kinds, entries).items():
        formats.give(document, cells, formats.key(document, code), positions)
    _write_formulas(document, cells, entries)


def _datum(entry: Typed) -> float | str:
    if entry.formula is not None or entry.value is None or type(entry.value) is int:
        return ""
    return float(entry.value) if isinstance(entry.value, bool) else entry.value  # type: ignore[return-value]


def _wanted_formats(kinds: formats.Table, entries: Entries) -> dict[str, list[tuple[int, int]]]:
    """A cell of the format General takes the format that its value brings along; truth values need theirs."""
    wanted: dict[str, list[tuple[int, int]]] = {}
    logical = formats.kind("LOGICAL")
    for r, (row, kinds_of_row) in enumerate(zip(entries, kinds.tolist(), strict=True)):
        for c, (entry, kind) in enumerate(zip(row, kinds_of_row, strict=True)):
            if isinstance(entry.value, bool) and entry.formula is None:
                code = _LOGICAL
            else:
                code = (entry.format or "General") if kind == logical else (entry.format if kind == 0 else None)
            if code is not None:
                wanted.setdefault(code, []).append((r, c))
    return wanted


def _write_formulas(document: Any, cells: Any, entries: Entries) -> None:
    """An error is written as the formula that is nothing but this error: LibreOffice has no other."""
    sheet, box, translate = cells.RangeAddress.Sheet, addresses.of(cells.RangeAddress), Formulas(document)
    for row, column, formula in _formulas(entries):
        at = Box.cell(box.top + row, box.left + column)
        cells.getCellByPosition(column, row).setFormula(translate.to_office(formula, sheet, at))


def _formulas(entries: Entries) -> Iterator[tuple[int, int, str]]:
    for r, row in enumerate(entries):
        for c, entry in enumerate(row):
            if entry.formula is not None:
                yield r, c, entry.formula
            elif type(entry.value) is int:
                yield r, c, _ERROR_NAMES[entry.value]

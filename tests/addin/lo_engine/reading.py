"""Cells of LibreOffice read as COM reads those of Excel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from addin.memory.typed import ERRORS
from tests.addin.lo_engine import addresses, formats
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import constant
from tests.addin.lo_engine.formulas import Formulas

_NAMES = {502: "#VALUE!", 503: "#NUM!", 521: "#NULL!", 524: "#REF!", 525: "#NAME?", 532: "#DIV/0!", 32767: "#N/A"}
"""LibreOffice's error codes and the errors of Excel that they stand for; any other is #VALUE!."""

Rows = list[list[Any]]


def values(document: Any, cells: Any) -> Rows:
    """What Range.Value gives: dates with the time zone UTC, currency as Decimal with four digits, errors as SCODEs."""
    rows = exact(document, cells)
    kinds = formats.kinds(document, formats.keys(cells))
    start = epoch(document).replace(tzinfo=dt.UTC)
    for row, column in np.argwhere(kinds & formats.kind("DATE")):
        if type(rows[row][column]) is float:
            days = dt.timedelta(milliseconds=round(rows[row][column] * 86_400_000))
            rows[row][column] = start + days
    for row, column in np.argwhere(kinds == formats.kind("CURRENCY")):
        if type(rows[row][column]) is float:
            rows[row][column] = Decimal(rows[row][column]).quantize(Decimal("0.0001"))
    return rows


def exact(document: Any, cells: Any) -> Rows:
    """What Range.Value2 gives: None, text, truth values, errors as SCODEs, and numbers, also for dates."""
    box = addresses.of(cells.RangeAddress)
    rows = [[None if value == "" else value for value in row] for row in cells.getDataArray()]
    for found in _formula_boxes(cells, "STRING"):
        for row, column in _each(found, box):
            rows[row][column] = rows[row][column] or ""
    for row, column, error in _errors(cells, box):
        rows[row][column] = ERRORS[error]
    for row, column in np.argwhere(formats.kinds(document, formats.keys(cells)) == formats.kind("LOGICAL")):
        if rows[row][column] in {0.0, 1.0}:
            rows[row][column] = bool(rows[row][column])
    return rows


def formulas(document: Any, cells: Any) -> list[list[str]]:
    """What Range.Formula gives: the formula in Excel's writing, or the constant as text."""
    address, box, translate = cells.RangeAddress, addresses.of(cells.RangeAddress), Formulas(document)
    rows = [
        [
            shown[1:] if isinstance(value, str) and shown == f"'{value}" else shown
            for shown, value in zip(*pair, strict=True)
        ]
        for pair in zip(cells.getFormulaArray(), cells.getDataArray(), strict=True)
    ]
    for found in _formula_boxes(cells, "VALUE", "STRING", "ERROR"):
        for row, column in _each(found, box):
            at = Box.cell(box.top + row, box.left + column)
            rows[row][column] = translate.to_excel(rows[row][column], address.Sheet, at)
    for row, column in np.argwhere(formats.kinds(document, formats.keys(cells)) == formats.kind("LOGICAL")):
        rows[row][column] = {"1": "TRUE", "0": "FALSE"}.get(rows[row][column], rows[row][column])
    return rows


def count_formulas(cells: Any) -> int:
    """How many of the cells hold a formula; an error that was written as a value is none."""
    every = sum(box.rows * box.columns for box in _formula_boxes(cells, "VALUE", "STRING", "ERROR"))
    texts = (text for part in _parts(cells, "ERROR") for row in part.getFormulaArray() for text in row)
    return every - sum(text[1:] in ERRORS for text in texts)


def epoch(document: Any) -> dt.datetime:
    """The moment that the document's dates count from."""
    day = document.NullDate
    return dt.datetime(day.Year, day.Month, day.Day)


def _formula_boxes(cells: Any, *results: str) -> list[Box]:
    flags = sum(constant(f"sheet.FormulaResult.{result}") for result in results)
    return [addresses.of(found) for found in cells.queryFormulaCells(flags).getRangeAddresses()]


def _parts(cells: Any, result: str) -> Iterator[Any]:
    found = cells.queryFormulaCells(constant(f"sheet.FormulaResult.{result}"))
    return (found.getByIndex(i) for i in range(found.Count))


def _errors(cells: Any, box: Box) -> Iterator[tuple[int, int, str]]:
    for part in _parts(cells, "ERROR"):
        at = addresses.of(part.RangeAddress)
        for r, row in enumerate(part.getFormulaArray()):
            for c, text in enumerate(row):
                written = text[1:] if text[1:] in ERRORS else None
                name = written or _NAMES.get(part.getCellByPosition(c, r).getError(), "#VALUE!")
                yield at.top - box.top + r, at.left - box.left + c, name


def _each(found: Box, box: Box) -> Iterator[tuple[int, int]]:
    for row in range(found.top - box.top, found.bottom - box.top + 1):
        for column in range(found.left - box.left, found.right - box.left + 1):
            yield row, column

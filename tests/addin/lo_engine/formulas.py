"""Formulas between Excel's writing (commas, Sheet1!A1) and LibreOffice's (semicolons, Sheet1.A1)."""

from __future__ import annotations

import functools
import re
from typing import Any

from addin.memory.typed import ERRORS
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import constant, struct

_SAME_IN_BOTH = re.compile(r"=[A-Z0-9$+\-*/^&<>=():% ]*")
_STRING_OR_NAME = re.compile(r'"[^"]*"|[a-z_][a-z0-9_.]*(?=\()')


class Formulas:
    """Translates the formulas of one document."""

    def __init__(self, document: Any) -> None:
        self._document = document

    @functools.cached_property
    def _excel(self) -> Any:
        return self._parser("XL_OOX")

    @functools.cached_property
    def _office(self) -> Any:
        return self._parser("OOO")

    def _parser(self, convention: str) -> Any:
        parser = self._document.createInstance("com.sun.star.sheet.FormulaParser")
        parser.CompileEnglish = True
        parser.FormulaConvention = constant(f"sheet.AddressConvention.{convention}")
        return parser

    def to_office(self, formula: str, sheet: int, box: Box) -> str:
        """Excel's formula "=SUM(A1,B1)" for the first cell of the box, as LibreOffice writes it."""
        if formula[1:] in ERRORS or _SAME_IN_BOTH.fullmatch(formula):
            return formula
        at = _cell(sheet, box)
        return "=" + str(self._office.printFormula(self._excel.parseFormula(formula[1:], at), at))

    def to_excel(self, formula: str, sheet: int, box: Box) -> str:
        """LibreOffice's formula as Excel writes it; an error that stands alone is that error, not a formula."""
        if formula[1:] in ERRORS:
            return formula[1:]
        if _SAME_IN_BOTH.fullmatch(formula):
            return formula
        at = _cell(sheet, box)
        printed = str(self._excel.printFormula(self._office.parseFormula(formula[1:], at), at))
        return "=" + _STRING_OR_NAME.sub(lambda found: found[0] if found[0][0] == '"' else found[0].upper(), printed)


def _cell(sheet: int, box: Box) -> Any:
    return struct("table.CellAddress", Sheet=sheet, Column=box.left, Row=box.top)

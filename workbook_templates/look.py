"""Colours, fonts and cell styles of a template, from its accent colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.worksheet import Worksheet

BLUE, GREEN, GREY = "DCE9F5", "DFF0E1", "F3F4F5"
"""Inputs are blue and outputs green, as they were in classic's workbooks; the customer's own columns are grey."""

DARK_BLUE, DARK_GREEN, DARK_GREY = "1F5F8B", "2E7D4F", "6B7780"
AMBER, RED = "FFD98A", "F4A8A0"
INK, QUIET, LINE = "222B32", "6B7780", "C3CED6"
FONT = "Calibri"


@dataclass(frozen=True, slots=True)
class Look:
    """How one template looks."""

    accent: str

    @property
    def on_accent(self) -> str:
        """White or dark, whichever is read better on the accent colour (relative luminance as WCAG 2.1 defines it)."""
        return "FFFFFF" if luminance(self.accent) < 0.36 else INK


def luminance(color: str) -> float:
    """0 is black, 1 is white."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@lru_cache
def font(color: str = INK, size: float = 11, **more: Any) -> Font:  # noqa: ANN401 - openpyxl's own arguments
    """The template's font."""
    return Font(name=FONT, family=2, size=size, color=f"FF{color}", **more)


@lru_cache
def fill(color: str) -> PatternFill:
    """A solid colour."""
    return PatternFill("solid", fgColor=f"FF{color}", bgColor=f"FF{color}")


def differing(color: str, *, bold: bool = False) -> DifferentialStyle:
    """What a conditional format changes: the fill, and thin lines around the cell."""
    side = Side("thin", color=f"FF{LINE}")
    weight = Font(bold=True) if bold else None
    return DifferentialStyle(font=weight, fill=fill(color), border=Border(side, side, side, side))


@lru_cache
def _alignment(**align: Any) -> Alignment:  # noqa: ANN401
    return Alignment(**align)


def put(sheet: Worksheet, address: str, text: str, style: Font, color: str = "", **align: Any) -> Cell:  # noqa: ANN401
    """Write text that stays text, whatever it begins with."""
    cell: Cell = sheet[address]
    cell.value = text
    cell.data_type = "s"
    cell.font = style
    cell.alignment = _alignment(**({"vertical": "center"} | align))
    if color:
        cell.fill = fill(color)
    return cell


def paint(sheet: Worksheet, area: str, color: str) -> None:
    """Fill a rectangle."""
    for row in sheet[area]:
        for cell in row:
            cell.fill = fill(color)


def height(text: str, characters: int, line: float = 15, least: int = 1) -> float:
    """Points that a wrapped text needs where that many characters fit in a line."""
    lines = sum(-(-max(len(part), 1) // characters) for part in text.split("\n"))
    return max(lines, least) * line + 3

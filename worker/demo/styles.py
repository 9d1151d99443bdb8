"""How the customer's workbook looks."""

from __future__ import annotations

from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

NAVY, TEAL, AMBER, PALE, GREY = "#173E5C", "#2F8F9D", "#F2A93B", "#EAF2F5", "#6B7780"
LINE = {"bottom": 4, "bottom_color": "#C8D3DA"}
HEAD = {"bold": True, "font_color": "white", "bg_color": NAVY}


class Styles:
    """The cell formats of one workbook; equal ones are made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def __call__(self, **properties: Any) -> Format:  # noqa: ANN401 - XlsxWriter's own properties
        """The format with these XlsxWriter properties."""
        key = repr(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "vcenter", **properties})
        return self._made[key]

    def title(self, sheet: Worksheet, title: str, under: str) -> None:
        """Write the title block: a margin, the title in B2, a line under it in B3."""
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 2)
        for row, height in enumerate((15, 26, 18)):
            sheet.set_row(row, height)
        sheet.write("B2", title, self(bold=True, font_size=18, font_color=NAVY))
        sheet.write("B3", under, self(font_size=11, font_color=GREY))

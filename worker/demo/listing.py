"""The sheet "Applicants": the customer's list as it is looked at, with title, header, rows, rules and print layout."""

from __future__ import annotations

from datetime import date
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from worker.demo.applicants import FIRST_COLUMN, HEADER_ROW, OWN_COLUMNS, Applicants, Formula, Value
from worker.demo.credit import ATTRIBUTES
from worker.demo.styles import HEAD, LINE, NAVY, PALE, Styles
from worker.scoring.schema import ColumnType

NAME = "Applicants"
AMOUNT = "Credit amount (DM)"
WIDTHS = {
    "Application": 13,
    "Branch": 15,
    "Checking account": 18,
    "Credit history": 30,
    "Purpose": 20,
    AMOUNT: 15,
    "Savings": 20,
    "Employment": 18,
    "Other debtors": 15,
    "Property": 32,
    "Other instalment plans": 15,
    "Job": 28,
}
LOOKS: dict[str, dict[str, Any]] = {
    item.column.name: {"align": "center"} for item in ATTRIBUTES if item.column.type is ColumnType.INTEGER
}
LOOKS[AMOUNT] = {"align": "right", "indent": 1}


class Listing:
    """Writes the sheet."""

    def __init__(self, book: Workbook, style: Styles, rows: Applicants) -> None:
        self._book, self._style, self._rows = book, style, rows
        self._sheet: Worksheet = book.add_worksheet(NAME)

    def write(self, title: str, under: str, footer: str) -> None:
        """Write title, header, rows, rules and print layout."""
        sheet = self._sheet
        self._style.title(sheet, title, under)
        self._header()
        for column, (name, values) in enumerate(self._rows.columns.items(), FIRST_COLUMN):
            for row, value in enumerate(values, HEADER_ROW):
                self._cell(row, column, value, name)
        self._rules()
        sheet.freeze_panes(HEADER_ROW, FIRST_COLUMN + 1)
        sheet.set_landscape()
        sheet.set_paper(8)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW - 1)
        sheet.set_footer(footer)

    def _header(self) -> None:
        sheet, names = self._sheet, list(self._rows.columns)
        form, last = FIRST_COLUMN + len(OWN_COLUMNS), FIRST_COLUMN + len(names) - 1
        band = self._style(bold=True, font_color=NAVY, bg_color=PALE, align="center")
        sheet.merge_range(HEADER_ROW - 2, FIRST_COLUMN, HEADER_ROW - 2, form - 1, "Our file", band)
        sheet.merge_range(HEADER_ROW - 2, form, HEADER_ROW - 2, last, "From the application form", band)
        sheet.set_row(HEADER_ROW - 1, 32)
        for column, name in enumerate(names, FIRST_COLUMN):
            sheet.set_column(column, column, WIDTHS.get(name, 12))
            style = self._style(**HEAD, text_wrap=True, **LOOKS.get(name, {}))
            sheet.write_string(HEADER_ROW - 1, column, name, style)
        amount = FIRST_COLUMN + names.index(AMOUNT)
        sheet.write_comment(HEADER_ROW - 1, amount, "As on the application form, before fees.")
        sheet.autofilter(HEADER_ROW - 1, FIRST_COLUMN, self._rows.last_row - 1, last)

    def _cell(self, row: int, column: int, value: Value, name: str) -> None:
        shown = "#,##0" if name == AMOUNT else "General"
        plain = self._style(**LINE, **LOOKS.get(name, {}), num_format=shown)
        if isinstance(value, Formula):
            self._sheet.write_formula(row, column, value.text, plain, value.stored)
        elif isinstance(value, date):
            day = self._style(**LINE, num_format="dd mmm yyyy", align="left")
            self._sheet.write_datetime(row, column, value, day)
        elif value is None:
            self._sheet.write_blank(row, column, None, plain)
        else:
            self._sheet.write(row, column, value, plain)

    def _rules(self) -> None:
        bar = {"type": "data_bar", "bar_color": "#9CCDD6", "bar_solid": True, "bar_border_color": "#9CCDD6"}
        long = self._book.add_format({"font_color": "#9C5700", "bg_color": "#FFEBC8"})
        overdrawn = self._book.add_format({"font_color": "#B3261E"})
        self._rule(AMOUNT, bar)
        self._rule("Duration (months)", {"type": "cell", "criteria": ">", "value": 48, "format": long})
        self._rule("Checking account", {"type": "cell", "criteria": "==", "value": '"under 0 DM"', "format": overdrawn})
        self._sheet.data_validation(self._rows.cells("Branch"), {"validate": "list", "source": "=Branches"})

    def _rule(self, column: str, rule: dict[str, Any]) -> None:
        self._sheet.conditional_format(self._rows.cells(column), rule)

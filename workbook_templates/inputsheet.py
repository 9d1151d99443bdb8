"""The Input sheet: an Excel table to fill in, with help, rules and marks for every column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from workbook_templates import look, rules
from workbook_templates.definition import Definition
from workbook_templates.facts import Row
from workbook_templates.look import Look, font, put
from workbook_templates.phrases import Phrases, line
from workbook_templates.plan import (
    FILLED,
    FIRST,
    GAP,
    GROUPS,
    HEADER,
    HINT,
    INCOMPLETE,
    KINDS,
    LABELS,
    TABLE,
    TITLE,
    Field,
    Plan,
    Shown,
    filled_formula,
    incomplete_formula,
)
from workbook_templates.sheets import name
from worker.scoring.schema import ColumnType

WIDEST, NARROWEST = 30, 11
_PAGE = 190
"""Width of the columns that can still be read when they are fitted to one page across."""

_EDGE = Side("thin", color=f"FF{look.LINE}")


class InputSheet:
    """Draws the sheet from its plan. `counts` are the stored values of its two formulas, by cell."""

    def __init__(
        self,
        book: Workbook,
        definition: Definition,
        plan: Plan,
        phrases: Phrases,
        rows: Sequence[Row],
        *,
        examples: bool = False,
    ) -> None:
        self.sheet: Worksheet = book.create_sheet(phrases("input"))
        self._book = book
        self._definition = definition
        self._filled = [{line(name): value for name, value in row.items()} for row in rows]
        self._examples = examples and bool(rows)
        self._plan = plan
        self._phrases = phrases
        self._look = Look(definition.accent)

    @property
    def counts(self) -> dict[str, int]:
        """What the two counts are as the sheet is handed out."""
        needed = [field.header for field in self._plan.inputs if field.needed]
        known = [field.header for field in self._plan.fields]
        started = [row for row in self._filled if any(row.get(name) is not None for name in known)]
        lacking = sum(any(row.get(name) is None for name in needed) for row in started)
        return {f"A{FILLED}": len(started), f"A{INCOMPLETE}": lacking}

    def draw(self) -> None:
        """Everything on the sheet, its names and its print set-up."""
        self._top()
        self._heads()
        self._columns()
        self._rows()
        self._table()
        self._formats()
        self._names()
        self._print()

    def _top(self) -> None:
        sheet, phrases = self.sheet, self._phrases
        put(sheet, f"A{TITLE}", line(self._definition.title), font(self._look_ink(), 18, bold=True))
        hint = " ".join([phrases("hint"), *([phrases("examples")] if self._examples else [])])
        put(sheet, f"A{HINT}", hint, font(look.QUIET))
        for row, formula, key in (
            (FILLED, filled_formula(self._plan), "filled"),
            (INCOMPLETE, incomplete_formula(self._plan), "incomplete"),
        ):
            cell = sheet[f"A{row}"]
            cell.value, cell.number_format = formula, "0"
            cell.font, cell.alignment = font(bold=True), Alignment(horizontal="right", vertical="center")
            put(sheet, f"B{row}", phrases(key), font(), horizontal="left", indent=1)
        for row, points in ((TITLE, 32), (HINT, 20), (FILLED, 18), (INCOMPLETE, 18), (GAP, 6)):
            sheet.row_dimensions[row].height = points

    def _look_ink(self) -> str:
        """The accent colour where it can be read on white."""
        return self._look.accent if look.luminance(self._look.accent) < 0.5 else look.INK

    def _heads(self) -> None:
        own = [field for field in self._plan.fields if field.own]
        self._group(own, self._phrases("own"), look.DARK_GREY)
        self._group(self._plan.inputs, self._phrases("inputs"), look.DARK_BLUE)
        self._group(self._plan.shown, self._phrases("outputs"), look.DARK_GREEN)
        for field in self._plan.fields:
            color = look.GREY if field.own else look.BLUE
            self._head(field, color, rules.kind_text(field, self._phrases))
        for shown in self._plan.shown:
            self._head(shown, look.GREEN, shown.help)
        sheet = self.sheet
        sheet.row_dimensions[GROUPS].height = 20
        sheet.row_dimensions[LABELS].height = 32 if self._plan.labelled else 4
        sheet.row_dimensions[KINDS].height = 38
        sheet.row_dimensions[HEADER].height = 20

    def _group(self, columns: tuple[Field, ...] | tuple[Shown, ...] | list[Field], text: str, color: str) -> None:
        if not columns:
            return
        first, last = columns[0].letter, columns[-1].letter
        look.paint(self.sheet, f"{first}{GROUPS}:{last}{GROUPS}", color)
        shown = (
            text
            if sum(self._width(column) for column in columns) > len(text)
            else text.split(":", maxsplit=1)[0].split(",", maxsplit=1)[0]
        )
        put(self.sheet, f"{first}{GROUPS}", shown, font("FFFFFF", bold=True), color, horizontal="left", indent=1)

    def _head(self, column: Field | Shown, color: str, facts: str) -> None:
        sheet, letter = self.sheet, column.letter
        edge = Border(left=_EDGE, right=_EDGE)
        if self._plan.labelled:
            put(
                sheet,
                f"{letter}{LABELS}",
                column.label,
                font(bold=True),
                color,
                vertical="bottom",
                wrap_text=True,
                horizontal="left",
                indent=1,
            )
            sheet[f"{letter}{LABELS}"].border = edge
        put(
            sheet,
            f"{letter}{KINDS}",
            facts,
            font(look.QUIET, 9),
            color,
            vertical="top",
            wrap_text=True,
            horizontal="left",
            indent=1,
        )
        sheet[f"{letter}{KINDS}"].border = edge
        style = font(look.QUIET, 9) if self._plan.labelled else font(bold=True)
        put(sheet, f"{letter}{HEADER}", column.header, style, color, horizontal="left", indent=1)
        sheet[f"{letter}{HEADER}"].border = Border(_EDGE, _EDGE, bottom=Side("medium", color=f"FF{look.QUIET}"))

    def _columns(self) -> None:
        """Formats are those of whole columns, so that a template is small whatever rows it prepares."""
        columns: tuple[Field | Shown, ...] = (*self._plan.fields, *self._plan.shown)
        for column in columns:
            dimension = self.sheet.column_dimensions[column.letter]
            dimension.width = self._width(column)
            dimension.number_format, dimension.font = column.format, font()
            dimension.alignment = _aligned(column)

    def _width(self, column: Field | Shown) -> float:
        texts = [column.header + "    ", *column.label.split()]
        if isinstance(column, Field):
            texts += column.categories
            texts += ["0" * 16] if column.type is ColumnType.DATETIME or column.own else []
        return min(max(NARROWEST, *(len(text) + 2 for text in texts)), WIDEST)

    def _rows(self) -> None:
        for row, values in enumerate(self._filled, FIRST):
            for field in self._plan.fields:
                self._cell(f"{field.letter}{row}", values.get(field.header), field)

    def _cell(self, address: str, value: Any, field: Field) -> None:  # noqa: ANN401 - what a row may hold
        cell = self.sheet[address]
        moment = field.type is ColumnType.DATETIME and isinstance(value, str)
        cell.value = dt.datetime.fromisoformat(value) if moment else value
        if isinstance(value, str) and not moment:
            cell.data_type = "s"
        cell.number_format, cell.font, cell.alignment = field.format, font(), _aligned(field)

    def _table(self) -> None:
        # named here, as openpyxl would make a cell for each that the table prepares
        columns = [TableColumn(id=field.number, name=field.header) for field in self._plan.fields]
        table = Table(displayName=TABLE, ref=self._plan.block, tableColumns=columns)
        table.autoFilter = AutoFilter(ref=self._plan.block)
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
        self.sheet.add_table(table)
        for field in self._plan.fields:
            rule = rules.validation(field, self._phrases)
            rule.add(self._plan.cells(field.letter))
            self.sheet.add_data_validation(rule)

    def _formats(self) -> None:
        """The marks come before the bands and the colours of the columns: the first that fits is shown."""
        formats = self.sheet.conditional_formatting
        lacking = Rule(type="expression", dxf=look.differing(look.AMBER, bold=True), formula=[f"$A${INCOMPLETE}>0"])
        formats.add(f"A{INCOMPLETE}", lacking)
        for area, rule in rules.marks(self._plan):
            formats.add(area, rule)
        for shown in self._plan.shown:
            for band in shown.words.bands:
                cell = f"{shown.letter}{FIRST}"
                tests = [f"ISNUMBER({cell})"]
                tests += [f"{cell}>={rules.literal(band.start)}"] if band.start is not None else []
                tests += [f"{cell}<{rules.literal(band.end)}"] if band.end is not None else []
                rule = Rule(type="expression", dxf=look.differing(band.color), formula=[f"AND({','.join(tests)})"])
                rule.stopIfTrue = True
                formats.add(self._plan.cells(shown.letter), rule)
        for columns, color in self._blocks():
            area = f"{columns[0].letter}{FIRST}:{columns[-1].letter}{self._plan.last}"
            formats.add(area, Rule(type="expression", dxf=look.differing(color), formula=["TRUE"]))

    def _blocks(self) -> list[tuple[tuple[Field | Shown, ...], str]]:
        own = tuple(field for field in self._plan.fields if field.own)
        blocks = ((own, look.GREY), (self._plan.inputs, look.BLUE), (self._plan.shown, look.GREEN))
        return [(columns, color) for columns, color in blocks if columns]

    def _names(self) -> None:
        plan = self._plan
        areas = {
            "Rows_Filled": f"$A${FILLED}",
            "Rows_Incomplete": f"$A${INCOMPLETE}",
            "Rows_To_Score": _absolute("A", FIRST, plan.fields[-1].letter, plan.last),
        }
        keys = ("Own_Columns", "Blue_Inputs", "Green_Outputs")
        blocks = dict(zip((look.GREY, look.BLUE, look.GREEN), keys, strict=True))
        for columns, color in self._blocks():
            areas[blocks[color]] = _absolute(columns[0].letter, FIRST, columns[-1].letter, plan.last)
        for key, area in areas.items():
            name(self._book, key, f"{quote_sheetname(self.sheet.title)}!{area}")

    def _print(self) -> None:
        sheet, phrases = self.sheet, self._phrases
        sheet.sheet_properties.tabColor = f"FF{look.DARK_BLUE}"
        sheet.sheet_view.showGridLines = False
        sheet.sheet_view.zoomScale = 90
        sheet.freeze_panes = f"{get_column_letter(2 if self._plan.fields[0].own else 1)}{FIRST}"
        first = self.sheet[f"A{FIRST}"].coordinate
        for selection in sheet.sheet_view.selection:
            selection.activeCell = selection.sqref = first
        sheet.print_title_rows = f"{GROUPS}:{HEADER}"
        if self._plan.fields[0].own:
            sheet.print_title_cols = "A:A"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        columns: tuple[Field | Shown, ...] = (*self._plan.fields, *self._plan.shown)
        pages = -(-round(sum(self._width(column) for column in columns)) // _PAGE)
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = max(pages, 1), 0
        footers(sheet, self._definition, phrases)


def footers(sheet: Worksheet, definition: Definition, phrases: Phrases) -> None:
    """Title and page below every printed page; an ampersand is doubled there."""
    left = _HeaderFooterPart(text=line(definition.title).replace("&", "&&"))
    sheet.oddFooter = HeaderFooterItem(left=left, right=_HeaderFooterPart(text=phrases("page", page="&P", pages="&N")))


def _absolute(left: str, top: int, right: str, bottom: int) -> str:
    return f"${left}${top}:${right}${bottom}"


def _aligned(column: Field | Shown) -> Alignment:
    """Text keeps away from a number on its left."""
    text = isinstance(column, Field) and column.type is ColumnType.TEXT
    return Alignment(horizontal="left" if text else None, vertical="center", indent=int(text))

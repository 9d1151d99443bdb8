"""The hidden sheet of allowed values, and the sheet that says what values mean."""

from __future__ import annotations

from openpyxl.styles import Border, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName

from workbook_templates.look import INK, LINE, QUIET, Look, font, put
from workbook_templates.phrases import Phrases, line
from workbook_templates.plan import Plan
from worker.scoring.binding import CODES
from worker.scoring.schema import ColumnType


def name(book: Workbook, key: str, refers_to: str, *, hidden: bool = False) -> None:
    """Define a name in the workbook."""
    book.defined_names[key] = DefinedName(key, attr_text=refers_to, hidden=hidden or None)


def add_lists(book: Workbook, plan: Plan, phrases: Phrases) -> None:
    """A column for each list, as inline lists end at 255 characters; its name stands above, which is no column's."""
    sheet = book.create_sheet(phrases("lists"))
    sheet.sheet_state = "hidden"
    lists: dict[str, tuple[str | bool, ...]] = {
        field.list: (True, False) if field.type is ColumnType.BOOLEAN else field.categories
        for field in plan.fields
        if field.list
    }
    for number, (key, values) in enumerate(lists.items(), 1):
        letter = get_column_letter(number)
        put(sheet, f"{letter}1", key, font(bold=True))
        sheet.column_dimensions[letter].width = 24
        for row, value in enumerate(values, 2):
            if isinstance(value, bool):
                sheet[f"{letter}{row}"] = value
            else:
                put(sheet, f"{letter}{row}", value, font())
        name(book, key, f"{quote_sheetname(sheet.title)}!${letter}$2:${letter}${len(values) + 1}")


def add_codes(book: Workbook, plan: Plan, phrases: Phrases, look: Look) -> None:
    """What each value of a list means, where the definition says so."""
    told = [field for field in plan.fields if field.values]
    if not told:
        return
    sheet = book.create_sheet(phrases("codes"))
    sheet.sheet_properties.tabColor = f"FF{look.accent}"
    sheet.sheet_view.showGridLines = False
    for letter, width in zip("ABCD", (2, 26, 34, 44), strict=True):
        sheet.column_dimensions[letter].width = width
    put(sheet, "B1", phrases("codes_title"), font(look.accent, 18, bold=True))
    sheet.row_dimensions[1].height = 34
    under = Border(bottom=Side("thin", color=f"FF{LINE}"))
    row = 3
    for field in told:
        heads = (field.label, phrases("code"), phrases("meaning"))
        for letter, text in zip("BCD", heads, strict=True):
            put(
                sheet, f"{letter}{row}", text, font(look.on_accent, bold=True), look.accent, horizontal="left", indent=1
            )
        for row, value in enumerate(field.categories, row + 1):  # noqa: B020 - the row goes on
            meaning = line(field.values.get(value, ""))
            put(sheet, f"C{row}", value, font(INK), horizontal="left", indent=1).border = under
            put(sheet, f"D{row}", meaning, font(QUIET), horizontal="left", indent=1).border = under
            sheet[f"B{row}"].border = under
        row += 2
    name(book, CODES, f"{quote_sheetname(sheet.title)}!$B$3:$D${row - 2}")
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "portrait", 9
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0

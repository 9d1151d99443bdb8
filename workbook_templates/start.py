"""The Start sheet: on one page, what to do, what is wanted, what comes back, whom to ask."""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl.styles import Border, Side
from openpyxl.utils import quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workbook_templates import look, rules
from workbook_templates.definition import Band, Definition
from workbook_templates.facts import Facts
from workbook_templates.inputsheet import footers
from workbook_templates.look import Look, font, put
from workbook_templates.phrases import Phrases, line
from workbook_templates.plan import Plan
from workbook_templates.sheets import name
from worker.scoring.binding import START

WIDTHS = {"A": 2, "B": 6, "C": 25, "D": 21, "E": 3, "F": 6, "G": 25, "H": 21}
WIDE, HALF = 96, 44
"""Characters that fit from C to H, and from B to D."""

MOST_LISTED = 24
_UNDER = Border(bottom=Side("thin", color=f"FF{look.LINE}"))


class StartSheet:
    """Draws the sheet. `counts` are the cells whose formulas show the Input sheet's counts."""

    def __init__(self, sheet: Worksheet, definition: Definition, plan: Plan, phrases: Phrases, facts: Facts) -> None:
        self._sheet = sheet
        self._definition = definition
        self._plan = plan
        self._phrases = phrases
        self._facts = facts
        self._look = Look(definition.accent)
        self._row = 1
        self.counts: dict[str, str] = {}

    def draw(self, book: Workbook) -> None:
        """Everything on the sheet, its protection and its print set-up."""
        for letter, width in WIDTHS.items():
            self._sheet.column_dimensions[letter].width = width
        self._title()
        self._steps()
        top = self._row
        ends = [self._wanted(), self._returned(top)]
        self._row = max(ends) + 1
        self._foot()
        name(book, START, f"{quote_sheetname(self._sheet.title)}!$B$1:$H${self._row}")
        self._finish()

    def _title(self) -> None:
        sheet, look_ = self._sheet, self._look
        look.paint(sheet, "B1:H2", look_.accent)
        put(
            sheet,
            "B1",
            line(self._definition.title),
            font(look_.on_accent, 22, bold=True),
            look_.accent,
            vertical="bottom",
            horizontal="left",
            indent=1,
        )
        customer = self._definition.customer
        under = self._phrases("made_for", customer=line(customer)) if customer else ""
        put(sheet, "B2", under, font(look_.on_accent, 12), look_.accent, vertical="top", horizontal="left", indent=1)
        sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 42, 26
        self._row = 4
        if self._definition.about:
            self._wrapped("B", "H", line(self._definition.about), WIDE + 6)
            self._row += 1

    def _steps(self) -> None:
        self._heading("B", "H", self._phrases("steps"), self._look.accent, self._look.on_accent)
        for number in (1, 2, 3):
            sign = put(
                self._sheet,
                f"B{self._row}",
                str(number),
                font(self._look.on_accent, 14, bold=True),
                self._look.accent,
                horizontal="center",
            )
            sign.border = Border(bottom=Side("medium", color="FFFFFFFF"))
            self._wrapped("C", "H", self._phrases(f"step_{number}"), WIDE, least=2, indent=1)
        self._row += 1

    def _wanted(self) -> int:
        """The blue columns on the left. Returns the row below."""
        top = self._row
        self._heading("B", "D", self._phrases("you_fill_in"), look.DARK_BLUE)
        fields = self._plan.inputs
        shown = fields if len(fields) <= MOST_LISTED else fields[: MOST_LISTED - 1]
        for field in shown:
            self._pair("B", "D", field.label, rules.kind_text(field, self._phrases), look.BLUE)
        if len(shown) < len(fields):
            more = self._phrases("and_more", count=len(fields) - len(shown))
            self._pair("B", "D", more, "", look.BLUE)
        end, self._row = self._row, top
        return end

    def _returned(self, top: int) -> int:
        """The green columns and what their numbers mean, on the right. Returns the row below."""
        self._row = top
        self._heading("F", "H", self._phrases("you_get_back"), look.DARK_GREEN)
        for shown in self._plan.shown[: MOST_LISTED // 2]:
            self._pair("F", "H", shown.label, "", look.GREEN)
        for shown in self._plan.shown:
            if shown.words.bands:
                self._row += 1
                self._bands(shown.label, shown.format, shown.words.bands)
        return self._row

    def _bands(self, label: str, code: str, bands: tuple[Band, ...]) -> None:
        title = self._phrases("bands") + f": {label}"
        self._heading("F", "H", title, look.GREY, look.INK)
        for band in bands:
            sheet, row = self._sheet, self._row
            look.paint(sheet, f"F{row}:F{row}", band.color)
            put(sheet, f"G{row}", line(band.wording), font(bold=True), horizontal="left", indent=1).border = _UNDER
            reach = self._phrases.band(band.start, band.end, percent="%" in code)
            put(sheet, f"H{row}", reach, font(look.QUIET, 10)).border = _UNDER
            sheet.row_dimensions[row].height = 18
            self._row += 1

    def _foot(self) -> None:
        self._heading("B", "H", self._phrases("state"), look.GREY, look.INK)
        for key, refers_to in (("filled", "Rows_Filled"), ("incomplete", "Rows_Incomplete")):
            cell = f"D{self._row}"
            put(self._sheet, f"B{self._row}", self._phrases(key), font(), horizontal="left", indent=1)
            self._sheet[cell].value = f"={refers_to}"
            self._sheet[cell].font, self._sheet[cell].number_format = font(bold=True), "0"
            self.counts[cell] = refers_to
            self._row += 1
        self._row += 1
        for key, lines in self._told():
            self._heading("B", "H", self._phrases(key), look.GREY, look.INK)
            for text in lines:
                put(self._sheet, f"B{self._row}", text, font(), horizontal="left", indent=1)
                self._row += 1
            self._row += 1
        self._row -= 2

    def _told(self) -> Iterator[tuple[str, list[str]]]:
        definition, facts, say = self._definition, self._facts, self._phrases
        if definition.contact:
            yield "contact", [line(text) for text in definition.contact.split("\n") if text.strip()]
        version = say("model_version", version=facts.model_version, date=say.day(facts.model_date))
        template = say("template_version", template=definition.name, version=str(definition.version))
        yield "model", [f"{version} · {say('template')} {template}"]

    def _heading(self, left: str, right: str, text: str, color: str, ink: str = "FFFFFF") -> None:
        look.paint(self._sheet, f"{left}{self._row}:{right}{self._row}", color)
        put(self._sheet, f"{left}{self._row}", text, font(ink, 12, bold=True), color, horizontal="left", indent=1)
        self._sheet.row_dimensions[self._row].height = 22
        self._row += 1

    def _wrapped(self, left: str, right: str, text: str, characters: int, least: int = 1, indent: int = 0) -> None:
        self._sheet.merge_cells(f"{left}{self._row}:{right}{self._row}")
        put(self._sheet, f"{left}{self._row}", text, font(), wrap_text=True, horizontal="left", indent=indent)
        self._sheet.row_dimensions[self._row].height = look.height(text, characters, least=least)
        self._row += 1

    def _pair(self, left: str, right: str, label: str, facts: str, color: str) -> None:
        """A line of two texts, the first beside a coloured chip."""
        sheet, row = self._sheet, self._row
        middle = chr(ord(left) + 1)
        look.paint(sheet, f"{left}{row}:{left}{row}", color)
        put(sheet, f"{middle}{row}", label, font(), shrink_to_fit=True, horizontal="left", indent=1).border = _UNDER
        put(sheet, f"{right}{row}", facts, font(look.QUIET, 10), shrink_to_fit=True).border = _UNDER
        sheet.row_dimensions[row].height = 18
        self._row += 1

    def _finish(self) -> None:
        sheet = self._sheet
        sheet.protection.sheet = True
        sheet.sheet_properties.tabColor = f"FF{self._look.accent}"
        sheet.sheet_view.showGridLines = False
        sheet.print_area = f"A1:H{self._row}"
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "portrait", 9
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
        sheet.print_options.horizontalCentered = True
        footers(sheet, self._definition, self._phrases)

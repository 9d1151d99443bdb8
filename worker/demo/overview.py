"""The sheet "Overview": figures over the applicants, each with the value Excel would find, and two charts."""

from __future__ import annotations

from io import BytesIO

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from worker.demo import logo
from worker.demo.applicants import BRANCHES, Applicants
from worker.demo.credit import ATTRIBUTES
from worker.demo.styles import AMBER, HEAD, LINE, NAVY, TEAL, Styles

NAME = "Overview"
AMOUNT = "Credit amount (DM)"
MONTHS = "Duration (months)"


class Overview:
    """Writes the sheet."""

    def __init__(self, book: Workbook, style: Styles, rows: Applicants) -> None:
        self._book, self._style, self._rows = book, style, rows
        self._sheet: Worksheet = book.add_worksheet(NAME)

    def write(self, title: str, under: str) -> None:
        """Write title, logo, figures and charts."""
        sheet = self._sheet
        self._style.title(sheet, title, under)
        picture = {"image_data": BytesIO(logo.png()), "description": "Logo", "x_scale": 0.6, "y_scale": 0.6}
        sheet.insert_image("N1", "logo.png", picture | {"x_offset": 8, "y_offset": 4})
        sheet.set_column("B:B", 27)
        sheet.set_column("C:E", 14)
        sheet.set_column("F:F", 3)
        self._figures()
        self._by_branch()
        self._by_purpose()
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 1)

    def _head(self, row: int, names: tuple[str, ...]) -> None:
        for column, name in enumerate(names, 1):
            self._sheet.write(row, column, name, self._style(**HEAD, align="left" if column == 1 else "right"))

    def _figures(self) -> None:
        sheet, rows = self._sheet, self._rows
        amounts, months = rows.numbers(AMOUNT), rows.numbers(MONTHS)
        every, none = len(rows.columns["Application"]), rows.count("Checking account", "no account")
        amount, duration = rows.address(AMOUNT), rows.address(MONTHS)
        accounts = rows.address("Checking account")
        figures: list[tuple[str, str, float, str]] = [
            ("Applications", f"=COUNTA({rows.address('Application')})", every, "#,##0"),
            ("Amount asked for (DM)", f"=SUM({amount})", sum(amounts), "#,##0"),
            ("Average amount (DM)", f"=AVERAGE({amount})", sum(amounts) / len(amounts), "#,##0"),
            ("Average duration (months)", f"=AVERAGE({duration})", sum(months) / len(months), "0.0"),
            ("Without a checking account", f'=COUNTIF({accounts},"no account")/C6', none / every, "0.0%"),
        ]
        self._head(4, ("Key figures", ""))
        for row, (name, formula, value, shown) in enumerate(figures, 5):
            sheet.write(row, 1, name, self._style(**LINE))
            number = self._style(**LINE, num_format=shown, bold=True)
            sheet.write_formula(row, 2, formula, number, value)

    def _by_branch(self) -> None:
        sheet, rows = self._sheet, self._rows
        own, amount = rows.address("Branch"), rows.address(AMOUNT)
        first = 13
        self._head(first - 1, ("Branch", "Applications", "Amount (DM)", "Average (DM)"))
        shown = self._style(**LINE, num_format="#,##0")
        for row, branch in enumerate(BRANCHES, first):
            numbers, cell = rows.numbers(AMOUNT, branch), f"$B{row + 1}"
            sheet.write(row, 1, branch, shown)
            sheet.write_formula(row, 2, f"=COUNTIF({own},{cell})", shown, rows.count("Branch", branch))
            sheet.write_formula(row, 3, f"=SUMIF({own},{cell},{amount})", shown, sum(numbers))
            sheet.write_formula(row, 4, f"=AVERAGEIF({own},{cell},{amount})", shown, sum(numbers) / len(numbers))
        end = first + len(BRANCHES)
        total = self._style(bold=True, top=1, top_color=NAVY, num_format="#,##0")
        amounts = rows.numbers(AMOUNT)
        sheet.write(end, 1, "Total", total)
        sheet.write_formula(end, 2, f"=SUM(C{first + 1}:C{end})", total, len(rows.columns["Branch"]))
        sheet.write_formula(end, 3, f"=SUM(D{first + 1}:D{end})", total, sum(amounts))
        sheet.write_formula(end, 4, f"=AVERAGE({amount})", total, sum(amounts) / len(amounts))
        self._chart("G20", "Amount asked for by branch (DM)", (first, end - 1, 3), ("column", AMBER))

    def _by_purpose(self) -> None:
        sheet, rows = self._sheet, self._rows
        where = rows.address("Purpose")
        purposes = next(item.column.categories for item in ATTRIBUTES if item.column.name == "Purpose")
        counted = sorted(purposes, key=lambda purpose: -rows.count("Purpose", purpose))
        first = 21
        self._head(first - 1, ("Purpose", "Applications"))
        shown = self._style(**LINE, num_format="#,##0")
        for row, purpose in enumerate(counted, first):
            sheet.write(row, 1, purpose, shown)
            sheet.write_formula(row, 2, f"=COUNTIF({where},$B{row + 1})", shown, rows.count("Purpose", purpose))
        self._chart("G5", "Applications by purpose", (first, first + len(counted) - 1, 2), ("bar", TEAL))

    def _chart(self, place: str, title: str, cells: tuple[int, int, int], look: tuple[str, str]) -> None:
        first, last, column = cells
        kind, colour = look
        chart = self._book.add_chart({"type": kind})
        chart.add_series(
            {
                "name": title,
                "categories": [NAME, first, 1, last, 1],
                "values": [NAME, first, column, last, column],
                "fill": {"color": colour},
                "gap": 45,
            }
        )
        chart.set_title({"name": title, "name_font": {"size": 12, "color": NAVY}, "overlay": False})
        chart.set_legend({"none": True})
        lines = {"visible": True, "line": {"color": "#DDE4E8"}}
        values: dict[str, object] = {"num_format": "#,##0", "min": 0, "major_gridlines": lines, "line": {"none": True}}
        names: dict[str, object] = {
            "reverse": kind == "bar",
            "major_tick_mark": "none",
            "major_gridlines": {"visible": False},
        }
        if kind == "bar":
            chart.set_y_axis(names)
            chart.set_x_axis(values | {"label_position": "high"})
        else:
            chart.set_x_axis(names)
            chart.set_y_axis(values)
        chart.set_size({"width": 520, "height": 270})
        self._sheet.insert_chart(place, chart)

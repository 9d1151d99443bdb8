"""Makes the customer's workbook of the demonstration: `python -m worker.demo.book [FILE]`.

It has what real workbooks have around their rows: a title above the header, a picture, charts, formulas with their
values, conditional formats, validation, a comment, rich text, a hidden sheet and defined names. Two runs write the
same bytes.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.workbook import Workbook

from worker.demo.applicants import BRANCHES, CHECKED_BY_HAND, HEADER_ROW, Applicants, Formula, applicants, application
from worker.demo.listing import Listing
from worker.demo.material import WORKBOOK
from worker.demo.overview import Overview
from worker.demo.styles import LINE, TEAL, Styles

FIRM = "Harbour Street Credit Union"
TITLE = "Consumer loan applications, first quarter 2026 · as of 31 March 2026"
# Excel's dates have no zone.
CREATED = datetime(2026, 3, 31, 9)  # noqa: DTZ001
NOTES = (
    ("How this list is kept", "Branches enter applications in ", "Applicants", " as they arrive, one row each."),
    ("Amounts", "All amounts are in ", "German marks (DM)", ", as in the source of the data."),
    ("Existing credits", "Numbers checked by hand stand on the sheet ", "Lists", " and are looked up from there."),
    (
        "Where the data comes from",
        "Statlog (German Credit Data), H. Hofmann, 1994, UCI Machine Learning Repository, ",
        "CC BY 4.0",
        ", https://doi.org/10.24432/C5NC77. Names of columns and categories were shortened, two columns left out.",
    ),
    (
        "What is made up",
        "The credit union, the application numbers, the dates and the branches are invented, and ",
        "20 rows have mistakes on purpose",
        ".",
    ),
)


def build(path: Path) -> None:
    """Write the workbook to `path`."""
    book = xlsxwriter.Workbook(path, {"in_memory": True})
    book.set_properties({"title": TITLE, "company": FIRM, "created": CREATED})
    style, rows = Styles(book), applicants()
    Overview(book, style, rows).write(FIRM, TITLE)
    Listing(book, style, rows).write(FIRM, f"{TITLE} · amounts in German marks (DM)", f"&L{FIRM}&RPage &P of &N")
    _notes(book, style)
    _lists(book, style, rows)
    first, last = (rows.letter(name) for name in (next(iter(rows.columns)), next(reversed(rows.columns))))
    book.define_name("Applicants_Data", f"=Applicants!${first}${HEADER_ROW}:${last}${rows.last_row}")
    book.define_name("Branches", f"=Lists!$A$2:$A${len(BRANCHES) + 1}")
    book.close()


def _notes(book: Workbook, style: Styles) -> None:
    sheet = book.add_worksheet("Notes")
    style.title(sheet, "Notes", "About this workbook")
    sheet.set_column("B:B", 28)
    sheet.set_column("C:C", 90)
    strong = book.add_format({"bold": True, "font_color": TEAL})
    for row, (name, before, bold, after) in enumerate(NOTES, 4):
        sheet.set_row(row, 34)
        sheet.write(row, 1, name, style(bold=True, **LINE))
        sheet.write_rich_string(row, 2, before, strong, bold, after, style(text_wrap=True, **LINE))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _lists(book: Workbook, style: Styles, rows: Applicants) -> None:
    sheet = book.add_worksheet("Lists")
    sheet.hide()
    sheet.set_column("A:D", 18)
    sheet.write_row("A1", ("Branch", "", "Checked by hand", "Existing credits"), style(bold=True))
    sheet.write_column("A2", BRANCHES)
    for row, number in enumerate(CHECKED_BY_HAND, 1):
        found = rows.columns["Existing credits"][number - 1]
        sheet.write(row, 2, application(number))
        sheet.write(row, 3, found.stored if isinstance(found, Formula) else found)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name(WORKBOOK))

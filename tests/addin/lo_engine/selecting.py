"""What is selected, as Excel would say it: LibreOffice leaves filtered rows out of a selection."""

from __future__ import annotations

from typing import Any

from tests.addin.lo_engine import addresses
from tests.addin.lo_engine.addresses import Box


def selected(document: Any) -> tuple[int, list[Box]] | None:
    """Number of the sheet (from 0) and the rectangles; None when a shape or a chart is selected."""
    controller = document.CurrentController
    chosen, sheet = controller.getSelection(), controller.ActiveSheet
    if chosen.supportsService("com.sun.star.sheet.SheetCellRanges"):
        found = [addresses.of(area) for area in chosen.getRangeAddresses()]
    elif chosen.supportsService("com.sun.star.sheet.SheetCellRange"):
        found = [addresses.of(chosen.RangeAddress)]
    else:
        return None
    number = sheet.RangeAddress.Sheet
    joined: list[Box] = []
    for box in found or [_cursor(controller.getViewData(), number)]:
        if joined and _only_hidden_between(sheet, joined[-1], box):
            joined[-1] = joined[-1].around(box)
        else:
            joined.append(box)
    return number, joined


def _only_hidden_between(sheet: Any, upper: Box, lower: Box) -> bool:
    if (upper.left, upper.right) != (lower.left, lower.right) or upper.bottom + 1 >= lower.top:
        return False
    between = sheet.getCellRangeByPosition(upper.left, upper.bottom + 1, upper.left, lower.top - 1)
    return not between.queryVisibleCells().Count


def _cursor(view: str, sheet: int) -> Box:
    """The cell under the cursor, from the text that LibreOffice stores for a window: "...;column/row/...;..."."""
    column, row = view.split(";")[3 + sheet].replace("+", "/").split("/")[:2]
    return Box.cell(int(row), int(column))

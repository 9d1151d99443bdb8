"""What Excel knows and plain xlwings does not tell: asked through `.api`, with COM names on Windows and appscript names
on macOS. The engines for tests (`addin.memory`, LibreOffice) answer to the COM names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

import xlwings as xw

from addin.errors import GridError, GridFault

Sleep = Callable[[float], None]

PATIENCE = 30.0
"""Seconds to wait for Excel while a cell is being edited or a dialog is open."""
_PAUSE = 0.25


def _ask(thing: Any, com: str, mac: str) -> Any:  # noqa: ANN401 - COM and appscript objects have no types
    if not _is_appscript(thing):
        return getattr(thing, com)
    answer = getattr(thing, mac).get()
    return None if str(answer) == "k.missing_value" else answer


def _is_appscript(thing: object) -> bool:
    return type(thing).__module__.startswith(("appscript", "aem"))


def wait_until_ready(app: xw.App, sleep: Sleep = time.sleep, patience: float = PATIENCE) -> None:
    """Return when Excel takes calls. Raises GridError BUSY when it does not within `patience` seconds.

    xlwings repeats a refused call without end and without a pause, so it must not be asked before this.
    """
    waited = 0.0
    while not _is_ready(app):
        if waited >= patience:
            raise GridError(GridFault.BUSY)
        sleep(_PAUSE)
        waited += _PAUSE


def _is_ready(app: xw.App) -> bool:
    if _is_appscript(app.api):
        return True
    without_retries = getattr(app.api, "_inner", app.api)
    try:
        return bool(without_retries.Ready)
    except Exception:  # noqa: BLE001 - pywin32 is not there to import its class from; a refused call means busy
        return False


def selection(app: xw.App) -> xw.Range | None:
    """The selected cells, None when something else is selected.

    Not `app.selection`: that counts the cells, and the count of a whole sheet overflows in Excel.
    """
    impl = app.impl.selection
    return None if impl is None else xw.Range(impl=impl)


def count_areas(cells: xw.Range) -> int:
    """Of how many rectangles a selection is made."""
    if _is_appscript(cells.api):
        return str(cells.api.get_address()).count(",") + 1
    return int(cells.api.Areas.Count)


def is_chart_active(app: xw.App) -> bool:
    """Whether a chart or a chart sheet has the focus."""
    return _ask(app.api, "ActiveChart", "active_chart") is not None


def is_in_protected_view(app: xw.App) -> bool:
    """Whether a workbook is open in Protected View. Excel for macOS has no such thing."""
    return not _is_appscript(app.api) and app.api.ProtectedViewWindows.Count > 0


def is_sheet_protected(sheet: xw.Sheet) -> bool:
    """Whether locked cells refuse to be changed, and all cells to be formatted."""
    return bool(_ask(sheet.api, "ProtectContents", "protect_contents"))


def is_protected(cells: xw.Range) -> bool:
    """Whether any of the cells refuses to be changed."""
    return is_sheet_protected(cells.sheet) and _ask(cells.api, "Locked", "locked") is not False


def is_structure_protected(book: xw.Book) -> bool:
    """Whether sheets cannot be added to the workbook."""
    return bool(_ask(book.api, "ProtectStructure", "protect_structure"))


def has_formula(cells: xw.Range) -> bool | None:
    """True when all of the cells hold formulas, False when none does, None when some do."""
    answer: bool | None = _ask(cells.api, "HasFormula", "has_formula")
    return answer


def has_merged(cells: xw.Range) -> bool:
    """Whether any of the cells is merged. Excel says None where only some are."""
    return cells.merge_cells is not False


def visible_parts(cells: xw.Range) -> list[xw.Range]:
    """The rectangles of a range that are shown, neither their row nor their column hidden."""
    return cast("list[xw.Range]", cells.get_special_cells("visible"))  # a coroutine only in xlwings Lite


def exact_values(cells: xw.Range) -> Any:  # noqa: ANN401 - what the engine holds
    """The cells as Excel holds them: dates as numbers, currency with all its digits (`.raw_value` keeps four)."""
    return _ask(cells.api, "Value2", "value2")


def count_things(sheet: xw.Sheet) -> tuple[int, ...]:
    """How many charts, shapes (pictures are among them), tables and notes a sheet has. On macOS notes are not told."""
    notes = 0 if _is_appscript(sheet.api) else int(sheet.api.Comments.Count)
    return len(sheet.charts), len(sheet.shapes), len(sheet.tables), notes


def hide_name(name: xw.Name) -> None:
    """Take a defined name out of Excel's Name Manager."""
    if _is_appscript(name.api):
        name.api.visible.set(False)
    else:
        name.api.Visible = False


def filtered_ranges(sheet: xw.Sheet) -> list[str]:
    """Addresses of the ranges whose filter hides rows now: the sheet's own and those of its tables.

    An advanced filter has no range of its own; it may hide any row of the used range.
    """
    found = []
    for table in sheet.tables:
        autofilter = _ask_object(table.api, "AutoFilter", "autofilter_object")
        if autofilter is not None and _ask(autofilter, "FilterMode", "filter_mode"):
            found.append(_filter_address(autofilter))
    if not _ask(sheet.api, "FilterMode", "filter_mode"):
        return found
    if _ask(sheet.api, "AutoFilterMode", "autofilter_mode"):
        return [*found, _filter_address(_ask_object(sheet.api, "AutoFilter", "autofilter_object"))]
    return found or [sheet.used_range.address]  # with a cell of a table selected, Excel says its filter is the sheet's


def _ask_object(thing: Any, com: str, mac: str) -> Any:  # noqa: ANN401 - as _ask
    return getattr(thing, mac if _is_appscript(thing) else com)


def _filter_address(autofilter: Any) -> str:  # noqa: ANN401 - as _ask
    if _is_appscript(autofilter):
        return str(autofilter.range_object.get_address())
    return str(autofilter.Range.Address)


def filled_by(cell: xw.Range) -> xw.Range:
    """The cells that the formula of a cell fills: its spill or array, else the cell itself."""
    if _is_appscript(cell.api):
        return cell
    if getattr(cell.api, "HasSpill", False):
        return cell.sheet.range(cell.api.SpillingToRange.Address)
    if getattr(cell.api, "HasArray", False):
        return cell.sheet.range(cell.api.CurrentArray.Address)
    return cell


def has_input_box(app: xw.App) -> bool:
    """Whether Excel can ask for cells in a box of its own."""
    return not _is_appscript(app.api) and hasattr(app.api, "InputBox")


def ask_for_cells(app: xw.App, text: str, title: str) -> xw.Range | None:
    """The cells that the user points at in Excel's own box; None when it is cancelled."""
    left_out = import_module("pythoncom").Missing  # late bound COM objects take no argument by its name
    answer = app.api.InputBox(text, title, *[left_out] * 5, 8)
    if answer is False or answer is None:
        return None
    return app.books[answer.Worksheet.Parent.Name].sheets[answer.Worksheet.Name].range(answer.Address)

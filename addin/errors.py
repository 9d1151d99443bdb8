"""What can go wrong between the add-in and the workbook. Errors carry facts; `addin.messages` chooses the words.

Every room of the add-in has its own errors in its own module; this one holds their base and what the grid raises.
"""

from __future__ import annotations

from enum import StrEnum

from worker.scoring import SheetscoreError


class AddinError(SheetscoreError):
    """Base of every error that the add-in raises on purpose."""


class GridFault(StrEnum):
    """Why cells could not be read or written."""

    NO_WORKBOOK = "no-workbook"
    """No workbook is open, or the one in question has been closed."""
    PROTECTED_VIEW = "protected-view"
    """The only workbook in sight is in Protected View, which no program can reach."""
    BUSY = "busy"
    """Excel did not answer: a cell is being edited, or a dialog is open."""
    NOTHING_SELECTED = "nothing-selected"
    CHART_SELECTED = "chart-selected"
    """A chart, shape or chart sheet is selected, not cells."""
    SEVERAL_AREAS = "several-areas"
    MERGED = "merged"
    """`address` is the first merged cell."""
    NO_DATA = "no-data"
    """Nothing is in the cells in question, or there is a header and no row below it."""
    NO_TABLE = "no-table"
    SEVERAL_TABLES = "several-tables"
    SHEET_GONE = "sheet-gone"
    """No sheet of that name: deleted or renamed since."""
    SHEET_PROTECTED = "sheet-protected"
    STRUCTURE_PROTECTED = "structure-protected"
    """Sheets cannot be added to the workbook."""
    FORMULAS = "formulas"
    """Formulas stand where values should be written; they are never overwritten."""
    NO_ROOM = "no-room"
    """The cells would lie outside the sheet or in another table."""


class GridError(AddinError):
    """Cells could not be read or written; the sheet is as it was. `address` is in A1 style, without the sheet."""

    def __init__(self, fault: GridFault, sheet: str | None = None, address: str | None = None) -> None:
        super().__init__(f"{fault}: {sheet}!{address}" if sheet and address else f"{fault}: {sheet or '?'}")
        self.fault = fault
        self.sheet = sheet
        self.address = address

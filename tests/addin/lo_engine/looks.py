"""How cells look: colours, widths, fonts, links, notes."""

from __future__ import annotations

from typing import Any

from xlwings import base_classes, utils

from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import struct

_NONE = -1
_BOLD = 150.0
_PER_CHARACTER = 190
"""Width of a character in hundredths of a millimetre, near enough."""


class Looks:
    """The part of a Range that shows."""

    sheet: Any
    box: Box
    cells: Any
    document: Any
    refuse_if_protected: Any

    @property
    def color(self) -> tuple[int, int, int] | None:
        return _rgb(self.cells.CellBackColor)

    @color.setter
    def color(self, value: tuple[int, int, int] | str | None) -> None:
        self.refuse_if_protected(looks=True)
        self.cells.CellBackColor = _number(value)

    @property
    def wrap_text(self) -> bool:
        return bool(self.cells.IsTextWrapped)

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self.cells.IsTextWrapped = value

    @property
    def locked(self) -> bool | None:
        """Whether a protected sheet refuses to change the cells; None where that differs."""
        groups = self.cells.getUniqueCellFormatRanges()
        found = {bool(groups.getByIndex(i).CellProtection.IsLocked) for i in range(groups.Count)}
        return found.pop() if len(found) == 1 else None

    @locked.setter
    def locked(self, value: bool) -> None:
        protection = self.cells.CellProtection
        protection.IsLocked = value
        self.cells.CellProtection = protection

    @property
    def column_width(self) -> float:
        return float(self.cells.Columns.getByIndex(0).Width / _PER_CHARACTER)

    @column_width.setter
    def column_width(self, value: float) -> None:
        self.cells.Columns.Width = round(value * _PER_CHARACTER)

    def autofit(self, axis: str | None = None) -> None:
        if axis in {None, "columns", "c"}:
            self.cells.Columns.OptimalWidth = True
        if axis in {None, "rows", "r"}:
            self.cells.Rows.OptimalHeight = True

    @property
    def font(self) -> Font:
        return Font(self.cells)

    @property
    def hyperlink(self) -> str:
        fields = self.cells.getCellByPosition(0, 0).TextFields
        if not fields.hasElements():
            raise LookupError("the cell holds no hyperlink")
        return str(fields.createEnumeration().nextElement().URL)

    def add_hyperlink(self, address: str, text_to_display: str, screen_tip: str) -> None:
        self.refuse_if_protected()
        cell = self.cells.getCellByPosition(0, 0)
        field = self.document.createInstance("com.sun.star.text.TextField.URL")
        field.URL, field.Representation = address, text_to_display
        cell.setString("")
        cell.insertTextContent(cell.createTextCursor(), field, False)

    @property
    def note(self) -> Note | None:
        notes = self.sheet.sheet.Annotations
        every = (Note(notes, i) for i in range(notes.Count))
        return next((note for note in every if note.is_at(self.box)), None)

    def add_note(self, text: str) -> Note | None:
        at = struct("table.CellAddress", Sheet=self.sheet.index - 1, Column=self.box.left, Row=self.box.top)
        self.sheet.sheet.Annotations.insertNew(at, text)
        return self.note


class Note(base_classes.Note):
    """A note at a cell, by its number among those of the sheet."""

    def __init__(self, notes: Any, number: int) -> None:
        self._notes = notes
        self._number = number

    def is_at(self, box: Box) -> bool:
        """Whether it belongs to the first cell of the box."""
        at = self._notes.getByIndex(self._number).Position
        return (at.Row, at.Column) == (box.top, box.left)

    @property
    def text(self) -> str:
        return str(self._notes.getByIndex(self._number).getString())

    @text.setter
    def text(self, value: str) -> None:
        self._notes.getByIndex(self._number).setString(value)

    def delete(self) -> None:
        self._notes.removeByIndex(self._number)


class Font(base_classes.Font):
    """The font of a range."""

    def __init__(self, cells: Any) -> None:
        self._cells = cells

    @property
    def bold(self) -> bool:
        return bool(self._cells.CharWeight >= _BOLD)

    @bold.setter
    def bold(self, value: bool) -> None:
        self._cells.CharWeight = _BOLD if value else 100.0

    @property
    def color(self) -> tuple[int, int, int] | None:
        return _rgb(self._cells.CharColor)

    @color.setter
    def color(self, value: tuple[int, int, int] | str) -> None:
        self._cells.CharColor = _number(value)


def _rgb(color: int) -> tuple[int, int, int] | None:
    return None if color == _NONE else (color >> 16 & 255, color >> 8 & 255, color & 255)


def _number(color: tuple[int, int, int] | str | None) -> int:
    if color is None:
        return _NONE
    red, green, blue = utils.hex_to_rgb(color) if isinstance(color, str) else color
    return int(red) << 16 | int(green) << 8 | int(blue)

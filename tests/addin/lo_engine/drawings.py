"""Shapes and charts: enough to make, find, select and delete them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from tests.addin.lo_engine import com
from tests.addin.lo_engine.bridge import struct

_HUNDREDTHS_OF_MM = 2540 / 72
"""LibreOffice's unit of length in a point."""


class Shapes(base_classes.Collection):
    """All shapes of a sheet, its charts among them."""

    parent: Any = None

    def __init__(self, sheet: Any) -> None:
        self.parent = sheet

    def __iter__(self) -> Iterator[Shape]:
        page = self.parent.sheet.DrawPage
        return (Shape(self.parent, page.getByIndex(i)) for i in range(page.Count))

    def __len__(self) -> int:
        return int(self.parent.sheet.DrawPage.Count)

    def __call__(self, key: int | str) -> Any:
        found = list(self)
        if isinstance(key, int):
            return found[key - 1]
        for shape in found:
            if shape.name == key:
                return shape
        raise KeyError(key)

    def __contains__(self, key: str) -> bool:
        return key in {shape.name for shape in self}


class Shape(base_classes.Shape):
    """A shape on a sheet."""

    parent: Any = None

    def __init__(self, sheet: Any, shape: Any) -> None:
        self.parent = sheet
        self.shape = shape

    @property
    def name(self) -> str:
        return str(self.shape.Name or getattr(self.shape, "PersistName", ""))

    @property
    def type(self) -> str:
        return "chart" if is_chart(self.shape) else "auto_shape"

    def activate(self) -> None:
        """Select it, as a click does."""
        self.parent.activate()
        self.parent.book.document.CurrentController.select(self.shape)

    def delete(self) -> None:
        self.parent.sheet.DrawPage.remove(self.shape)


class Charts(Shapes, base_classes.Charts):
    """The charts of a sheet."""

    def __iter__(self) -> Iterator[Chart]:
        return (Chart(self.parent, shape.shape) for shape in Shapes(self.parent) if shape.type == "chart")

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def add(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        source: Any = None,
        name: str | None = None,
        **_unused: Any,
    ) -> Chart:
        name = name or next(free for i in range(1, 10_000) if (free := f"Chart {i}") not in self)
        place = {"X": left, "Y": top, "Width": width, "Height": height}
        frame = struct("awt.Rectangle", **{side: round(points * _HUNDREDTHS_OF_MM) for side, points in place.items()})
        cells = (source.cells.RangeAddress,) if source is not None else ()
        self.parent.sheet.Charts.addNewByName(name, frame, cells, True, False)
        page = self.parent.sheet.DrawPage
        made = page.getByIndex(page.Count - 1)
        made.Name = name  # LibreOffice may have given the object inside another name
        return Chart(self.parent, made)


class Chart(Shape, base_classes.Chart):
    """A chart on a sheet."""

    @property
    def api(self) -> tuple[com.ChartObject, com.ChartObject]:
        return com.ChartObject(self), com.ChartObject(self)


def is_chart(shape: Any) -> bool:
    """Whether a shape of LibreOffice's drawing page is a chart."""
    return bool(shape.ShapeType == "com.sun.star.drawing.OLE2Shape")

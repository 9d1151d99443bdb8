"""Colours, bold print and widths of a sheet in memory; the rest of how cells look is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from addin.grid.area import Area

DEFAULT_WIDTH = 8.43
_PLAIN: dict[str, Any] = {"color": None, "bold": False, "font": None}


class Looks:
    """What is kept for one sheet."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], dict[str, Any]] = {}
        self.widths: dict[int, float] = {}

    def get(self, area: Area, what: str) -> Any:  # noqa: ANN401 - a colour or a switch
        """How the first cell of an area looks."""
        return self.cells.get((area.top, area.left), {}).get(what, _PLAIN[what])

    def set(self, area: Area, what: str, value: Any) -> None:  # noqa: ANN401 - as get
        """Make every cell of an area look so."""
        for place in _places(area):
            self.cells.setdefault(place, {})[what] = value

    def width(self, area: Area) -> float:
        """Width of the first column of an area."""
        return self.widths.get(area.left, DEFAULT_WIDTH)

    def set_width(self, area: Area, width: float) -> None:
        """Give every column of an area this width."""
        self.widths.update(dict.fromkeys(range(area.left, area.right + 1), width))


class Font:
    """The font of a range."""

    def __init__(self, looks: Looks, area: Area) -> None:
        self._looks, self._area = looks, area

    @property
    def bold(self) -> bool:
        """Whether the first cell is bold."""
        return bool(self._looks.get(self._area, "bold"))

    @bold.setter
    def bold(self, value: bool) -> None:
        self._looks.set(self._area, "bold", value)

    @property
    def color(self) -> Any:  # noqa: ANN401 - three numbers or None
        """Colour of the first cell's text."""
        return self._looks.get(self._area, "font")

    @color.setter
    def color(self, value: Any) -> None:  # noqa: ANN401 - as above
        self._looks.set(self._area, "font", value)


def _places(area: Area) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in range(area.top, area.bottom + 1) for column in range(area.left, area.right + 1))

"""Why a worksheet function gives #N/A. Errors carry facts; `addin.messages` chooses the words for SCORE_STATUS."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from addin.errors import AddinError


class FormulaFault(StrEnum):
    """What a worksheet function cannot do."""

    NO_ENDPOINT = "no-endpoint"
    """None is named in the formula and none is chosen in the ribbon."""
    SEVERAL_AREAS = "several-areas"
    """The data are of several rectangles; Excel would hand over the first alone."""
    BAD_ARGUMENT = "bad-argument"
    """`argument` holds what it cannot hold."""
    HEADERS_WIDTH = "headers-width"
    """There are `found` headers for `wanted` columns of data."""
    COLUMN_COUNT = "column-count"
    """Without headers columns go by their position, and there are `found` for `wanted` inputs."""
    HEADERS_UNKNOWN = "headers-unknown"
    """The first row reads like headers, and those of the inputs `argument` are not among them."""
    LATE = "late"
    """The row was not scored within `wanted` seconds; the work goes on."""
    BLANK_ROW = "blank-row"
    """Nothing stands in the row."""
    NOT_CALCULATED = "not-calculated"
    """No function of ours has been calculated in the cell since Excel was opened."""
    DATA_CHANGED = "data-changed"
    """The row holds something else now than what was scored."""
    UNEXPECTED = "unexpected"
    """A fault of ours; the log has the details."""


class FormulaError(AddinError):
    """A worksheet function that gives no scores, for all rows or for one."""

    def __init__(self, fault: FormulaFault, argument: str = "", found: int = 0, wanted: float = 0) -> None:
        super().__init__(f"{fault} {argument}".strip())
        self.fault = fault
        self.argument = argument
        self.found = found
        self.wanted = wanted


class UnknownOutput(AddinError):
    """The endpoint has no output of this name; `known` are those that it has."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__("unknown output")
        self.name = name
        self.known = tuple(known)

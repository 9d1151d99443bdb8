"""Why an action of the add-in ends early. Errors carry facts; `addin.messages` chooses the words.

ActionError
├── NoEndpoint         none is in the list, or none is chosen
├── NotScored          the workbook remembers no scored block (here)
└── NothingToUndo      this workbook has no undo record, or it was used
"""

from __future__ import annotations

from addin.errors import AddinError


class ActionError(AddinError):
    """An action ends before it changed anything."""


class NoEndpoint(ActionError):
    """No endpoint is chosen; `known` says how many are in the list."""

    def __init__(self, known: int) -> None:
        super().__init__(f"no endpoint chosen of {known}")
        self.known = known


class NotScored(ActionError):
    """The workbook remembers no block that was scored."""

    def __init__(self) -> None:
        super().__init__("no scored block")


class NothingToUndo(ActionError):
    """There is no record of a last scoring for this workbook."""

    def __init__(self) -> None:
        super().__init__("nothing to undo")

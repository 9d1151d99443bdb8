"""Why a claimed file cannot become a job that is scored."""

from __future__ import annotations

from collections.abc import Sequence

from worker.scoring import SheetscoreError


class BatchError(SheetscoreError):
    """Base of the errors of this room."""


class NotAFile(BatchError):
    """What was dropped is a link or a device, or is gone; links are not followed."""


class NotReadable(BatchError):
    """The file's permissions keep us from reading it."""


class NoEndpoint(BatchError):
    """It is not clear which endpoint a workbook is for. `choices` are the inbox folders that its sender may use."""

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__("no endpoint")
        self.choices = tuple(choices)


class OriginalChanged(BatchError):
    """The file was written to while it was scored."""

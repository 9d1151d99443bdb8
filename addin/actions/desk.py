"""What every action is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import xlwings as xw

from addin.actions.errors import NoEndpoint
from addin.undo import Step

if TYPE_CHECKING:
    from addin.cache import Cache
    from addin.catalogue import Catalogue
    from addin.scorer import Scorer
    from addin.settings import Settings
    from addin.ui import Ui


@dataclass(frozen=True)
class Desk:
    """The workbook an action is for, and all it may use. `folder` holds the person's files, `clock` is local time,
    `noted` are facts for the line in the log: never a value of the sheet, never a key. `step` is what the action wrote.
    """

    book: xw.Book
    ui: Ui
    catalogue: Catalogue
    scorer: Scorer
    cache: Cache
    settings: Settings
    folder: Path
    clock: Callable[[], datetime]
    noted: dict[str, object] = field(default_factory=dict)
    step: Step = field(default_factory=Step)

    def chosen(self) -> str:
        """Name of the endpoint that is chosen in the ribbon. Raises NoEndpoint."""
        entry = self.catalogue.selected()
        if entry is None:
            raise NoEndpoint(len(self.catalogue.entries()))
        return entry.name

"""A file that ended two children is not read again, whoever sends it, over any restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from typing import TypeVar

import structlog

from worker import __version__
from worker.apart import ChildDied, Death
from worker.batch.ledger import Ledger
from worker.workbooks import FileLimits, WorkbookError
from worker.workbooks.errors import Fault, FileBroken

log = structlog.get_logger("sheetscore.batch")

Result = TypeVar("Result")

MOST_DEATHS = 2


class Deaths:
    """Counts children that a file ended, by its SHA-256, under the limits in force: larger ones, or a newer version of
    this product, give it another chance.
    """

    def __init__(self, ledger: Ledger, limits: FileLimits) -> None:
        self._ledger = ledger
        self._under = f"{__version__} {' '.join(map(str, astuple(limits)))}"

    def guarded(self, sha256: str, work: Callable[[], Result]) -> Result:
        """Do `work` on a file in children. One that died, but not for want of time, may have been the victim of
        another process: it is tried once more. Raises what `work` raises, and FileBroken (DEADLY).
        """
        while self._ledger.deaths(sha256, self._under) < MOST_DEATHS:
            try:
                return work()
            except WorkbookError as error:
                died = error.__cause__
                if not isinstance(died, ChildDied):
                    raise
                so_far = self._ledger.add_death(sha256, self._under)
                log.warning("a file ended its child", sha256=sha256, death=died.death, detail=died.detail, times=so_far)
                if died.death is Death.SECONDS or so_far >= MOST_DEATHS:
                    raise
        raise FileBroken(Fault.DEADLY)

"""The ribbon's door: the one place the add-in's VBA calls, `addin.ribbon.dispatch('score_selection')`.

Only names of the allow-list pass. Whatever happens, the person reads a sentence, never a stack trace, the status bar is
Excel's again, and the log has a line.
"""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlwings as xw

from addin import grid
from addin.actions.desk import Desk
from addin.actions.table import ACTIONS, INDEXED
from addin.cache import open_cache
from addin.catalogue import Catalogue
from addin.errors import GridError, GridFault
from addin.keystore import open_keys
from addin.log import where, write_line
from addin.messages import explain
from addin.paths import conf_file, log_file, user_folder
from addin.proxylogin import ProxyLogins
from addin.resident import settle
from addin.scorer import Scorer
from addin.settings import Settings
from addin.ui import Ui
from addin.windowed import XlwingsUi
from worker import __version__
from worker.scoring import HttpTransport, ProxySignIn, SheetscoreError, Unreachable

__all__ = ["ACTIONS", "INDEXED", "Door", "dispatch"]


def _now() -> datetime:
    return datetime.now().astimezone().replace(tzinfo=None)


def open_desk(book: xw.Book, ui: Ui, folder: Path) -> Desk:
    """A desk with what this account has. Raises SettingError."""
    settings = Settings(folder, conf=conf_file())
    keys = open_keys()
    transport = HttpTransport(sign_in=ProxyLogins(keys, ui.proxy_sign_in))
    catalogue = Catalogue(folder, keys, conf=conf_file(), transport=transport)
    cache = open_cache(folder, keys, settings.cache_mb)
    scorer = Scorer(catalogue, cache, version_seconds=settings.version_seconds, stopped=lambda: settings.stopped)
    return Desk(book, ui, catalogue, scorer, cache, settings, folder, _now)


def calling_book() -> xw.Book:
    """The workbook whose button was clicked. Raises GridError NO_WORKBOOK, PROTECTED_VIEW."""
    try:
        return xw.Book.caller()
    except Exception as error:
        app = _running_excel()
        if app is None:
            raise GridError(GridFault.NO_WORKBOOK) from error
        return grid.workbook(app)


def _running_excel() -> xw.App | None:
    try:
        return xw.apps.active
    except Exception:  # noqa: BLE001 - without Excel xlwings raises what it likes
        return None


@dataclass(frozen=True)
class Door:
    """What lets actions in; its parts are handed in by tests."""

    folder: Path
    caller: Callable[[], xw.Book] = calling_book
    open_ui: Callable[[xw.Book | None], Ui] = XlwingsUi
    open_desk: Callable[[xw.Book, Ui, Path], Desk] = open_desk
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now

    def dispatch(self, name: str, argument: str = "") -> None:
        """Run one action of the allow-list; `argument` is digits. Never raises."""
        settle()
        started = self.clock()
        facts: dict[str, object] = {"action": name[:40]}
        ui: Ui | None = None
        try:
            book = self.caller()
            ui = self.open_ui(book)
            desk = self.open_desk(book, ui, self.folder)
            desk.noted.update(facts)
            facts = desk.noted
            _run(desk, name, argument)
            facts["outcome"] = "done"
        except Exception as error:  # noqa: BLE001 - the boundary: beyond it is Excel, which would show a trace
            with suppress(Exception):
                words = self._words(error, facts)
                ui = ui or self.open_ui(None)
                ui.tell(words, _report(error, facts, self.now()))
        with suppress(Exception):
            if ui is not None:
                ui.status(None)
        with suppress(OSError):
            write_line(self.folder, self.now(), {**facts, "seconds": round(self.clock() - started, 2)})

    def _words(self, error: Exception, facts: dict[str, object]) -> str:
        """What to say of an error; what is to be known of it goes to the log's line."""
        facts["outcome"] = type(error).__name__
        if isinstance(error, SheetscoreError) or (isinstance(error, OSError) and error.strerror):
            return explain(error)
        facts["number"] = number = secrets.token_hex(3)
        facts["where"] = where(error)
        return f"{explain(error, sheet=False)} It is number {number} in {log_file(self.folder)}."


def _run(desk: Desk, name: str, argument: str) -> None:
    if name in ACTIONS and not argument:
        ACTIONS[name](desk)
    elif name in INDEXED and argument.isascii() and argument.isdigit():
        INDEXED[name](desk, int(argument))
    else:
        raise LookupError(name)


def _report(error: Exception, facts: dict[str, object], at: datetime) -> str:
    """What those who run the network need to know of a call that did not get through; blank for other errors."""
    if not isinstance(error, Unreachable | ProxySignIn):
        return ""
    lines = [
        f"Sheetscore {__version__} could not reach an endpoint: {error}.",
        f"Endpoint: {facts.get('endpoint', '')} at {facts.get('host', '')}",
        f"Time: {at:%Y-%m-%d %H:%M}",
        f"System: {platform.platform()}, Python {platform.python_version()}",
    ]
    return "\n".join(lines)


def dispatch(name: str, argument: str = "") -> None:
    """What the add-in's VBA calls: run one action for the workbook that called. Never raises."""
    Door(user_folder()).dispatch(name, argument)

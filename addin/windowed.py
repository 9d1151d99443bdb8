"""The Ui of real life: windows in processes of their own, Excel's status bar, Excel's own boxes where no window can be
shown.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import xlwings as xw

from addin import dialogs, excelfacts
from addin.catalogue import Catalogue, Entry
from addin.dialogs import Described, NoWindows, Offered, Screen
from addin.grid import Area, active_area
from addin.grid.sheets import area_of
from addin.messages import explain
from addin.proxylogin import report
from addin.signin import SignedIn, list_owned
from addin.ui import TITLE, Progress, Question
from worker.scoring import Account, Login, Owned, ScoringClient, discover

OK = "OK"
CANCEL = "Cancel"


class XlwingsUi:
    """Speaks to whoever sits before the workbook's Excel. Without a workbook only windows are shown."""

    def __init__(self, book: xw.Book | None, screen: Screen = dialogs.HERE) -> None:
        self._book = book
        self._app = None if book is None else book.app  # a workbook that was closed knows no Excel any more
        self._screen = screen

    def status(self, text: str | None) -> None:
        """Show text in Excel's status bar; None gives the bar back to Excel. An Excel that was closed has none."""
        with suppress(Exception):
            if self._app is not None:
                self._app.status_bar = False if text is None else text

    def tell(self, text: str, report: str = "") -> None:
        """One message with an OK button, and one that copies a report for whoever can help."""
        try:
            dialogs.tell(text, TITLE, report=report, screen=self._screen)
        except NoWindows:
            self._alert(text, TITLE, "ok")

    def ask(self, text: str, choices: Sequence[str]) -> str | None:
        """One of the choices. Excel's own box has three buttons, which then stand for the first two and for none."""
        try:
            return dialogs.ask(text, choices, screen=self._screen)
        except NoWindows:
            named = [choice for choice in choices if choice != CANCEL][:2]
            words = [f"{button}: {choice}" for button, choice in zip(("Yes", "No"), named, strict=False)]
            pressed = self._alert("\n".join([text, "", *words]), TITLE, "yes_no_cancel")
            return dict(zip(("yes", "no"), named, strict=False)).get(pressed or "")

    def report(self, text: str, title: str = TITLE) -> None:
        """A long text in a window of its own, to be read and copied."""
        try:
            dialogs.report(text, title, screen=self._screen)
        except NoWindows:
            self._alert(text[:1000], title, "ok")

    def pairs(self, rows: Sequence[tuple[str, str, str]]) -> bool:
        """Whether these pairs are right: column of the sheet, input of the endpoint, value in the first row."""
        try:
            return dialogs.pairs(rows, screen=self._screen)
        except NoWindows:
            listed = "\n".join(f"{column} is {name}: {value}" for column, name, value in rows)
            return self._alert(f"Is this right?\n\n{listed}"[:1000], TITLE, "ok_cancel") == "ok"

    def choose_readings(self, questions: Sequence[Question]) -> Mapping[int, int] | None:
        """For each question, by its place, the place of the choice taken. None: stop."""
        try:
            return dialogs.choose_readings(questions, screen=self._screen)
        except NoWindows:
            return self._readings(questions)

    def _readings(self, questions: Sequence[Question]) -> Mapping[int, int] | None:
        taken = {}
        for place, question in enumerate(questions):
            words = [f"{choice.words} ({choice.values[0]})" for choice in question.choices]
            text = f"{question.column}: {question.cells:,} cells such as {question.cell} '{question.examples[0]}'."
            answer = self.ask(text, [*words, CANCEL])
            if answer in words:
                taken[place] = words.index(answer)
        return taken

    @contextmanager
    def progress(self, title: str, rows: int) -> Iterator[Progress]:
        """A progress window that is open as long as the context; where none can be shown, the status bar."""
        try:
            window = dialogs.progress(title, rows, screen=self._screen)
            window.__enter__()
        except NoWindows:
            yield _Bar(self, title)
            return
        try:
            yield window
        finally:
            window.__exit__()

    def pick_cell(self, text: str) -> Area | None:
        """The cell that the person points at: in Excel's own box where it has one (Windows), else the selected one."""
        if self._book is None:
            return None
        if excelfacts.has_input_box(self._book.app):
            cells = excelfacts.ask_for_cells(self._book.app, text, TITLE)
            return None if cells is None else self.area_here(self._book, cells)
        return active_area(self._book) if self.ask(text, (OK, CANCEL)) == OK else None

    def area_here(self, book: xw.Book, cells: xw.Range) -> Area | None:
        """Where cells are; None, with a word, when they are another workbook's: an area knows only its sheet's name."""
        if cells.sheet.book.fullname == book.fullname:
            return area_of(cells)
        self.tell(f"'{cells.sheet.book.name}' is another workbook. Select a cell of '{book.name}'.")
        return None

    def add_endpoint(self, catalogue: Catalogue) -> Entry | None:
        """The window that asks for address, key and name, and tests and saves them. Raises NoWindows."""

        def test(url: str, key: str) -> Described:
            return describe(catalogue, url, key)

        entered = dialogs.add_endpoint(
            test,
            lambda error: explain(error, sheet=False),
            taken=[entry.name for entry in catalogue.entries()],
            screen=self._screen,
        )
        return None if entered is None else catalogue.add(entered.name, entered.url, entered.key)

    def sign_in(self, catalogue: Catalogue) -> SignedIn | None:
        """The window that asks for a host's address and a token, and which endpoints there to take. Raises
        NoWindows.
        """
        seen: dict[str, Owned] = {}

        def offer(url: str, token: str) -> list[Offered]:
            known = {entry.url for entry in catalogue.entries()}
            owned = list_owned(Account(url, token, catalogue.transport))
            seen.update((one.url, one) for one in owned)
            return [Offered(one.url, one.label, one.description, one.url in known) for one in owned]

        chosen = dialogs.sign_in(offer, lambda error: explain(error, sheet=False), screen=self._screen)
        if chosen is None:
            return None
        account = Account(chosen.url, chosen.token, catalogue.transport)
        return SignedIn(account, tuple(seen[url] for url in chosen.ids))

    def proxy_sign_in(self, proxy: str, refused: bool) -> Login | None:
        """What the person signs in with at a proxy; nothing where no window can be shown."""
        with suppress(NoWindows):
            told = report(proxy, refused=refused)
            entered = dialogs.sign_in_at_proxy(proxy, refused=refused, report=told, screen=self._screen)
            return None if entered is None else Login(*entered)
        return None

    def open_file(self, path: Path) -> None:
        """Open a file with the program that the system has for it. Raises OSError."""
        if sys.platform == "win32":
            os.startfile(path)  # noqa: S606 - a file of our own
        else:
            subprocess.run(["open" if sys.platform == "darwin" else "xdg-open", path], check=False)

    def _alert(self, text: str, title: str, buttons: str) -> str | None:
        return None if self._app is None else self._app.alert(text, title, buttons)


class _Bar:
    """Progress in the status bar, which nobody can cancel."""

    def __init__(self, ui: XlwingsUi, title: str) -> None:
        self._ui = ui
        self._title = title

    def update(self, done: int, rows: int, note: str = "") -> None:
        self._ui.status(note or f"{self._title}: {done:,} of {rows:,} rows")

    def cancelled(self) -> bool:
        return False


def describe(catalogue: Catalogue, url: str, key: str) -> Described:
    """What an endpoint says of itself, with the scores of its first sample row. Raises AddressError, EndpointError."""
    endpoint = discover(url, key, transport=catalogue.transport)
    scores: dict[str, object] = {}
    if endpoint.schema.sample:
        frame = pd.DataFrame(endpoint.schema.sample[:1], columns=list(endpoint.schema.input_names))
        scored = ScoringClient(endpoint, catalogue.transport).score(frame)
        scores = {str(name): value for name, value in scored.frame.iloc[0].items()}
    return dialogs.described(urlsplit(endpoint.url).hostname or "", endpoint.schema, scores)

"""What an action says to the person and asks of them, and the double that tests and demonstrations hand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from addin.catalogue import Catalogue, Entry
    from addin.grid import Area
    from addin.signin import SignedIn
    from worker.scoring import Login

TITLE = "Sheetscore"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to read the texts of a column, in words, and what each of the question's examples becomes."""

    words: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """How should `cells` texts of one column be read? `cell` is the first of them, `examples` are some of them."""

    column: str
    cell: str
    cells: int
    examples: tuple[str, ...]
    choices: tuple[Choice, ...]


class Progress(Protocol):
    """A window with rows done, time left and Cancel."""

    def update(self, done: int, rows: int, note: str = "") -> None:
        """So many rows are done. `note` is one sentence on what is being waited for."""

    def cancelled(self) -> bool:
        """Whether the person pressed Cancel or closed the window. Once true it stays true."""


class Ui(Protocol):
    """How actions speak. A question that is closed without an answer gives None."""

    def status(self, text: str | None) -> None:
        """Show text in Excel's status bar; None gives the bar back to Excel."""

    def tell(self, text: str, report: str = "") -> None:
        """One message with an OK button, and one that copies a report for whoever can help."""

    def ask(self, text: str, choices: Sequence[str]) -> str | None:
        """One of the choices."""

    def report(self, text: str, title: str = TITLE) -> None:
        """A long text in a window of its own, to be read and copied."""

    def pairs(self, rows: Sequence[tuple[str, str, str]]) -> bool:
        """Whether these pairs are right: column of the sheet, input of the endpoint, value in the first row."""

    def choose_readings(self, questions: Sequence[Question]) -> Mapping[int, int] | None:
        """By the place of a question the place of the choice taken; one left out: as they stand. None: stop."""

    def progress(self, title: str, rows: int) -> AbstractContextManager[Progress]:
        """A progress window that is open as long as the context."""

    def pick_cell(self, text: str) -> Area | None:
        """The cell that the person points at."""

    def add_endpoint(self, catalogue: Catalogue) -> Entry | None:
        """The window that asks for address, key and name, and tests and saves them."""

    def sign_in(self, catalogue: Catalogue) -> SignedIn | None:
        """The window that asks for a host's address and a token, and which endpoints there to take."""

    def proxy_sign_in(self, proxy: str, refused: bool) -> Login | None:
        """What the person signs in with at a proxy; `refused`: what was sent before was wrong. From any thread."""

    def open_file(self, path: Path) -> None:
        """Open a file with the program that the system has for it."""


@dataclass
class RecordedProgress:
    """Progress that keeps what it was told; `cancel_after` updates it counts as cancelled."""

    cancel_after: int | None = None
    updates: list[tuple[int, int, str]] = field(default_factory=list)

    def update(self, done: int, rows: int, note: str = "") -> None:
        """Keep it."""
        self.updates.append((done, rows, note))

    def cancelled(self) -> bool:
        """Whether there were as many updates as `cancel_after`."""
        return self.cancel_after is not None and len(self.updates) >= self.cancel_after


Answer = str | bool | Mapping[int, int] | None
"""What a person may answer: a choice, yes or no to the pairs, the readings, or nothing."""


@dataclass
class RecordingUi:
    """A Ui without windows: answers are handed in and used up in turn, everything said is kept.

    An answer may be a function of the question, which is called when it is asked: what it does happens while the
    person thinks. A question without an answer left raises AssertionError: nothing is asked in vain.
    """

    answers: list[Answer | Callable[[], Answer]] = field(default_factory=list)
    cells: list[Area | None] = field(default_factory=list)
    entries: list[Entry | None] = field(default_factory=list)
    logins: list[Login | None] = field(default_factory=list)
    signed_in: list[SignedIn | None] = field(default_factory=list)
    cancel_after: int | None = None
    on_progress: Callable[[int, int], None] | None = None
    bar: str | None = None
    bars: list[str | None] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    paired: list[tuple[tuple[str, str, str], ...]] = field(default_factory=list)
    questions: list[tuple[Question, ...]] = field(default_factory=list)
    windows: list[RecordedProgress] = field(default_factory=list)
    opened: list[Path] = field(default_factory=list)

    def status(self, text: str | None) -> None:
        """Keep it."""
        self.bar = text
        self.bars.append(text)

    def tell(self, text: str, report: str = "") -> None:
        """Keep it."""
        self.told.append(text)
        if report:
            self.copied.append(report)

    def ask(self, text: str, choices: Sequence[str]) -> str | None:
        """The next answer, which must be one of the choices."""
        self.asked.append((text, tuple(choices)))
        answer = self._next(text)
        if answer is not None and answer not in choices:
            raise AssertionError(f"{answer!r} is not one of {list(choices)}")
        return str(answer) if answer is not None else None

    def report(self, text: str, title: str = TITLE) -> None:  # noqa: ARG002 - as tell
        """Keep it."""
        self.reports.append(text)

    def pairs(self, rows: Sequence[tuple[str, str, str]]) -> bool:
        """The next answer."""
        self.paired.append(tuple(rows))
        return bool(self._next("pairs"))

    def choose_readings(self, questions: Sequence[Question]) -> Mapping[int, int] | None:
        """The next answer."""
        self.questions.append(tuple(questions))
        answer = self._next("readings")
        return answer if isinstance(answer, Mapping) else None

    @contextmanager
    def progress(self, title: str, rows: int) -> Iterator[Progress]:  # noqa: ARG002 - a double has no title
        """Progress that is kept; `on_progress` is called at each update."""
        window = _Watched(self.cancel_after, watch=self.on_progress)
        self.windows.append(window)
        yield window

    def pick_cell(self, text: str) -> Area | None:
        """The next cell."""
        self.asked.append((text, ()))
        return self.cells.pop(0)

    def add_endpoint(self, catalogue: Catalogue) -> Entry | None:  # noqa: ARG002 - nothing is tested
        """The next entry."""
        return self.entries.pop(0)

    def sign_in(self, catalogue: Catalogue) -> SignedIn | None:  # noqa: ARG002
        """The next one who is signed in."""
        return self.signed_in.pop(0)

    def proxy_sign_in(self, proxy: str, refused: bool) -> Login | None:
        """The next login."""
        self.asked.append((f"{proxy} refused" if refused else proxy, ()))
        return self.logins.pop(0) if self.logins else None

    def open_file(self, path: Path) -> None:
        """Keep it."""
        self.opened.append(path)

    def _next(self, text: str) -> Answer:
        if not self.answers:
            raise AssertionError(f"nobody answers {text!r}")
        answer = self.answers.pop(0)
        return answer() if callable(answer) else answer


@dataclass
class _Watched(RecordedProgress):
    watch: Callable[[int, int], None] | None = None

    def update(self, done: int, rows: int, note: str = "") -> None:
        super().update(done, rows, note)
        if self.watch is not None:
            self.watch(done, rows)

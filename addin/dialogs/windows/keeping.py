"""Enter an address and a secret, ask what is there, keep what was found."""

from __future__ import annotations

import tkinter as tk
from abc import ABC, abstractmethod
from collections.abc import Sequence
from tkinter import ttk
from typing import Any, ClassVar

from addin.dialogs.windows.forms import form
from addin.dialogs.windows.pasting import mend_keys
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window, plain


class KeepingWindow(Window, ABC):
    """Answers url, the secret under its label in small letters, and what `kept` gives. It can be kept while address and
    secret are those that the last question was answered for.

    `LABELS` are those of all texts, address and secret first, `BUTTONS` say ask and keep. `SAID` is what is said at
    first, while it asks, and after what was asked about changed.
    """

    LABELS: ClassVar[Sequence[str]]
    BUTTONS: ClassVar[tuple[str, str]]
    SAID: ClassVar[tuple[str, str, str]]

    def __init__(self, pipe: Pipe, title: str, url: str) -> None:
        super().__init__(pipe, title)
        self._turn = 0
        self._asked: tuple[str, str] | None = None
        self._passed: tuple[str, str] | None = None
        self._texts = [tk.StringVar(self.root, text) for text in (plain(url), *[""] * (len(self.LABELS) - 1))]
        fields = list(zip(self.LABELS, self._texts, strict=True))
        entries = form(self.body, fields, self.looks, hidden=self.LABELS[1], width=62)
        self.first = entries[1 if url else 0]
        mend_keys(self.root)
        self._said = ttk.Label(self.body, wraplength=self.looks.px(540), justify="left")
        self._said.grid(row=len(entries), column=0, columnspan=3, sticky="w", pady=(self.looks.px(10), 0))
        self._shown: ttk.Frame | None = None
        cancel = self.button("Cancel", self.close)
        ask, keep = self.BUTTONS
        self._keep = self.button(keep, self._kept)
        self._ask = self.button(ask, self._asks)
        for button in (self._keep, cancel):
            button.lift()
        for text in self._texts:
            text.trace_add("write", lambda *_: self.changed())
        self.say(self.SAID[0])
        self.changed()

    @abstractmethod
    def found(self, message: dict[str, Any]) -> None:
        """Show what the question found."""

    @abstractmethod
    def can_keep(self) -> bool:
        """Whether what was found can be kept as it is chosen now."""

    @abstractmethod
    def kept(self) -> dict[str, Any]:
        """What is answered beside url and secret."""

    def say(self, text: str, style: str = "Quiet") -> None:
        """Say a sentence under the texts; it can be copied."""
        self._said.configure(text=plain(text), style=f"{style}.Body.TLabel")
        self.copied = text

    def show(self, shown: ttk.Frame | None) -> None:
        """Show this below, in place of what was shown."""
        if self._shown is not None:
            self._shown.destroy()
        self._shown = shown
        if shown is not None:
            row = len(self._texts) + 1
            shown.grid(row=row, column=0, columnspan=3, sticky="nsew", pady=(self.looks.px(10), 0))
            self.body.rowconfigure(row, weight=1)

    def changed(self) -> None:
        """Which buttons can be pressed, after a text or a choice changed."""
        entered = self._entered()
        if self._asked not in {None, entered}:
            self._asked = self._passed = None
            self.say(self.SAID[2])
            self.show(None)
        can_keep = self._passed is not None and self.can_keep()
        self._ask.state(["!disabled" if all(entered) and self._asked is None else "disabled"])
        self._keep.state(["!disabled" if can_keep else "disabled"])
        self.make_default(self._ask if self._passed is None else self._keep)

    def heard(self, message: dict[str, Any]) -> None:
        """What a question found, unless something else was entered meanwhile."""
        if message["turn"] != self._turn or self._asked is None:
            return
        if "fault" in message:
            self._asked = None
            self.say(message["fault"], "Bad")
        else:
            self._passed = self._asked
            self.found(message)
        self.changed()

    def _entered(self) -> tuple[str, str]:
        return self._texts[0].get().strip(), self._texts[1].get().strip()

    def _named(self, entered: tuple[str, str]) -> dict[str, str]:
        return dict(zip(("url", self.LABELS[1].lower()), entered, strict=True))

    def _asks(self) -> None:
        self._turn += 1
        self._asked = self._entered()
        self.say(self.SAID[1])
        self.changed()
        self.pipe.send(turn=self._turn, **self._named(self._asked))

    def _kept(self) -> None:
        if self._passed is not None:
            self.close({**self._named(self._passed), **self.kept()})

"""Address, key and name of an endpoint; a test shows what it takes before it can be saved."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk
from typing import Any

from addin.dialogs.windows.forms import form
from addin.dialogs.windows.parts import table
from addin.dialogs.windows.pasting import mend_keys
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window, plain

_UNTESTED = "Paste the address and key you were given, then press Test."
_CHANGED = "Address or key changed. Press Test again."


class EndpointWindow(Window):
    """Answers url, key and name. Save can be pressed while the address and key are those that passed the last test."""

    def __init__(self, pipe: Pipe, title: str, taken: Sequence[str], url: str) -> None:
        super().__init__(pipe, title)
        self._taken = {name.strip().casefold() for name in taken}
        self._turn = 0
        self._asked: tuple[str, str] | None = None
        self._passed: tuple[str, str] | None = None
        self._proposed = ""
        self._url, self._key, self._name = (tk.StringVar(self.root, text) for text in (plain(url), "", ""))
        fields = ("Address", self._url), ("Key", self._key), ("Name", self._name)
        entries = form(self.body, fields, self.looks, hidden="Key", width=62)
        self.first = entries[1 if url else 0]
        mend_keys(self.root)
        self._said = ttk.Label(self.body, style="Quiet.Body.TLabel", wraplength=self.looks.px(540), justify="left")
        self._said.grid(row=3, column=0, columnspan=3, sticky="w", pady=(self.looks.px(10), 0))
        self._shown: ttk.Frame | None = None
        self._cancel = self.button("Cancel", self.close)
        self._save = self.button("Save", self._saved)
        self._test = self.button("Test", self._tested)
        for button in (self._save, self._cancel):
            button.lift()
        for text in (self._url, self._key, self._name):
            text.trace_add("write", lambda *_: self._changed())
        self._say(_UNTESTED)
        self._changed()

    def _entered(self) -> tuple[str, str]:
        return self._url.get().strip(), self._key.get().strip()

    def _say(self, text: str, style: str = "Quiet") -> None:
        self._said.configure(text=plain(text), style=f"{style}.Body.TLabel")
        self.copied = text

    def _changed(self) -> None:
        """Which buttons can be pressed, after any of the three texts changed."""
        entered = self._entered()
        if self._asked not in {None, entered}:
            self._asked = self._passed = None
            self._say(_CHANGED)
            self._show(None)
        name = self._name.get().strip()
        double = name.casefold() in self._taken
        if self._passed:
            self._say("There is an endpoint of that name. Choose another name.", "Bad") if double else self._say(
                self._found, "Good"
            )
        can_save = bool(self._passed and name and not double)
        self._test.state(["!disabled" if all(entered) and self._asked is None else "disabled"])
        self._save.state(["!disabled" if can_save else "disabled"])
        self.make_default(self._save if can_save else self._test)

    def _tested(self) -> None:
        self._turn += 1
        self._asked = self._entered()
        self._say("Testing …")
        self._changed()
        self.pipe.send(turn=self._turn, url=self._asked[0], key=self._asked[1])

    def heard(self, message: dict[str, Any]) -> None:
        """What a test found, unless something else was entered meanwhile."""
        if message["turn"] != self._turn or self._asked is None:
            return
        if "fault" in message:
            self._asked = None
            self._say(message["fault"], "Bad")
        else:
            self._passed = self._asked
            self._describe(message["described"])
        self._changed()

    def _describe(self, found: dict[str, Any]) -> None:
        sample = ", ".join(f"{name} = {value}" for name, value in found["sample"])
        self._found = "The endpoint answers." + (f" Its sample row scores {sample}." if sample else "")
        if self._name.get().strip() == self._proposed:
            self._proposed = found["name"].strip()
            self._name.set(plain(self._proposed))
        rows = [(kind, f["name"], f["type"], f["allowed"]) for kind in ("inputs", "outputs") for f in found[kind]]
        self._show([(kind[:-1].capitalize(), *rest) for kind, *rest in rows])

    def _show(self, rows: Sequence[Sequence[str]] | None) -> None:
        if self._shown is not None:
            self._shown.destroy()
            self._shown = None
        if rows is not None:
            self._shown = table(self.body, ["", "Name", "Type", "Allowed values"], rows, self.looks, most=9)
            self._shown.grid(row=4, column=0, columnspan=3, sticky="nsew", pady=(self.looks.px(10), 0))
            self.body.rowconfigure(4, weight=1)

    def _saved(self) -> None:
        if self._passed is not None:
            url, key = self._passed
            self.close({"url": url, "key": key, "name": self._name.get().strip()})

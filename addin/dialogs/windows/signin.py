"""A host's address and a token; then the endpoints there, with ticks."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk
from typing import Any

from addin.dialogs.windows.forms import form
from addin.dialogs.windows.parts import scrolled
from addin.dialogs.windows.pasting import mend_keys
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window, plain

_ASKED = "Paste the address and the token that your provider gave to your company. The token is not kept."
_CHANGED = "Address or token changed. Press Sign in again."
_OFFERED = "Which endpoints shall be on this computer? Each gets a key of its own."
_TALLEST = 260
_ABOUT = 60


class SigninWindow(Window):
    """Answers url, token and the ids that are ticked. Add can be pressed while address and token are those that were
    let in, and something is ticked.
    """

    def __init__(self, pipe: Pipe, title: str, url: str) -> None:
        super().__init__(pipe, title)
        self._turn = 0
        self._asked: tuple[str, str] | None = None
        self._let_in: tuple[str, str] | None = None
        self._url, self._token = tk.StringVar(self.root, plain(url)), tk.StringVar(self.root)
        self._ticks: dict[str, tk.BooleanVar] = {}
        fields = ("Address", self._url), ("Token", self._token)
        entries = form(self.body, fields, self.looks, hidden="Token", width=62)
        self.first = entries[1 if url else 0]
        mend_keys(self.root)
        self._said = ttk.Label(self.body, wraplength=self.looks.px(540), justify="left")
        self._said.grid(row=2, column=0, columnspan=3, sticky="w", pady=(self.looks.px(10), 0))
        self._shown: ttk.Frame | None = None
        self._cancel = self.button("Cancel", self.close)
        self._add = self.button("Add", self._added)
        self._sign_in = self.button("Sign in", self._signed_in)
        for button in (self._add, self._cancel):
            button.lift()
        for text in (self._url, self._token):
            text.trace_add("write", lambda *_: self._changed())
        self._say(_ASKED)
        self._changed()

    def _entered(self) -> tuple[str, str]:
        return self._url.get().strip(), self._token.get().strip()

    def _say(self, text: str, style: str = "Quiet") -> None:
        self._said.configure(text=plain(text), style=f"{style}.Body.TLabel")
        self.copied = text

    def _changed(self) -> None:
        """Which buttons can be pressed, after a text or a tick changed."""
        entered = self._entered()
        if self._asked not in {None, entered}:
            self._asked = self._let_in = None
            self._say(_CHANGED)
            self._show([])
        can_add = bool(self._let_in and any(tick.get() for tick in self._ticks.values()))
        self._sign_in.state(["!disabled" if all(entered) and self._asked is None else "disabled"])
        self._add.state(["!disabled" if can_add else "disabled"])
        self.make_default(self._add if self._let_in else self._sign_in)

    def _signed_in(self) -> None:
        self._turn += 1
        self._asked = self._entered()
        self._say("Signing in …")
        self._changed()
        self.pipe.send(turn=self._turn, url=self._asked[0], token=self._asked[1])

    def heard(self, message: dict[str, Any]) -> None:
        """The endpoints, unless something else was entered meanwhile."""
        if message["turn"] != self._turn or self._asked is None:
            return
        if "fault" in message:
            self._asked = None
            self._say(message["fault"], "Bad")
        else:
            self._let_in = self._asked
            self._say(_OFFERED, "Good")
            self._show(message["offered"])
        self._changed()

    def _show(self, offered: Sequence[dict[str, Any]]) -> None:
        if self._shown is not None:
            self._shown.destroy()
            self._shown = None
        self._ticks = {one["id"]: tk.BooleanVar(self.root, value=not one["known"]) for one in offered}
        if not offered:
            return
        self._shown, inner = scrolled(self.body, self.looks, self.looks.px(_TALLEST))
        self._shown.grid(row=3, column=0, columnspan=3, sticky="nsew", pady=(self.looks.px(10), 0))
        self.body.rowconfigure(3, weight=1)
        for row, one in enumerate(offered):
            box = ttk.Checkbutton(
                inner,
                text=plain(one["name"]),
                variable=self._ticks[one["id"]],
                style="Body.TCheckbutton",
                command=self._changed,
            )
            box.grid(row=row, column=0, sticky="w", padx=(self.looks.px(2), self.looks.px(18)))
            about = "on this computer already" if one["known"] else one["about"][:_ABOUT]
            ttk.Label(inner, text=plain(about), style="Quiet.Body.TLabel").grid(row=row, column=1, sticky="w")

    def _added(self) -> None:
        if self._let_in is not None:
            url, token = self._let_in
            ids = [id_ for id_, tick in self._ticks.items() if tick.get()]
            self.close({"url": url, "token": token, "ids": ids})

"""Name and password for a proxy."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from addin.dialogs.windows.forms import form
from addin.dialogs.windows.parts import passage
from addin.dialogs.windows.pasting import mend_keys
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window, plain

_WANTED = "Your company's proxy wants a sign-in (407)."
_KEPT = "Name and password are kept in this computer's key store and sent to the proxy alone."
_REFUSED = (
    "The proxy refused this name and password. If they are right, it wants another kind of sign-in: copy the report "
    "for your IT."
)


class LoginWindow(Window):
    """Answers name and password. Enter can be pressed once there is a name."""

    def __init__(self, pipe: Pipe, title: str, proxy: str, report: str, *, refused: bool) -> None:
        super().__init__(pipe, title)
        self.copied = report
        self._name, self._password = (tk.StringVar(self.root) for _ in range(2))
        text = passage(self.body, f"{_WANTED}\n{plain(proxy)}", self.looks)
        text.grid(row=0, column=0, columnspan=3, sticky="ew", pady=(0, self.looks.px(8)))
        fields = ("Name", self._name), ("Password", self._password)
        self.first, _ = form(self.body, fields, self.looks, hidden="Password", row=1, width=40)
        mend_keys(self.root)
        said, style = (_REFUSED, "Bad") if refused else (_KEPT, "Quiet")
        note = ttk.Label(self.body, text=said, style=f"{style}.Body.TLabel", wraplength=self.looks.px(440))
        note.grid(row=3, column=0, columnspan=3, sticky="w", pady=(self.looks.px(8), 0))
        self.button("Cancel", self.close).lift()
        self._enter_button = self.button("Enter", self._entered)
        self.make_default(self._enter_button)
        self.copy_button(report)
        self._name.trace_add("write", lambda *_: self._changed())
        self._changed()

    def _changed(self) -> None:
        self._enter_button.state(["!disabled" if self._name.get().strip() else "disabled"])

    def _entered(self) -> None:
        self.close({"name": self._name.get().strip(), "password": self._password.get()})

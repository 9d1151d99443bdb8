"""A host's address and a token; then the endpoints there, with ticks."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk
from typing import Any

from addin.dialogs.windows.keeping import KeepingWindow
from addin.dialogs.windows.parts import scrolled
from addin.dialogs.windows.window import plain

_OFFERED = "Which endpoints shall be on this computer? Each gets a key of its own."
_TALLEST = 260
_ABOUT = 60


class SigninWindow(KeepingWindow):
    """Answers url, token and the ids that are ticked. Add can be pressed while something is."""

    LABELS = "Address", "Token"
    BUTTONS = "Sign in", "Add"
    SAID = (
        "Paste the address and the token that your provider gave to your company. The token is not kept.",
        "Signing in …",
        "Address or token changed. Press Sign in again.",
    )

    def can_keep(self) -> bool:
        """Whether something is ticked."""
        return any(tick.get() for tick in self._ticks.values())

    def kept(self) -> dict[str, Any]:
        """The ids."""
        return {"ids": [id_ for id_, tick in self._ticks.items() if tick.get()]}

    def found(self, message: dict[str, Any]) -> None:
        """The endpoints; those that are not on this computer are ticked."""
        offered = message["offered"]
        self.say(_OFFERED, "Good")
        self._ticks = {one["id"]: tk.BooleanVar(self.root, value=not one["known"]) for one in offered}
        if not offered:
            return
        shown, inner = scrolled(self.body, self.looks, self.looks.px(_TALLEST))
        self.show(shown)
        for row, one in enumerate(offered):
            box = ttk.Checkbutton(
                inner,
                text=plain(one["name"]),
                variable=self._ticks[one["id"]],
                style="Body.TCheckbutton",
                command=self.changed,
            )
            box.grid(row=row, column=0, sticky="w", padx=(self.looks.px(2), self.looks.px(18)))
            about = "on this computer already" if one["known"] else one["about"][:_ABOUT]
            ttk.Label(inner, text=plain(about), style="Quiet.Body.TLabel").grid(row=row, column=1, sticky="w")

"""Copy and paste as people expect them, which Tk alone does not give."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

_KEYS = {
    "win32": {65: "<<SelectAll>>", 67: "<<Copy>>", 86: "<<Paste>>", 88: "<<Cut>>"},
    "x11": {38: "<<SelectAll>>", 54: "<<Copy>>", 55: "<<Paste>>", 53: "<<Cut>>"},
}
"""Events by the place of their keys (A, C, V, X): Tk looks for Latin letters, and with a Greek keyboard finds none."""


def mend_keys(root: tk.Tk) -> None:
    """Ctrl with the keys A, C, V, X works with every keyboard layout."""
    events = _KEYS.get(root.tk.call("tk", "windowingsystem"), {})

    def press(event: tk.Event[tk.Misc]) -> None:
        if event.keycode in events and not (event.keysym.isascii() and len(event.keysym) == 1):
            event.widget.event_generate(events[event.keycode])

    root.bind("<Control-Key>", press)


def paste_menu(entry: ttk.Entry) -> None:
    """A right click on an entry offers Paste."""
    menu = tk.Menu(entry, tearoff=0)
    menu.add_command(label="Paste", command=lambda: entry.event_generate("<<Paste>>"))

    def show(event: tk.Event[tk.Misc]) -> None:
        entry.focus_set()
        menu.tk_popup(event.x_root, event.y_root)

    for button in ("<Button-2>", "<Control-Button-1>") if _is_mac(entry) else ("<Button-3>",):
        entry.bind(button, show)


def _is_mac(widget: tk.Misc) -> bool:
    return bool(widget.tk.call("tk", "windowingsystem") == "aqua")

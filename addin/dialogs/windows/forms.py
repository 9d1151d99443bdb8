"""Fields with their labels, one of them hidden."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import ttk

from addin.dialogs.windows.looks import Looks
from addin.dialogs.windows.pasting import paste_menu

_DOT = "•"


def form(
    parent: tk.Misc, fields: Sequence[tuple[str, tk.StringVar]], looks: Looks, *, hidden: str, row: int = 0, width: int
) -> list[ttk.Entry]:
    """An entry for each label and text, in a grid from this row on. The one labelled `hidden` shows dots, and can be
    looked at.
    """
    parent.columnconfigure(1, weight=1)
    entries = []
    for at, (label, text) in enumerate(fields, row):
        ttk.Label(parent, text=label, style="Body.TLabel").grid(row=at, column=0, sticky="w")
        entry = ttk.Entry(parent, textvariable=text, width=width)
        entry.grid(row=at, column=1, sticky="ew", padx=(looks.px(12), 0), pady=looks.px(4))
        paste_menu(entry)
        if label == hidden:
            _hide(parent, entry).grid(row=at, column=2, padx=(looks.px(8), 0))
        entries.append(entry)
    return entries


def _hide(parent: tk.Misc, entry: ttk.Entry) -> ttk.Checkbutton:
    entry.configure(show=_DOT)
    show = tk.BooleanVar(parent, value=False)
    return ttk.Checkbutton(
        parent,
        text="Show",
        variable=show,
        style="Body.TCheckbutton",
        command=lambda: entry.configure(show="" if show.get() else _DOT),
    )

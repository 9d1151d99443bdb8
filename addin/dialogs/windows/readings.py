"""Texts that can be read in more than one way: each column's readings side by side."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import font, ttk
from typing import Any

from addin.dialogs.windows.parts import passage, scrolled
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window, plain

_TEXT = (
    "Some cells hold text that can be read in more than one way. "
    "Choose for each column how to read it. Your sheet is not changed."
)


_AS_TEXT = -1


class ReadingsWindow(Window):
    """Answers a list: for each question the place of the choice taken, or None for text, which is chosen at first."""

    def __init__(self, pipe: Pipe, title: str, questions: Sequence[dict[str, Any]]) -> None:
        super().__init__(pipe, title)
        self._bold = font.nametofont("TkDefaultFont").copy()
        self._bold.configure(weight="bold")
        passage(self.body, _TEXT, self.looks).pack(fill="x")
        frame, inner = scrolled(self.body, self.looks, self.looks.px(420))
        frame.pack(fill="both", expand=True)
        self._taken = [tk.IntVar(self.root, _AS_TEXT) for _ in questions]
        row = 0
        for question, taken in zip(questions, self._taken, strict=True):
            row = self._question(inner, row, question, taken)
        self.choices(["OK", "Cancel"])

    def close(self, answer: object = None) -> None:
        """OK answers with what is chosen."""
        places = [taken.get() for taken in self._taken]
        super().close([None if place == _AS_TEXT else place for place in places] if answer == "OK" else None)

    def _question(self, inner: ttk.Frame, row: int, question: dict[str, Any], taken: tk.IntVar) -> int:
        """Fill the grid from this row on; the next free row."""
        gap = (self.looks.px(14), self.looks.px(2))
        head = ttk.Frame(inner, style="Body.TFrame")
        ttk.Label(head, text=plain(question["column"]), font=self._bold, style="Body.TLabel").pack(side="left")
        found = ttk.Label(head, text=plain(question["found"]), style="Quiet.Body.TLabel")
        found.pack(side="left", padx=self.looks.px(8))
        head.grid(row=row, column=0, sticky="w", pady=gap)
        self._values(inner, row, question["examples"], "Quiet.Body.TLabel", gap)
        as_it_is = {"words": "Leave as text", "values": [f"“{example}”" for example in question["examples"]]}
        for place, choice in [*enumerate(question["choices"]), (_AS_TEXT, as_it_is)]:
            row += 1
            words = plain(choice["words"])
            radio = ttk.Radiobutton(inner, text=words, value=place, variable=taken, style="Body.TRadiobutton")
            radio.grid(row=row, column=0, sticky="w", padx=(self.looks.px(6), self.looks.px(18)))
            self._values(inner, row, choice["values"], "Body.TLabel", 0)
        return row + 1

    def _values(
        self, inner: ttk.Frame, row: int, values: Sequence[str], style: str, gap: int | tuple[int, int]
    ) -> None:
        for column, value in enumerate(values, 1):
            label = ttk.Label(inner, text=plain(value), style=style)
            label.grid(row=row, column=column, sticky="e", padx=(self.looks.px(18), self.looks.px(4)), pady=gap)

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


class ReadingsWindow(Window):
    """Answers column -> name of the reading chosen; `as_text` is chosen until another is."""

    def __init__(self, pipe: Pipe, title: str, questions: Sequence[dict[str, Any]], as_text: str) -> None:
        super().__init__(pipe, title)
        bold = font.nametofont("TkDefaultFont").copy()
        bold.configure(weight="bold")
        self._bold = bold
        passage(self.body, _TEXT, self.looks).pack(fill="x")
        frame, inner = scrolled(self.body, self.looks, self.looks.px(420))
        frame.pack(fill="both", expand=True)
        self._chosen = {question["column"]: tk.StringVar(self.root, as_text) for question in questions}
        row = 0
        for question in questions:
            row = self._question(inner, row, question, as_text)
        self.choices(["OK", "Cancel"])

    def close(self, answer: object = None) -> None:
        """OK answers with what is chosen."""
        super().close({column: chosen.get() for column, chosen in self._chosen.items()} if answer == "OK" else None)

    def _question(self, inner: ttk.Frame, row: int, question: dict[str, Any], as_text: str) -> int:
        """Fill the grid from this row on; the next free row."""
        gap = (self.looks.px(14), self.looks.px(2))
        label = ttk.Label(inner, text=plain(question["column"]), font=self._bold, style="Body.TLabel")
        label.grid(row=row, column=0, sticky="w", pady=gap)
        self._values(inner, row, question["examples"], "Quiet.Body.TLabel", gap)
        as_it_is = {"name": as_text, "text": "Leave as text", "values": [f"“{e}”" for e in question["examples"]]}
        for reading in (*question["readings"], as_it_is):
            row += 1
            radio = ttk.Radiobutton(
                inner,
                text=plain(reading["text"]),
                value=reading["name"],
                variable=self._chosen[question["column"]],
                style="Body.TRadiobutton",
            )
            radio.grid(row=row, column=0, sticky="w", padx=(self.looks.px(6), self.looks.px(18)))
            self._values(inner, row, reading["values"], "Body.TLabel", 0)
        return row + 1

    def _values(
        self, inner: ttk.Frame, row: int, values: Sequence[str], style: str, gap: int | tuple[int, int]
    ) -> None:
        for column, value in enumerate(values, 1):
            label = ttk.Label(inner, text=plain(value), style=style)
            label.grid(row=row, column=column, sticky="e", padx=(self.looks.px(18), self.looks.px(4)), pady=gap)

"""A text, a table, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from addin.dialogs.windows.parts import passage, table
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window


class TableWindow(Window):
    """Answers the choice pressed. Ctrl+C copies the table, as cells that a sheet takes."""

    def __init__(
        self,
        pipe: Pipe,
        title: str,
        text: str,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        choices: Sequence[str],
    ) -> None:
        super().__init__(pipe, title)
        self.copied = "\n".join("\t".join(row) for row in (headings, *rows))
        passage(self.body, text, self.looks).pack(fill="x")
        shown = table(self.body, headings, rows, self.looks)
        shown.pack(fill="both", expand=True, pady=(self.looks.px(12), 0))
        self.choices(choices)

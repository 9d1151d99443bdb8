"""A message or question, perhaps with lines of a report below it."""

from __future__ import annotations

from collections.abc import Sequence

from addin.dialogs.windows.parts import passage
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import Window


class MessageWindow(Window):
    """Answers the choice pressed. `boxed` stands in a box below the text; `report` is what the copy button copies."""

    def __init__(
        self, pipe: Pipe, title: str, text: str, choices: Sequence[str], report: str = "", boxed: str = ""
    ) -> None:
        super().__init__(pipe, title)
        self.copied = report or text
        if text:
            passage(self.body, text, self.looks).pack(fill="both", expand=not boxed)
        if boxed:
            box = passage(self.body, boxed, self.looks, boxed=True)
            box.pack(fill="both", expand=True, pady=(self.looks.px(12) if text else 0, 0))
        self.choices(choices)
        if report:
            self.copy_button(report)

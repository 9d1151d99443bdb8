"""What all windows share: a body, a strip of buttons, the keyboard, and the pipe to the process that shows them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Any

from addin.dialogs.windows.looks import dress, sharpen
from addin.dialogs.windows.pipe import Pipe

POLL = 50
PULSE = 1000
_WIDE = 66


class Window:
    """A window, unseen until `run`. Enter presses the button that has the focus, else the default; Escape and the
    window's own close button answer None; Ctrl+C copies what is selected, else `copied`.
    """

    def __init__(self, pipe: Pipe, title: str = "", *, on_top: bool = True) -> None:
        sharpen()
        self.pipe = pipe
        self.answer: Any = None
        self.copied = ""
        self.default: ttk.Button | None = None
        self.first: tk.Misc | None = None  # what has the keyboard at first, when it is not the default
        self.root = tk.Tk(className="Sheetscore")
        self.root.withdraw()
        self.root.title(plain(title))
        self.root.report_callback_exception = self._broken
        self.looks = dress(self.root)
        self._failure: BaseException | None = None
        self._on_top = on_top
        edge = self.looks.px(18)
        self.foot = ttk.Frame(self.root, padding=(edge, self.looks.px(11)))
        self.foot.pack(side="bottom", fill="x")
        self.body = ttk.Frame(self.root, style="Body.TFrame", padding=edge)
        self.body.pack(side="top", fill="both", expand=True)
        self.foot.lift()  # Tab goes by stacking: the body first
        self.root.protocol("WM_DELETE_WINDOW", self.close)
        self.root.bind("<Escape>", lambda _: self.close())
        self.root.bind("<Return>", self._enter)
        self.root.bind("<KP_Enter>", self._enter)
        self.root.bind("<Control-c>", self._copy)
        self.root.bind(
            "<Command-c>" if self.root.tk.call("tk", "windowingsystem") == "aqua" else "<Control-C>", self._copy
        )

    def button(
        self, text: str, press: Callable[[], None], *, side: str = "right", into: tk.Misc | None = None
    ) -> ttk.Button:
        """A button in the foot; Enter on it presses it."""
        made = ttk.Button(into or self.foot, text=plain(text), command=press)
        gap = self.looks.px(8)
        if side == "top":
            made.pack(side="top", fill="x", pady=(0, gap // 3))
        elif into is None and side == "left":
            made.pack(side="left", padx=(0, gap))
        else:
            made.pack(side="left" if side == "left" else "right", padx=(gap, 0))
        return made

    def choices(self, choices: Sequence[str]) -> None:
        """A button for each choice, the first the default; below each other when they are long."""
        side = "top" if sum(map(len, choices)) + 4 * len(choices) > _WIDE else "left"
        group = ttk.Frame(self.foot)
        group.pack(side="right", fill="x", expand=side == "top")
        made = [self.button(c, lambda c=c: self.close(c), side=side, into=group) for c in choices]  # type: ignore[misc]
        self.make_default(made[0])

    def make_default(self, button: ttk.Button) -> None:
        """The button that Enter presses."""
        if self.default is not None:
            self.default.configure(default="normal")
        self.default = button
        button.configure(default="active")

    def copy_button(self, text: str) -> None:
        """A button that copies a report, says so, and leaves Enter to the default."""

        def press() -> None:
            self._to_clipboard(text)
            button.configure(text="Copied")
            if self.default is not None:
                self.default.focus_set()

        button = self.button("Copy report for IT", press, side="left")

    def close(self, answer: object = None) -> None:
        """Answer, and end the window."""
        self.answer = answer
        self.root.destroy()

    def heard(self, message: dict[str, Any]) -> None:
        """A message from the process that shows the window."""

    def run(self) -> Any:  # noqa: ANN401 - each window has its own answer
        """Show the window in front and wait for its answer."""
        self.root.update_idletasks()
        width, height = self.root.winfo_reqwidth(), self.root.winfo_reqheight()
        left = (self.root.winfo_screenwidth() - width) // 2
        top = (self.root.winfo_screenheight() - height) // 3
        self.root.geometry(f"+{max(left, 0)}+{max(top, 0)}")
        self.root.minsize(width, height)
        self.root.deiconify()
        self.root.attributes("-topmost", 1)
        self.root.lift()
        (self.first or self.default or self.root).focus_force()
        if not self._on_top:
            self.root.after(PULSE, lambda: self.root.attributes("-topmost", 0))
        self._poll()
        self._pulse()
        self.root.mainloop()
        if self._failure is not None:
            raise self._failure
        return self.answer

    def _poll(self) -> None:
        for message in self.pipe.received():
            self.heard(message)
        self.root.after(POLL, self._poll)

    def _pulse(self) -> None:
        self.pipe.send()
        self.root.after(PULSE, self._pulse)

    def _enter(self, _: object) -> None:
        focused = self.root.focus_get()
        button = focused if isinstance(focused, ttk.Button) else self.default
        if button is not None:
            button.invoke()

    def _copy(self, _: object) -> None:
        focused = self.root.focus_get()
        if isinstance(focused, tk.Text) and focused.tag_ranges("sel"):
            self._to_clipboard(focused.get("sel.first", "sel.last"))
        elif self.copied and not isinstance(focused, ttk.Entry):
            self._to_clipboard(self.copied)

    def _to_clipboard(self, text: str) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append(plain(text))
        self.root.update_idletasks()

    def _broken(self, _kind: object, failure: BaseException, _trace: object) -> None:
        self._failure = failure
        self.root.destroy()


class Probe(Window):
    """Answers True when a window could be made; shows none."""

    def run(self) -> bool:
        """Whether it came so far: yes."""
        self.root.destroy()
        return True


def plain(text: object) -> str:
    """Text that Tk can hold: no half of a surrogate pair, no NUL."""
    return str(text).encode("utf-8", "replace").decode().replace("\0", "")

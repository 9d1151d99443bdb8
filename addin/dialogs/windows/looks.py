"""How windows look: each system's own theme; white above, a grey strip with the buttons below."""

from __future__ import annotations

import ctypes
import sys
import tkinter as tk
from dataclasses import dataclass
from tkinter import font, ttk


@dataclass(frozen=True, slots=True)
class Looks:
    """Colours (on white each text has a contrast of at least 4.5 to 1) and the length of 1/96 inch in pixels."""

    body: str
    text: str
    quiet: str
    bad: str
    good: str
    unit: float

    def px(self, length: float) -> int:
        """A length given for a screen of 96 dots an inch, in this screen's pixels."""
        return round(length * self.unit)


def sharpen() -> None:
    """Have Windows draw at the screen's own resolution instead of enlarging a picture. Before the first window."""
    if sys.platform == "win32":
        try:
            ctypes.windll.shcore.SetProcessDpiAwareness(1)
        except (AttributeError, OSError):
            return


def dress(root: tk.Tk) -> Looks:
    """Theme, fonts and colours of a window."""
    unit = max(1.0, root.winfo_fpixels("1i") / 96)
    style = ttk.Style(root)
    if root.tk.call("tk", "windowingsystem") == "aqua":
        looks = Looks("systemWindowBackgroundColor", "systemTextColor", "systemTextColor", "#d93025", "#24813f", unit)
    else:
        looks = Looks("#ffffff", "#1b1b1b", "#5c5c5c", "#b3261e", "#1b6e32", unit)
        _paint(root, style, looks)
    style.configure("TButton", padding=(looks.px(12), looks.px(3)))
    style.configure("Treeview", rowheight=font.nametofont("TkDefaultFont").metrics("linespace") + looks.px(8))
    root.configure(background=looks.body)
    root.iconphoto(True, _icon(root))  # noqa: FBT003 - Tk takes it by place
    return looks


def _paint(root: tk.Tk, style: ttk.Style, looks: Looks) -> None:
    if root.tk.call("tk", "windowingsystem") == "x11":
        style.theme_use("clam")
        style.configure(".", background="#f0f0f0", bordercolor="#b8b8b8", lightcolor="#f0f0f0", darkcolor="#f0f0f0")
        style.configure("TButton", background="#fdfdfd", lightcolor="#fdfdfd", darkcolor="#fdfdfd")
        style.map(
            "TButton",
            background=[("disabled", "#f0f0f0"), ("active", "#eef5f0")],
            bordercolor=[("focus", "#1b6e32"), ("active", "#7a7a7a")],
        )
        style.configure("TEntry", lightcolor=looks.body)
        style.map("TEntry", bordercolor=[("focus", "#1b6e32")], lightcolor=[("focus", looks.body)])
        style.configure("Treeview", background=looks.body, fieldbackground=looks.body)
        style.map("Treeview", background=[("selected", "#dcebe1")], foreground=[("selected", looks.text)])
        style.configure("Treeview.Heading", relief="flat", padding=(looks.px(4), looks.px(3)))
        for kind in ("TRadiobutton", "TCheckbutton"):
            style.configure(kind, indicatorsize=looks.px(11), indicatormargin=(looks.px(2), 1, looks.px(6), 1))
        style.configure("TScrollbar", troughcolor="#f0f0f0", background="#d9d9d9", arrowcolor=looks.quiet)
        style.configure("TProgressbar", background="#1b6e32", troughcolor="#e6e6e6", lightcolor="#1b6e32")
    for kind in ("TFrame", "TLabel", "TRadiobutton", "TCheckbutton"):
        style.configure(f"Body.{kind}", background=looks.body, foreground=looks.text)
        style.map(f"Body.{kind}", background=[("active", looks.body)])
    style.configure("Quiet.Body.TLabel", foreground=looks.quiet)
    style.configure("Bad.Body.TLabel", foreground=looks.bad)
    style.configure("Good.Body.TLabel", foreground=looks.good)


def _icon(root: tk.Tk) -> tk.PhotoImage:
    """Three rising bars on green."""
    icon = tk.PhotoImage(master=root, width=32, height=32)
    icon.put("#1b6e32", to=(0, 0, 32, 32))
    for left, top in ((6, 18), (13, 12), (20, 6)):
        icon.put("#ffffff", to=(left, top, left + 5, 26))
    return icon

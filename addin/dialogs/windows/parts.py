"""Parts that several windows are made of."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import font, ttk

from addin.dialogs.windows.looks import Looks
from addin.dialogs.windows.window import plain

_WIDEST = 64
_TALLEST = 16
_LAST = 520


def passage(parent: tk.Misc, text: str, looks: Looks, *, boxed: bool = False) -> ttk.Frame:
    """A text that wraps, scrolls when it is long, and can be selected and copied but not changed."""
    text = plain(text)
    frame = ttk.Frame(parent, style="Body.TFrame")
    box = tk.Text(
        frame,
        wrap="word",
        width=_WIDEST if boxed else min(_WIDEST, max(28, *(len(line) + 1 for line in text.split("\n")))),
        font="TkDefaultFont",
        background=looks.body,
        foreground=looks.text,
        relief="flat",
        borderwidth=0,
        highlightthickness=1 if boxed else 0,
        highlightbackground="#c4c4c4",
        highlightcolor="#c4c4c4",
        padx=looks.px(8) if boxed else 0,
        pady=looks.px(6) if boxed else 0,
        cursor="arrow",
        takefocus=0,
    )
    box.insert("1.0", text)
    box.pack(side="left", fill="both", expand=True)
    lines = _display_lines(box)
    spacing = 0 if lines > _TALLEST else looks.px(3)
    box.configure(height=min(lines, _TALLEST), spacing3=spacing, state="disabled")
    box.bind("<Button-1>", lambda _: box.focus_set(), add=True)
    if lines > _TALLEST:
        bar = ttk.Scrollbar(frame, command=box.yview)
        bar.pack(side="right", fill="y")
        box.configure(yscrollcommand=bar.set, takefocus=1)
    return frame


def _display_lines(box: tk.Text) -> int:
    """Lines after wrapping: by measuring, as the window is not laid out yet."""
    face = font.nametofont("TkDefaultFont")
    width = box.cget("width") * face.measure("0")
    return sum(_wrapped(line, face, width) for line in box.get("1.0", "end-1c").split("\n")[: _TALLEST + 1])


def _wrapped(line: str, face: font.Font, width: int) -> int:
    lines, used = 1, 0
    blank = face.measure(" ")
    for word in line.split(" "):
        length = face.measure(word[:2000])
        if used and used + blank + length > width:
            lines, used = lines + 1, 0
        used += length + (blank if used else 0)
        lines, used = lines + used // width, used % width
    return lines


def table(
    parent: tk.Misc, headings: Sequence[str], rows: Sequence[Sequence[str]], looks: Looks, most: int = 12
) -> ttk.Frame:
    """A table that scrolls when it has more rows than `most`. The last column takes what room there is; what is cut off
    there stands below the table while its row is selected.
    """
    frame = ttk.Frame(parent, style="Body.TFrame")
    view = ttk.Treeview(frame, columns=list(range(len(headings))), show="headings", height=max(2, min(len(rows), most)))
    face = font.nametofont("TkDefaultFont")
    for column, heading in enumerate(headings):
        texts = [heading, *(plain(row[column]) for row in rows[:500])]
        widest = max(face.measure(text[:200]) for text in texts) + looks.px(24)
        view.heading(column, text=heading, anchor="w")
        last = column == len(headings) - 1
        most_wide = looks.px(_LAST if last else 240)
        view.column(column, width=min(max(widest, looks.px(80)), most_wide), anchor="w", stretch=last)
    for row in rows:
        view.insert("", "end", values=[plain(cell) for cell in row])
    if any(face.measure(plain(row[-1])) > looks.px(_LAST - 24) for row in rows):
        _whole(frame, view, looks).pack(side="bottom", fill="x")
    view.pack(side="left", fill="both", expand=True)
    if len(rows) > most:
        bar = ttk.Scrollbar(frame, command=view.yview)
        bar.pack(side="right", fill="y")
        view.configure(yscrollcommand=bar.set)
    return frame


def _whole(frame: ttk.Frame, view: ttk.Treeview, looks: Looks) -> ttk.Label:
    """The last cell of the selected row, wrapped; two lines are kept free for it."""
    label = ttk.Label(frame, text="\n", style="Quiet.Body.TLabel", padding=(0, looks.px(6), 0, 0))
    label.bind("<Configure>", lambda event: label.configure(wraplength=event.width))

    def show(_: object) -> None:
        cells = [view.set(row) for row in view.selection()]
        label.configure(text="".join(list(cell.values())[-1] for cell in cells[:1]) or "\n")

    view.bind("<<TreeviewSelect>>", show)
    first = view.get_children()[0]
    view.selection_set(first)
    view.focus(first)
    return label


def scrolled(parent: tk.Misc, looks: Looks, tallest: int) -> tuple[ttk.Frame, ttk.Frame]:
    """A frame that scrolls when what is in the second one is taller than `tallest`; what gets the focus comes into
    sight.
    """
    frame = ttk.Frame(parent, style="Body.TFrame")
    canvas = tk.Canvas(frame, background=looks.body, highlightthickness=0, borderwidth=0)
    bar = ttk.Scrollbar(frame, command=canvas.yview)
    inner = ttk.Frame(canvas, style="Body.TFrame")
    canvas.create_window(0, 0, window=inner, anchor="nw")
    canvas.configure(yscrollcommand=bar.set)
    canvas.pack(side="left", fill="both", expand=True)

    def fit(_: object) -> None:
        width, height = inner.winfo_reqwidth(), inner.winfo_reqheight()
        canvas.configure(width=width, height=min(height, tallest), scrollregion=(0, 0, width, height))
        if height > tallest:
            bar.pack(side="right", fill="y")

    def follow(event: tk.Event[tk.Misc]) -> None:
        widget = event.widget
        if str(widget).startswith(str(inner)) and inner.winfo_height() > tallest:
            top = widget.winfo_rooty() - inner.winfo_rooty()
            canvas.yview_moveto(max(0, top - tallest // 2) / inner.winfo_height())

    inner.bind("<Configure>", fit)
    frame.winfo_toplevel().bind("<FocusIn>", follow, add=True)
    for wheel, step in (("<Button-4>", -2), ("<Button-5>", 2)):
        frame.winfo_toplevel().bind(wheel, lambda _, step=step: canvas.yview_scroll(step, "units"))  # type: ignore[misc]
    frame.winfo_toplevel().bind("<MouseWheel>", lambda e: canvas.yview_scroll(-1 if e.delta > 0 else 1, "units"))
    return frame, inner

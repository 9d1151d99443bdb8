"""The add-in's windows. Each runs in a process of its own, so that a hung or killed window never takes Excel with it.

Every function waits for the person and answers None (or False) when the window is closed or Escape is pressed. Raises
NoWindows where none can be shown (no tkinter, no screen) and when a window dies or hangs.
"""

from __future__ import annotations

from addin.dialogs.asking import ask, choose_readings, pairs, problems, report, tell
from addin.dialogs.endpoint import Described, Entered, Field, add_endpoint, described
from addin.dialogs.login import sign_in_at_proxy
from addin.dialogs.progress import Progress, progress
from addin.dialogs.screen import HERE, NoWindows, Screen, available
from addin.dialogs.signin import Chosen, Offered, sign_in

__all__ = [
    "HERE",
    "Chosen",
    "Described",
    "Entered",
    "Field",
    "NoWindows",
    "Offered",
    "Progress",
    "Screen",
    "add_endpoint",
    "ask",
    "available",
    "choose_readings",
    "described",
    "pairs",
    "problems",
    "progress",
    "report",
    "sign_in",
    "sign_in_at_proxy",
    "tell",
]

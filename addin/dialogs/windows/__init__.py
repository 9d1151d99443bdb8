"""What runs in a window's own process. Importing this needs tkinter."""

from __future__ import annotations

from collections.abc import Callable

from addin.dialogs.windows.endpoint import EndpointWindow
from addin.dialogs.windows.login import LoginWindow
from addin.dialogs.windows.message import MessageWindow
from addin.dialogs.windows.progress import ProgressWindow
from addin.dialogs.windows.readings import ReadingsWindow
from addin.dialogs.windows.signin import SigninWindow
from addin.dialogs.windows.table import TableWindow
from addin.dialogs.windows.window import Probe, Window

WINDOWS: dict[str, Callable[..., Window]] = {
    "endpoint": EndpointWindow,
    "login": LoginWindow,
    "message": MessageWindow,
    "probe": Probe,
    "progress": ProgressWindow,
    "readings": ReadingsWindow,
    "signin": SigninWindow,
    "table": TableWindow,
}

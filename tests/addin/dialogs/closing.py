"""What a window manager sends when a window's own close button is pressed; no tool at hand sends it."""

from __future__ import annotations

import ctypes
import ctypes.util


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("room", ctypes.c_long * 24),
    )


def close_window(display: str, number: int) -> None:
    """Ask a window to close (ICCCM, 4.2.8.1)."""
    x = ctypes.CDLL(ctypes.util.find_library("X11"))
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XInternAtom.restype = ctypes.c_ulong
    opened = ctypes.c_void_p(x.XOpenDisplay(display.encode()))
    event = _ClientMessage(type=33, window=number, format=32)
    event.message_type = x.XInternAtom(opened, b"WM_PROTOCOLS", 0)
    event.data[0] = x.XInternAtom(opened, b"WM_DELETE_WINDOW", 0)
    x.XSendEvent(opened, ctypes.c_ulong(number), 0, ctypes.c_long(0), ctypes.byref(event))
    x.XCloseDisplay(opened)

"""How much memory another process has, on macOS, where the system enforces no limit of it."""

from __future__ import annotations

import ctypes
from typing import Any

_RUSAGE_INFO_V0 = 0
# struct rusage_info_v0 (libproc.h): 16 bytes of uuid, then 64-bit numbers
_FIELDS = 10
_PHYS_FOOTPRINT = 7


class _Usage(ctypes.Structure):
    _fields_ = (("uuid", ctypes.c_uint8 * 16), ("numbers", ctypes.c_uint64 * _FIELDS))


def footprint(pid: int, libproc: Any = None) -> int | None:  # noqa: ANN401 - the system's library, or a stand-in
    """Bytes of memory that a process is charged for; None when it is no more."""
    usage = _Usage()
    library = libproc or ctypes.CDLL("/usr/lib/libproc.dylib")
    if library.proc_pid_rusage(pid, _RUSAGE_INFO_V0, ctypes.byref(usage)) != 0:
        return None
    return int(usage.numbers[_PHYS_FOOTPRINT])

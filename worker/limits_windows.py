"""Limits of processor time, memory and number of processes on Windows: a job object that this process enters for good.

Structures and numbers: Microsoft's documentation of JOBOBJECT_EXTENDED_LIMIT_INFORMATION.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_EXTENDED_LIMIT_INFORMATION = 9
_PROCESS_TIME, _ACTIVE_PROCESS, _PROCESS_MEMORY = 0x2, 0x8, 0x100
_TICKS_PER_SECOND = 10_000_000


class _Basic(ctypes.Structure):
    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    )


class Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", _Basic),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


def enter_job(seconds: int, memory_bytes: int, kernel: Any = None) -> None:  # noqa: ANN401 - kernel32, or a stand-in
    """Put this process under limits that it cannot leave. Raises OSError when the system refuses."""
    kernel = kernel or _kernel32()
    limits = Limits()
    limits.basic.flags = _PROCESS_TIME | _ACTIVE_PROCESS | _PROCESS_MEMORY
    limits.basic.process_time = seconds * _TICKS_PER_SECOND
    limits.basic.active_processes = 1
    limits.process_memory = memory_bytes
    job = kernel.CreateJobObjectW(None, None)
    told = kernel.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits))
    # the handle stays open as long as this process lives
    if not (job and told and kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())):
        raise OSError("the system refuses a job object")


def _kernel32() -> Any:  # noqa: ANN401 - there on Windows only
    if sys.platform != "win32":
        raise OSError("job objects are there on Windows only")
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.SetInformationJobObject.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32)
    kernel.AssignProcessToJobObject.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    return kernel

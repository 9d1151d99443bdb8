"""What this person's Python can do besides: keep keys, show windows."""

from __future__ import annotations

from collections.abc import Callable

from addin.doctor.findings import Finding, ok, warning, wrong
from addin.keystore import KeyStoreError, SystemKeys, variable
from addin.messages import explain

_PROBE = "doctor"


def key_store(keys: SystemKeys) -> Finding:
    """The system's key store takes a key, gives it back and forgets it."""
    check = "key store"
    try:
        keys.set(_PROBE, _PROBE)
        same = keys.get(_PROBE) == _PROBE
        keys.delete(_PROBE)
    except KeyStoreError as error:
        return wrong(check, str(error), explain(error, sheet=False))
    if not same:
        instead = f"Keys can stand in environment variables ({variable('Name of the endpoint')})."
        return wrong(check, f"The key store does not give back what it is given ({keys.store}).", instead)
    return ok(check, keys.store)


def drawing(can_import: Callable[[str], bool]) -> Finding:
    """tkinter, which draws the windows."""
    if can_import("tkinter"):
        return ok("tkinter", "draws the windows")
    mend = "Install Python from python.org with tcl/tk (macOS with Homebrew: brew install python-tk)."
    return warning("tkinter", "It is missing: questions come as plain messages, without progress.", mend)

"""One LibreOffice process of our own: private profile, private pipe, ended by its own process id.

The bridge to it has two threads in this process. They are ended before Python is, or they would come upon LibreOffice's
types after `exit` has destroyed them.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.addin.lo_engine.bridge import soffice, uno

_START_SECONDS = 90
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Office:
    """A LibreOffice that answers on `pipe`. `process` is None where somebody else started it."""

    pipe: str
    bridge: Any
    context: Any
    desktop: Any
    process: subprocess.Popen[bytes] | None = None
    profile: tempfile.TemporaryDirectory[str] | None = None

    def create(self, service: str) -> Any:
        """A new service of the office: "sheet.FunctionAccess"."""
        return self.context.ServiceManager.createInstanceWithContext(f"com.sun.star.{service}", self.context)


def launch() -> Office:
    """Start LibreOffice without a window. Raises TimeoutError when it does not answer in 90 s."""
    program = soffice()
    if program is None:
        raise FileNotFoundError("soffice")
    pipe = f"sheetscore-{uuid.uuid4().hex[:12]}"
    profile = tempfile.TemporaryDirectory(prefix="lo-profile-")
    command = [
        str(program.with_suffix("")),
        "--headless", "--invisible", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
        f"-env:UserInstallation={Path(profile.name).as_uri()}",
        f"--accept=pipe,name={pipe};urp;",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=_environment()
    )
    started = time.monotonic()
    while time.monotonic() - started < _START_SECONDS and process.poll() is None:
        with contextlib.suppress(_exception()):
            return connect(pipe, process, profile)
        time.sleep(0.1)
    end(Office(pipe, None, None, None, process, profile))
    raise TimeoutError("LibreOffice did not answer")


def connect(
    pipe: str,
    process: subprocess.Popen[bytes] | None = None,
    profile: tempfile.TemporaryDirectory[str] | None = None,
) -> Office:
    """The LibreOffice that listens on `pipe`. Raises LibreOffice's NoConnectException when none does."""
    local = uno().getComponentContext()
    connector, factory = (
        local.ServiceManager.createInstanceWithContext(f"com.sun.star.{name}", local)
        for name in ("connection.Connector", "bridge.BridgeFactory")
    )
    bridge = factory.createBridge("", "urp", connector.connect(f"pipe,name={pipe}"), None)
    atexit.register(bridge.dispose)
    context = bridge.getInstance("StarOffice.ComponentContext")
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    return Office(pipe, bridge, context, desktop, process, profile)


def end(office: Office) -> None:
    """Ask the office to end, then end its own process group; an office that somebody else started is left alone.

    The bridge ends either way.
    """
    if office.process is not None:
        _end_process(office, office.process)
    if office.bridge is not None:
        office.bridge.dispose()


def _end_process(office: Office, process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(_exception()):
        if office.desktop is not None:
            office.desktop.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if office.profile is not None:
        office.profile.cleanup()


def _exception() -> type[BaseException]:
    found: type[BaseException] = uno().getClass("com.sun.star.uno.Exception")
    return found


def _environment() -> dict[str, str]:
    """The user's environment in English, without what would make the office load another Python."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME", "LANGUAGE"}}
    return {**kept, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}

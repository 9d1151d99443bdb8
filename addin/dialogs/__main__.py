"""The process of one window: reads what to show from standard input, writes the answer to standard output."""

from __future__ import annotations

import sys

from addin.dialogs.windows.pipe import Pipe


def main() -> None:
    """Show the window that the first line names. What goes wrong is named to the other side, never shown or logged."""
    pipe = Pipe(sys.stdin.buffer, sys.stdout.buffer)
    job = pipe.wait()
    try:
        from addin.dialogs.windows import WINDOWS  # noqa: PLC0415 - tkinter may be missing

        answer = WINDOWS[job.pop("window")](pipe, **job).run()
    except Exception as error:  # noqa: BLE001 - a traceback could quote what was typed
        pipe.send(failed=type(error).__name__)
    else:
        pipe.send(answer=answer)
    pipe.end()


if __name__ == "__main__":
    main()

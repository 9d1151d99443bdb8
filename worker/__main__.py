"""`python -m worker` is `sheetscore`.

One program, two kinds of computers: an analyst's desk has what the add-in needs, a server what the worker needs.
"""

from __future__ import annotations

import sys
from importlib import import_module


def main() -> None:
    """Run `sheetscore`. What the extra of this computer does not bring is named in one sentence, with the remedy."""
    addin = sys.argv[1:2] == ["addin"]
    try:
        commands = import_module("addin.commands" if addin else "worker.cli")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in {"addin", "worker"}:
            raise
        extra = "addin" if addin else "worker"
        other = "" if addin else " For Excel on this computer: sheetscore addin --help"
        sys.stderr.write(f"sheetscore: {error.name} is missing. Run: pip install 'sheetscore[{extra}]'.{other}\n")
        sys.exit(1)
    commands.main()


if __name__ == "__main__":
    main()

"""Print one of README's two commands, `demo` or `tests`: the `sh` block below `<!-- command: NAME -->`."""

import re
import sys
from pathlib import Path

text = Path(__file__).parent.parent.joinpath("README.md").read_text("utf-8")
found = re.search(rf"<!-- command: {re.escape(sys.argv[1])} -->\s*```sh\n(.+?)\n```", text, re.DOTALL)
if found is None:
    sys.exit(f"README has no command called {sys.argv[1]}")
sys.stdout.write(found[1] + "\n")

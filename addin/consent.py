"""For which sheets this person switched auto-score on. It is kept among the person's own files: a workbook that
somebody else sends says nothing of what its reader agreed to.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from addin.paths import write_whole

_MOST = 1_000


def new_token() -> str:
    """A token that nobody can guess, to stand in the workbook."""
    return secrets.token_hex(16)


def agreed(folder: Path) -> list[str]:
    """The tokens that this person agreed to, oldest first; none where the file is not there or cannot be read."""
    try:
        tokens = json.loads(consent_file(folder).read_bytes())
    except (OSError, ValueError):
        return []
    return [token for token in tokens if isinstance(token, str)] if isinstance(tokens, list) else []


def agree(folder: Path, token: str) -> None:
    """Keep a token, in place of the oldest one when there are too many. Raises OSError."""
    _keep(folder, [*agreed(folder), token][-_MOST:])


def withdraw(folder: Path, tokens: Iterable[str]) -> None:
    """Forget tokens. Raises OSError."""
    gone, kept = set(tokens), agreed(folder)
    if gone.intersection(kept):
        _keep(folder, [token for token in kept if token not in gone])


def _keep(folder: Path, tokens: list[str]) -> None:
    write_whole(consent_file(folder), json.dumps(tokens).encode())


def consent_file(folder: Path) -> Path:
    """Where the tokens are."""
    return folder / "auto.json"

"""hatchling, which also asks for what sheetscore.xlam is made with when a wheel is built, and only then: an editable
installation (README's first command) would wait for it in vain.
"""

from __future__ import annotations

from typing import Any

from hatchling import build as hatchling
from hatchling.build import *  # noqa: F403 - the whole of PEP 517's interface


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """What a wheel needs beside hatchling: the exact versions whose template and writer were reviewed."""
    return [*hatchling.get_requires_for_build_wheel(config_settings), "xlwings==0.37.8", "pyOpenVBA==6.5.0"]

"""hatchling, which also asks for what sheetscore.xlam is made with when a wheel is built, and only then: an editable
installation (README's first command) would wait for it in vain.
"""
# ruff: noqa: INP001 - pip imports it by its folder, it belongs to no package

from __future__ import annotations

from typing import Any

from hatchling import build as hatchling
from hatchling.build import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """What a wheel needs beside hatchling: the exact versions whose template and writer were reviewed."""
    return [*hatchling.get_requires_for_build_wheel(config_settings), "xlwings==0.37.8", "pyOpenVBA==6.5.0"]

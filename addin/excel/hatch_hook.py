"""Puts sheetscore.xlam into the wheel. An editable installation has none until `packaged` builds it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AddinFile(BuildHookInterface[BuilderConfig]):
    """Builds the add-in file and has it included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it gathers the files. Raises BuildError."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from addin.excel.build import XLAM, build  # noqa: PLC0415 - only now can this checkout be imported

        self._folder = tempfile.TemporaryDirectory(prefix="sheetscore-")
        built = Path(self._folder.name) / XLAM
        build(built)
        build_data["force_include"][str(built)] = f"addin/excel/{XLAM}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Called by hatchling when the wheel is written."""
        if version != "editable":
            self._folder.cleanup()

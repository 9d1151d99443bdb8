"""What can go wrong when the add-in file is built."""

from __future__ import annotations

from addin.errors import AddinError


class BuildError(AddinError):
    """The add-in file cannot be built. `part` is what was being made, `anchor` the text, file or package looked for,
    `found` how often it was there.
    """

    def __init__(self, part: str, anchor: str, found: int) -> None:
        super().__init__(f"{part}: {anchor!r} found {found} times")
        self.part = part
        self.anchor = anchor
        self.found = found

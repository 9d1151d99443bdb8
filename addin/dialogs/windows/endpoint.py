"""Address, key and name of an endpoint; a test shows what it takes before it can be saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from addin.dialogs.windows.keeping import KeepingWindow
from addin.dialogs.windows.parts import table
from addin.dialogs.windows.pipe import Pipe
from addin.dialogs.windows.window import plain


class EndpointWindow(KeepingWindow):
    """Answers url, key and name. Save can be pressed while the name is one that no other endpoint has."""

    LABELS = "Address", "Key", "Name"
    BUTTONS = "Test", "Save"
    SAID = (
        "Paste the address and key you were given, then press Test.",
        "Testing …",
        "Address or key changed. Press Test again.",
    )

    def __init__(self, pipe: Pipe, title: str, taken: Sequence[str], url: str) -> None:
        self._taken = {name.strip().casefold() for name in taken}
        self._proposed = ""
        super().__init__(pipe, title, url)

    def can_keep(self) -> bool:
        """Whether there is a name, and it is free."""
        name = self._name()
        double = name.casefold() in self._taken
        if double:
            self.say("There is an endpoint of that name. Choose another name.", "Bad")
        else:
            self.say(self._found, "Good")
        return bool(name) and not double

    def kept(self) -> dict[str, Any]:
        """The name."""
        return {"name": self._name()}

    def found(self, message: dict[str, Any]) -> None:
        """The endpoint's own name is proposed; its inputs and outputs are shown."""
        found = message["described"]
        sample = ", ".join(f"{name} = {value}" for name, value in found["sample"])
        self._found = "The endpoint answers." + (f" Its sample row scores {sample}." if sample else "")
        if self._name() == self._proposed:
            self._proposed = found["name"].strip()
            self._texts[2].set(plain(self._proposed))
        rows = [
            (kind[:-1].capitalize(), f["name"], f["type"], f["allowed"])
            for kind in ("inputs", "outputs")
            for f in found[kind]
        ]
        self.show(table(self.body, ["", "Name", "Type", "Allowed values"], rows, self.looks, most=9))

    def _name(self) -> str:
        return self._texts[2].get().strip()

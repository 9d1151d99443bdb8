"""`sheetscore addin ...` as the server's command line lists it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup


class _Desk(TyperGroup):
    """The add-in's commands, loaded when they are asked for: they bring keyring and requests, and a server need not
    have what they need (`worker.__main__` says so).
    """

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - whatever typer gives it
        super().__init__(**attributes)
        del self.commands

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of `commands` only
        if name != "commands":
            raise AttributeError(name)
        self.commands = typer.main.get_group(import_module("addin.commands").app).commands
        return self.commands


addin = typer.Typer(cls=_Desk, no_args_is_help=True, help="The Excel add-in on this computer.")


@addin.callback()
def _of_the_desk() -> None:
    """Without a callback typer takes a group that it finds empty for none."""

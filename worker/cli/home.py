"""The home folder and what opens it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from worker.settings import Settings
from worker.store import open_store


def default_home() -> Path:
    """`SHEETSCORE_HOME`, else `.sheetscore` in the person's own folder."""
    return Path(os.environ.get("SHEETSCORE_HOME") or Path.home() / ".sheetscore")


Home = Annotated[
    Path,
    typer.Option(
        "--home",
        help="Where everything lives. [env: SHEETSCORE_HOME] [default: ~/.sheetscore]",
        default_factory=default_home,
        show_default=False,
    ),
]
Service = Annotated[str, typer.Argument(help="Name of the web service.")]
Customer = Annotated[str, typer.Argument(help="Name of the customer.")]
Description = Annotated[str, typer.Option(help="Words for people, at most 2,000 characters.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def opened(home: Path, settings: Settings | None = None) -> Iterator[Engine]:
    """The home's store, made if it is not there."""
    settings = settings or Settings(home)
    engine = open_store(settings.database, home)
    try:
        yield engine
    finally:
        engine.dispose()


def operating() -> str:
    """Who changes something from the command line, for the record."""
    return f"command line ({getpass.getuser()})"

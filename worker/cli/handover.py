"""`sheetscore handover`: what each customer is sent."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from workbook_templates import DefinitionError
from worker.batch.handover import Handover
from worker.batch.templates import Templates
from worker.cli import show
from worker.cli.home import Home, Json, opened
from worker.endpoints import Access, EndpointRow, Registry, RuleError
from worker.files import write_whole
from worker.host.addresses import told_url
from worker.settings import Settings


def handover(
    endpoint: Annotated[str | None, typer.Argument(help="service/endpoint.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="For every endpoint of a customer that has a template.")] = False,
    template: Annotated[str | None, typer.Option(help="The template, where several are for an endpoint.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the parcels.", file_okay=False)] = Path(),
    home: Home,
    as_json: Json = False,
) -> None:
    """Make a parcel (zip) for a customer, or for all: template, instructions, upload address, connection file."""
    if (endpoint is None) is not every:
        raise typer.BadParameter("give either an endpoint or --all")
    out.mkdir(parents=True, exist_ok=True)
    settings = Settings(home)
    with opened(home, settings) as engine:
        registry = Registry(engine, home)
        made = Handover(registry, Access(engine), Templates(registry, home, time.time), told_url(settings), time.time)
        rows = [registry.endpoint(endpoint)] if endpoint else [row for row in registry.endpoints() if row.customer]
        done = [_done(made, row, template, out) for row in rows]
    show.rows(done, as_json=as_json, empty="No customer has an endpoint.")
    if any(row["fault"] for row in done):
        raise typer.Exit(1)


def _done(made: Handover, row: EndpointRow, template: str | None, out: Path) -> dict[str, str]:
    told = {"customer": row.customer or "", "endpoint": f"{row.service}/{row.name}", "file": "", "fault": ""}
    try:
        parcel = made.parcel(row, template)
    except (RuleError, DefinitionError) as error:  # the others get theirs all the same
        return told | {"fault": str(error)}
    file = out / parcel.file_name
    write_whole(file, parcel.data)
    return told | {"file": str(file)}

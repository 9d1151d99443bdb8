"""`sheetscore services|endpoints|customers|jobs|settings`: make and show what the store holds."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from worker.batch.ledger import Ledger
from worker.batch.uploads import public
from worker.cli import show
from worker.cli.home import Home, Json, opened
from worker.endpoints import EndpointRow, NewEndpoint, Registry, Remote, importing
from worker.scoring import ContractError, Schema
from worker.settings import TABLE, Settings

services = typer.Typer(no_args_is_help=True, help="Web services: published models under a name.")
endpoints = typer.Typer(no_args_is_help=True, help="Endpoints: what customers call, each with its own keys.")
customers = typer.Typer(no_args_is_help=True, help="Customers: who owns endpoints and drop folders.")
jobs = typer.Typer(no_args_is_help=True, help="Jobs: workbooks that were or are being scored.")

Model = Annotated[Path | None, typer.Argument(help="The ONNX file.", exists=True, dir_okay=False)]
Contract = Annotated[Path, typer.Option(help="JSON file with inputs, outputs and sample rows.", exists=True)]
RemoteUrl = Annotated[
    str | None,
    typer.Option(
        "--remote", help="Address of a remote scoring server instead of an ONNX file; key from SHEETSCORE_REMOTE_KEY."
    ),
]


@services.command("add")
def add_service(
    name: str,
    model: Model = None,
    *,
    contract: Contract,
    remote: RemoteUrl = None,
    description: str = "",
    home: Home,
    as_json: Json = False,
) -> None:
    """Publish a model as version 1 of a new web service, with its `default` endpoint."""
    with opened(home) as engine:
        made = Registry(engine, home).add_service(name, _contract(contract), _model(model, remote), description)
    _new_endpoint(made, home, as_json=as_json)


@services.command("publish")
def publish(
    name: str, model: Model = None, *, contract: Contract, remote: RemoteUrl = None, home: Home, as_json: Json = False
) -> None:
    """Publish the next version. The `default` endpoint follows; every other one stays where it is pinned."""
    with opened(home) as engine:
        number = Registry(engine, home).publish(name, _contract(contract), _model(model, remote))
    show.one({"service": name, "version": number}, as_json=as_json)


@services.command("list")
def list_services(*, home: Home, as_json: Json = False) -> None:
    """List the web services."""
    with opened(home) as engine:
        found = [_service(row) for row in Registry(engine, home).services()]
    show.rows(found, as_json=as_json, empty="No web service yet: sheetscore services add NAME MODEL --contract FILE")


@services.command("show")
def show_service(name: str, *, home: Home, as_json: Json = False) -> None:
    """Show one web service with its endpoints."""
    with opened(home) as engine:
        registry = Registry(engine, home)
        facts = _service(registry.service(name))
        names = [row.name for row in registry.endpoints(service=name)]
    show.one({**facts, "endpoints": names if as_json else ", ".join(names)}, as_json=as_json)


@endpoints.command("add")
def add_endpoint(
    service: str,
    name: str,
    *,
    customer: Annotated[str, typer.Option(help="Who it is for.")],
    version: Annotated[int | None, typer.Option(help="Version to pin; the newest if not given.")] = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Make an endpoint for a customer. Its two keys are shown once, now."""
    with opened(home) as engine:
        made = Registry(engine, home).add_endpoint(service, name, customer, version)
    _new_endpoint(made, home, as_json=as_json)


@endpoints.command("list")
def list_endpoints(
    *, service: str | None = None, customer: str | None = None, home: Home, as_json: Json = False
) -> None:
    """List endpoints, all of them or those of one web service or customer."""
    with opened(home) as engine:
        found = Registry(engine, home).endpoints(service=service, customer=customer)
    brief = [
        {
            "endpoint": f"{row.service}/{row.name}",
            "customer": row.customer,
            "contract": row.contract_version,
            "model": row.model_version,
            "calls at once": row.max_concurrent_calls,
            "id": row.id,
        }
        for row in found
    ]
    show.rows(brief, as_json=as_json, empty="No endpoint yet: sheetscore services add NAME MODEL --contract FILE")


@endpoints.command("show")
def show_endpoint(endpoint: str, *, home: Home, as_json: Json = False) -> None:
    """Show one endpoint, given as service/endpoint or by its id."""
    with opened(home) as engine:
        row = Registry(engine, home).endpoint(endpoint)
    show.one(_endpoint(row, home), as_json=as_json)


@customers.command("add")
def add_customer(name: str, *, home: Home, as_json: Json = False) -> None:
    """Make a customer. A running host makes their drop folder."""
    with opened(home) as engine:
        row = Registry(engine, home).add_customer(name)
    show.one({"customer": row.name, "inbox": str(home / "drop" / row.name / "inbox")}, as_json=as_json)


@customers.command("import")
def import_customers(
    file: Annotated[Path, typer.Argument(help="CSV: customer, service, and more as README has it.", exists=True)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line and say what would be made.")] = False,
    home: Home,
    as_json: Json = False,
) -> None:
    """Make customers and their endpoints from a table; may be run again. New keys are shown once, now."""
    with opened(home) as engine:
        registry = Registry(engine, home)
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = importing.plan(registry, text)
        made = [(line, None) for line in lines] if dry_run else importing.carry_out(registry, lines)
    show.rows([_imported(line, new) for line, new in made], as_json=as_json, empty="The table has no line.")


def _imported(line: importing.Line, new: NewEndpoint | None) -> dict[str, Any]:
    changes = importing.differing(line) if line.standing else []
    told = f"changes {', '.join(changes)}" if changes else "there already" if line.standing else "new"
    return {
        "line": line.number,
        "customer": line.customer,
        "endpoint": f"{line.service}/{line.endpoint}",
        "version": line.version,
        "what": told,
        "primary key": new.primary if new else None,
        "secondary key": new.secondary if new else None,
    }


@customers.command("list")
def list_customers(*, home: Home, as_json: Json = False) -> None:
    """List the customers."""
    with opened(home) as engine:
        found = [
            {"customer": row.name, "since": show.moment(row.created_at)} for row in Registry(engine, home).customers()
        ]
    show.rows(found, as_json=as_json, empty="No customer yet: sheetscore customers add NAME")


@jobs.command("list")
def list_jobs(
    *,
    customer: str | None = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest.")] = 20,
    home: Home,
    as_json: Json = False,
) -> None:
    """List the newest jobs."""
    with opened(home) as engine:
        found = [public(job) for job in Ledger(engine).jobs(customer_name=customer, limit=limit)]
    if not as_json:
        brief = {"id": "id", "state": "state", "workbook": "workbook", "endpoint": "endpoint", "customer": "customer"}
        brief |= {"rows": "rowsRead", "problems": "rowsWithProblems"}
        found = [{name: job[fact] for name, fact in brief.items()} for job in found]
    show.rows(found, as_json=as_json, empty="No job yet: drop a workbook into an inbox, or sheetscore score BOOK")


@jobs.command("show")
def show_job(job_id: str, *, home: Home, as_json: Json = False) -> None:
    """Show one job."""
    with opened(home) as engine:
        job = Ledger(engine).get(job_id)
    if job is None:
        show.complain(f"There is no job {job_id}. See: sheetscore jobs list")
        raise typer.Exit(1)
    facts = {**public(job), "callsRepeatedAfterAStop": job.calls_unanswered, "sha256": job.sha256}
    if not as_json:
        facts |= {"createdAt": show.moment(job.created_at), "endedAt": show.moment(job.ended_at)}
    show.one(facts, as_json=as_json)


def settings(*, home: Home, as_json: Json = False) -> None:
    """Show every setting, its value in force, and what it does."""
    values = Settings(home)
    table = [{"setting": row.name, "value": values[row.name], "help": row.help} for row in TABLE]
    for row in table:
        if row["setting"] == "database" and row["value"]:
            row["value"] = _without_password(row["value"])
    if not as_json:
        table = [{**row, "value": str(row["value"])} for row in table]  # a port is no count: no separators
    show.rows(table, as_json=as_json, empty="")


def _without_password(address: str) -> str:
    try:
        return make_url(address).render_as_string(hide_password=True)
    except ArgumentError:
        return "(not an address)"


def _contract(file: Path) -> Schema:
    try:
        return Schema.from_dict(json.loads(file.read_text("utf-8")))
    except ContractError as error:
        raise ContractError(f"{file}: {error}") from None
    except ValueError:
        raise ContractError(f"{file} is not a contract: it is not JSON text") from None


def _model(file: Path | None, remote: str | None) -> bytes | Remote:
    if file is not None and remote is None:
        return file.read_bytes()
    if file is not None or remote is None:
        raise typer.BadParameter("give either an ONNX file or --remote URL")
    token = os.environ.get("SHEETSCORE_REMOTE_KEY", "")
    if not token and sys.stdin.isatty():
        token = typer.prompt("Key of the remote server", hide_input=True, err=True)
    return Remote(url=remote, codec="classic", token=token)


def _service(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the registry
    facts = asdict(row)
    facts["created_at"] = show.moment(facts["created_at"])
    return facts


def _endpoint(row: EndpointRow, home: Path) -> dict[str, Any]:
    values = Settings(home)
    facts = asdict(row)
    facts["created_at"], facts["changed_at"] = show.moment(row.created_at), show.moment(row.changed_at)
    facts["url"] = f"http://{values.host}:{values.port}/workspaces/default/services/{row.id}"
    return facts


def _new_endpoint(made: NewEndpoint, home: Path, *, as_json: bool) -> None:
    facts = _endpoint(made.endpoint, home) | {"primary_key": made.primary, "secondary_key": made.secondary}
    show.one(facts, as_json=as_json)
    if not as_json:
        show.console.print("\nThe two keys are shown this once. Only their hashes are kept.")

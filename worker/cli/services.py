"""`sheetscore services|models`: publish models, show and remove what was published."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.cli import show
from worker.cli.home import Description, Home, Json, Service, opened, operating
from worker.cli.manage import new_endpoint
from worker.endpoints import ModelRow, Registry, Remote
from worker.scoring import ContractError, Schema

services = typer.Typer(no_args_is_help=True, help="Web services: published models under a name.")
models = typer.Typer(no_args_is_help=True, help="Models: the files and remote servers behind versions.")

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
    name: Annotated[str, typer.Argument(help="1 to 64 lower-case letters, digits and hyphens.")],
    model: Model = None,
    *,
    contract: Contract,
    remote: RemoteUrl = None,
    description: Description = "",
    home: Home,
    as_json: Json = False,
) -> None:
    """Publish a model as version 1 of a new web service, with its `default` endpoint."""
    with opened(home) as engine:
        made = Registry(engine, home).add_service(name, _contract(contract), _model(model, remote), description)
    new_endpoint(made, home, as_json=as_json)


@services.command("publish")
def publish(
    name: Service,
    model: Model = None,
    *,
    contract: Contract,
    remote: RemoteUrl = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Publish the next version. The `default` endpoint follows; every other one stays where it is pinned."""
    with opened(home) as engine:
        number = Registry(engine, home).publish(name, _contract(contract), _model(model, remote), operating())
    show.one({"service": name, "version": number}, as_json=as_json)


@services.command("list")
def list_services(*, home: Home, as_json: Json = False) -> None:
    """List the web services."""
    with opened(home) as engine:
        found = [_service(row) for row in Registry(engine, home).services()]
    show.rows(found, as_json=as_json, empty="No web service yet: sheetscore services add NAME MODEL --contract FILE")


@services.command("show")
def show_service(name: Service, *, home: Home, as_json: Json = False) -> None:
    """Show one web service with its endpoints."""
    with opened(home) as engine:
        registry = Registry(engine, home)
        facts = _service(registry.service(name))
        names = [row.name for row in registry.endpoints(service=name)]
    show.one({**facts, "endpoints": names if as_json else ", ".join(names)}, as_json=as_json)


@services.command("versions")
def list_versions(name: Service, *, home: Home, as_json: Json = False) -> None:
    """List the versions of a web service, with models that were sent to one endpoint alone."""
    with opened(home) as engine:
        registry = Registry(engine, home)
        names = {row.id: row.name for row in registry.endpoints(service=name)}
        found = [
            {
                "version": row.number,
                "published": show.moment(row.created_at),
                "kind": row.kind,
                "model": row.model_id[:12],
                "only for": names.get(row.only_for or ""),
            }
            for row in registry.versions(name)
        ]
    show.rows(found, as_json=as_json, empty="There is no version.")


@services.command("update")
def update_service(name: Service, *, description: Description, home: Home, as_json: Json = False) -> None:
    """Change the description of a web service."""
    with opened(home) as engine:
        row = Registry(engine, home).describe_service(name, description)
    show.one(_service(row), as_json=as_json)


@services.command("remove")
def remove_service(name: Service, *, home: Home, as_json: Json = False) -> None:
    """Remove a web service that no customer has an endpoint of, with its versions and models."""
    with opened(home) as engine:
        Registry(engine, home).remove_service(name, operating())
    show.one({"removed": name}, as_json=as_json)


@models.command("list")
def list_models(*, home: Home, as_json: Json = False) -> None:
    """List the models with the versions that use them."""
    with opened(home) as engine:
        found = [_used(row) | {"id": row.id if as_json else row.id[:12]} for row in Registry(engine, home).models()]
    show.rows(found, as_json=as_json, empty="No model yet: sheetscore services add NAME MODEL --contract FILE")


@models.command("show")
def show_model(
    model: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")], *, home: Home, as_json: Json = False
) -> None:
    """Show one model."""
    with opened(home) as engine:
        row = Registry(engine, home).model(model)
    show.one(_used(row) | {"url": row.url, "since": show.moment(row.created_at)}, as_json=as_json)


def _contract(file: Path) -> Schema:
    try:
        return Schema.from_dict(json.loads(file.read_text("utf-8")))
    except ContractError as error:
        raise ContractError(f"{file}: {error}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ContractError(f"{file} is not a contract: it is not JSON from {place} on") from None
    except ValueError:
        raise ContractError(f"{file} is not a contract: it is not text in UTF-8") from None


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


def _used(row: ModelRow) -> dict[str, Any]:
    return {"id": row.id, "kind": row.kind, "bytes": row.size, "versions": ", ".join(row.versions)}

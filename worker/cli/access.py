"""`sheetscore tokens ...` and the keys of endpoints: who may do what."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.cli import show
from worker.cli.home import Home, Json, opened
from worker.cli.update import Endpoint, endpoints
from worker.endpoints import Access, Registry

__all__ = ["endpoints", "tokens"]

tokens = typer.Typer(no_args_is_help=True, help="Tokens: what opens management, or one customer's own view.")

Token = Annotated[str, typer.Argument(help="Its own name, by which it is listed and revoked.")]
Device = Annotated[str, typer.Argument(help="Name of the desktop.")]


@tokens.command("add")
def add_token(
    name: Token,
    *,
    customer: Annotated[str | None, typer.Option(help="A customer's own token, instead of an operator's.")] = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Make a token: an operator's opens management, a customer's lists that customer's endpoints. Shown once, now."""
    with opened(home) as engine:
        token = Access(engine).add_token(name, customer)
    show.one({"name": name, "customer": customer, "token": token}, as_json=as_json)


@tokens.command("list")
def list_tokens(*, home: Home, as_json: Json = False) -> None:
    """List the tokens, without what opens."""
    with opened(home) as engine:
        rows = Access(engine).tokens()
    found = [
        {"name": r.name, "customer": r.customer, "ends with": r.hint, "since": show.moment(r.created_at)} for r in rows
    ]
    show.rows(found, as_json=as_json, empty="No token yet: sheetscore tokens add NAME")


@tokens.command("remove")
def remove_token(name: Token, *, home: Home, as_json: Json = False) -> None:
    """Revoke a token. It ends within a second."""
    with opened(home) as engine:
        Access(engine).remove_token(name)
    show.one({"removed": name}, as_json=as_json)


@endpoints.command("keys")
def list_keys(endpoint: Endpoint, *, home: Home, as_json: Json = False) -> None:
    """List the keys of an endpoint, without what opens."""
    with opened(home) as engine:
        rows = Access(engine).keys(Registry(engine, home).endpoint(endpoint))
    found = [{"key": row.slot, "ends with": row.hint, "since": show.moment(row.created_at)} for row in rows]
    show.rows(found, as_json=as_json, empty="")


@endpoints.command("add-device")
def add_device(endpoint: Endpoint, device: Device, *, home: Home, as_json: Json = False) -> None:
    """Make a key for one desktop, which can be revoked alone. Shown once, now."""
    with opened(home) as engine:
        key = Access(engine).add_device(Registry(engine, home).endpoint(endpoint), device)
    show.one({"endpoint": endpoint, "device": device, "key": key}, as_json=as_json)


@endpoints.command("remove-device")
def remove_device(endpoint: Endpoint, device: Device, *, home: Home, as_json: Json = False) -> None:
    """Revoke the key of one desktop. It ends within a second; the other keys stay valid."""
    with opened(home) as engine:
        Access(engine).remove_device(Registry(engine, home).endpoint(endpoint), device)
    show.one({"endpoint": endpoint, "removed": device}, as_json=as_json)


@endpoints.command("remove-codes")
def remove_codes(endpoint: Endpoint, *, home: Home, as_json: Json = False) -> None:
    """Revoke the codes of connection files that were handed over for an endpoint and not used yet."""
    with opened(home) as engine:
        removed = Access(engine).remove_codes(Registry(engine, home).endpoint(endpoint))
    show.one({"endpoint": endpoint, "removed": removed}, as_json=as_json)


@endpoints.command("rotate-key")
def rotate_key(
    endpoint: Endpoint,
    slot: Annotated[str, typer.Argument(help="primary or secondary.")],
    *,
    home: Home,
    as_json: Json = False,
) -> None:
    """Put a new key in place of one of the two; the other stays valid. Shown once, now."""
    with opened(home) as engine:
        key = Registry(engine, home).rotate_key(endpoint, slot)
    show.one({"endpoint": endpoint, f"{slot}_key": key}, as_json=as_json)


@endpoints.command("remove")
def remove(endpoint: Endpoint, *, home: Home, as_json: Json = False) -> None:
    """Remove an endpoint and its keys. Its jobs and its history keep their record."""
    with opened(home) as engine:
        row = Registry(engine, home).remove_endpoint(endpoint)
    show.one({"removed": f"{row.service}/{row.name}", "id": row.id}, as_json=as_json)

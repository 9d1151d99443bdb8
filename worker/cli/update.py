"""`sheetscore endpoints update|refresh|rollback|history`: change endpoints that are in use."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from worker.cli import show
from worker.cli.home import Home, Json, opened, operating
from worker.cli.manage import ENDS, Expires, MaxConcurrentCalls, SomeWords, ThrottleLevel, endpoints, last_moment, term
from worker.endpoints import Change, EndpointRow, Models, Registry, Updates, matching, new_wave
from worker.endpoints.preview import Preview, preview
from worker.endpoints.rules import Unknown, checked_settings
from worker.endpoints.updates import Pin, check_movable, pin
from worker.scoring import SheetscoreError

__all__ = ["endpoints"]

Endpoint = Annotated[str, typer.Argument(help="service/endpoint, or an id.")]
WHERE = ("service", "customer", "version")


@endpoints.command("update")
def update(
    endpoint: Endpoint,
    *,
    model: Annotated[
        str | None,
        typer.Option(help="Version whose model it takes, or an ONNX file for it alone; the contract stays."),
    ] = None,
    description: SomeWords = None,
    throttle_level: ThrottleLevel = None,
    max_concurrent_calls: MaxConcurrentCalls = None,
    call_limit: Annotated[int | None, typer.Option(help="Calls at once that batch may send.")] = None,
    logging_level: Annotated[str | None, typer.Option(help="None, Error or All.")] = None,
    logging_until: Annotated[str | None, typer.Option(help="Last day its log is written, or never.")] = None,
    sample_data: Annotated[bool | None, typer.Option(help="Whether its description has sample rows.")] = None,
    prevent_update: Annotated[
        bool | None, typer.Option(help="Whether refresh and change of model are refused.")
    ] = None,
    expires: Expires = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Change settings of one endpoint, or the model it pins. What is not given stays."""
    given: dict[str, Any] = {
        "description": description,
        "throttle_level": throttle_level,
        "max_concurrent_calls": max_concurrent_calls,
        "call_limit": call_limit,
        "logging_level": logging_level,
        "sample_data": sample_data,
        "prevent_update": prevent_update,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    if expires is not None:
        settings["expires_at"] = last_moment(expires)
    if logging_until is not None:
        settings["logging_until"] = last_moment(logging_until)
    with opened(home) as engine:
        registry = Registry(engine, home)
        row = registry.endpoint(endpoint)
        checked_settings(settings, row.throttle_level, row.max_concurrent_calls)
        if model is not None and model.isdecimal():
            Updates(engine, Models(engine, home)).set_model(row, int(model), operating())
        elif model is not None:
            registry.send_model(row, Path(model).read_bytes(), operating())
        row = registry.change_endpoint(row.id, **settings) if settings else registry.endpoint(row.id)
    show.one(_pins(row) | {name: _fact(row, name, as_json) for name in settings}, as_json=as_json)


@endpoints.command("refresh")
def refresh(
    endpoint: Annotated[str | None, typer.Argument(help="service/endpoint, or an id; or choose with --where.")] = None,
    *,
    overwrite: Annotated[
        bool, typer.Option("--overwrite/--keep-model", help="Take the newest model too, or the newest contract only.")
    ] = True,
    where: Annotated[list[str] | None, typer.Option(help="service=, customer= or version=; may be repeated.")] = None,
    wave: Annotated[int | None, typer.Option(min=1, help="Move so many of the chosen ones, by name.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which sample scores would move; change nothing.")
    ] = False,
    home: Home,
    as_json: Json = False,
) -> None:
    """Move endpoints to the newest version of their web service; nobody else's scores change."""
    with opened(home) as engine:
        updates = Updates(engine, Models(engine, home))
        chosen = [r for r in _chosen(engine, home, endpoint, where or []) if _would_move(updates, r, overwrite)]
        if dry_run:
            show.rows(
                _previewed(Models(engine, home), chosen, updates, overwrite=overwrite, most=wave),
                as_json=as_json,
                empty="Nothing would change.",
            )
            return
        name = new_wave()
        changes: list[Change] = []
        refused: list[SheetscoreError] = []
        try:
            for row in chosen:
                if len(changes) == wave:  # what is refused takes no place: the next wave would meet it again
                    break
                try:
                    moved = updates.refresh(row, overwrite=overwrite, who=operating(), wave=name)
                except SheetscoreError as error:
                    refused.append(error)
                else:
                    changes += [moved] if moved else []
        finally:  # whatever broke it off: what was moved by then is told, and how to take it back
            _tell(changes, refused, name, as_json=as_json)
    if refused:
        raise typer.Exit(1)


def _tell(changes: list[Change], refused: list[SheetscoreError], wave: str, *, as_json: bool) -> None:
    show.rows([_change(change) for change in changes], as_json=as_json, empty="Nothing changed.")
    for refusal in refused:
        show.complain(str(refusal))
    if changes and not as_json:
        show.console.print(f"\nBack again:  sheetscore endpoints rollback --wave {wave}")


@endpoints.command("rollback")
def rollback(
    endpoint: Annotated[str | None, typer.Argument(help="service/endpoint, or an id.")] = None,
    *,
    version: Annotated[int | None, typer.Option(min=1, help="Version to take contract and model from.")] = None,
    wave: Annotated[str | None, typer.Option(help="Undo all that one refresh changed.")] = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Take one endpoint back to an earlier version, or undo a whole wave."""
    if (wave is None) == (endpoint is None or version is None):
        raise typer.BadParameter("give either an endpoint with --version, or --wave")
    with opened(home) as engine:
        updates = Updates(engine, Models(engine, home))
        if wave is not None:
            changes: list[Change | None] = [*updates.roll_back_wave(wave, operating())]
        else:
            row = Registry(engine, home).endpoint(str(endpoint))
            changes = [updates.roll_back(row, version or 1, operating())]
    show.rows([_change(change) for change in changes if change], as_json=as_json, empty="Nothing changed.")


@endpoints.command("history")
def history(endpoint: Endpoint, *, home: Home, as_json: Json = False) -> None:
    """Show who moved an endpoint, when, from and to what."""
    with opened(home) as engine:
        row = Registry(engine, home).endpoint(endpoint)
        changes = Updates(engine, Models(engine, home)).history(row.id)
    show.rows(
        [_change(change) for change in changes], as_json=as_json, empty="It pins what it pinned when it was made."
    )


def _chosen(engine: Engine, home: Any, endpoint: str | None, where: list[str]) -> list[EndpointRow]:  # noqa: ANN401 - a Path
    if (endpoint is None) == (not where):
        raise typer.BadParameter("give either an endpoint or --where")
    if endpoint is not None:
        row = Registry(engine, home).endpoint(endpoint)
        check_movable(row, "refresh")
        return [row]
    facts: dict[str, Any] = {}
    for clause in where:
        fact, _, value = clause.partition("=")
        if fact not in WHERE or not value or (fact == "version" and not re.fullmatch("[0-9]{1,9}", value)):
            raise typer.BadParameter(f"--where {clause}: wanted one of {', '.join(f'{name}=...' for name in WHERE)}")
        facts[fact] = int(value) if fact == "version" else value
    _check_there_is(Registry(engine, home), facts)
    return list(matching(engine, **facts))


def _check_there_is(registry: Registry, facts: dict[str, Any]) -> None:
    """Raises Unknown for a service, customer or version that there is not: a slip shall not read as all being done."""
    if "service" in facts:
        registry.service(facts["service"])
    customers = [customer.name for customer in registry.customers()]
    if "customer" in facts and facts["customer"] not in customers:
        raise Unknown("customer", facts["customer"], customers)
    services = [facts["service"]] if "service" in facts else [service.name for service in registry.services()]
    numbers = {row.number for service in services for row in registry.versions(service)}
    if "version" in facts and facts["version"] not in numbers:
        raise Unknown("version", str(facts["version"]), [str(number) for number in sorted(numbers)])


def _would_move(updates: Updates, row: EndpointRow, overwrite: bool) -> bool:
    after = updates.refreshed(row, overwrite=overwrite)
    return (after.contract, after.model) != (row.contract_version, row.model_version)


def _previewed(
    models: Models, chosen: Sequence[EndpointRow], updates: Updates, *, overwrite: bool, most: int | None
) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    known: dict[tuple[str, Pin, Pin, str], Preview] = {}  # what moves depends on the pins alone
    moving = 0
    for row in chosen:
        if moving == most:
            break
        after = updates.refreshed(row, overwrite=overwrite)
        move = row.service, pin(row), after, row.id if row.prevent_update else ""
        if move not in known:
            known[move] = preview(models, row, after)
        seen = known[move]
        moving += seen.refused is None
        moved = "not comparable" if seen.moved is None else f"{seen.moved} of {seen.rows}"
        shown.append(
            {
                "endpoint": f"{row.service}/{row.name}",
                "customer": row.customer,
                "from": f"{row.contract_version}/{row.model_version}",
                "to": f"{after.contract}/{after.model}",
                "sample scores that move": str(seen.refused) if seen.refused else moved,
                "in rows": "; ".join(f"{name}: {', '.join(map(str, rows))}" for name, rows in seen.which.items()),
                "largest step": None if seen.largest is None else round(seen.largest, 6),
            }
        )
    return shown


def _pins(row: EndpointRow) -> dict[str, Any]:
    return {"endpoint": f"{row.service}/{row.name}", "contract": row.contract_version, "model": row.model_version}


def _fact(row: EndpointRow, name: str, as_json: bool) -> object:
    value = getattr(row, name)
    if name == "expires_at" and value is not None and not as_json:
        return term(value, time.time())
    return show.end(value, as_json=as_json) if name in ENDS else value


def _change(change: Change) -> dict[str, Any]:
    return {
        "endpoint": change.endpoint,
        "when": show.moment(change.at),
        "who": change.who,
        "what": change.action,
        "from": f"{change.before.contract}/{change.before.model}",
        "to": f"{change.after.contract}/{change.after.model}",
        "wave": change.wave,
    }

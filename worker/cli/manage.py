"""`sheetscore endpoints|customers|jobs|settings`: make and show what the store holds."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from worker.batch.ledger import Ledger
from worker.batch.uploads import public
from worker.cli import show
from worker.cli.home import Customer, Home, Json, Service, opened
from worker.endpoints import EndpointRow, NewEndpoint, Registry, importing
from worker.endpoints.expiry import DAY_SECONDS, WARNED_DAYS
from worker.endpoints.passwords import Passwords
from worker.host.addresses import told_url
from worker.settings import TABLE, Settings

endpoints = typer.Typer(no_args_is_help=True, help="Endpoints: what customers call, each with its own keys.")
customers = typer.Typer(no_args_is_help=True, help="Customers: who owns endpoints and drop folders.")
jobs = typer.Typer(no_args_is_help=True, help="Jobs: workbooks and tables that were or are being scored.")

OfCustomer = Annotated[str | None, typer.Option(help="Only those of this customer.")]
Job = Annotated[str, typer.Argument(help="Its id, as jobs list shows it.")]

SomeWords = Annotated[str | None, typer.Option(help="Words for people, at most 2,000 characters.")]
ThrottleLevel = Annotated[str | None, typer.Option(help="Low (4 calls at once) or High.")]
MaxConcurrentCalls = Annotated[int | None, typer.Option(help="1 to 200, at level High.")]
Expires = Annotated[str | None, typer.Option(help="Last day as YYYY-MM-DD, or never.")]

ENDS = ("expires_at", "logging_until")


@endpoints.command("add")
def add_endpoint(
    service: Service,
    name: Annotated[str, typer.Argument(help="1 to 24 lower-case letters and digits; often the customer's name.")],
    *,
    customer: Annotated[str, typer.Option(help="Who it is for.")],
    version: Annotated[int | None, typer.Option(help="Version to pin; the newest if not given.")] = None,
    description: SomeWords = None,
    throttle_level: ThrottleLevel = None,
    max_concurrent_calls: MaxConcurrentCalls = None,
    expires: Expires = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Make an endpoint for a customer. Its two keys are shown once, now."""
    with opened(home) as engine:
        made = Registry(engine, home).add_endpoint(
            service,
            name,
            customer,
            version,
            description=description or "",
            throttle_level=throttle_level or "High",
            max_concurrent_calls=max_concurrent_calls,
            expires_at=None if expires is None else last_moment(expires),
        )
    new_endpoint(made, home, as_json=as_json)


@endpoints.command("list")
def list_endpoints(
    *,
    service: Annotated[str | None, typer.Option(help="Only those of this web service.")] = None,
    customer: OfCustomer = None,
    home: Home,
    as_json: Json = False,
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
            "expires": None if row.expires_at is None else term(row.expires_at, time.time()),
            "id": row.id,
        }
        for row in found
    ]
    show.rows(brief, as_json=as_json, empty="No endpoint yet: sheetscore services add NAME MODEL --contract FILE")


@endpoints.command("show")
def show_endpoint(
    endpoint: Annotated[str, typer.Argument(help="service/endpoint, or an id.")], *, home: Home, as_json: Json = False
) -> None:
    """Show one endpoint, given as service/endpoint or by its id."""
    with opened(home) as engine:
        row = Registry(engine, home).endpoint(endpoint)
    show.one(_endpoint(row, home, as_json=as_json), as_json=as_json)


@customers.command("add")
def add_customer(
    name: Annotated[str, typer.Argument(help="1 to 63 lower-case letters, digits and hyphens; a folder's name too.")],
    *,
    language: Annotated[str | None, typer.Option(help="Language of their templates: de, pt-BR.")] = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Make a customer. A running host makes their drop folder."""
    with opened(home) as engine:
        row = Registry(engine, home).add_customer(name, language)
    show.one({"customer": row.name, "inbox": str(home / "drop" / row.name / "inbox")}, as_json=as_json)


@customers.command("import")
def import_customers(
    file: Annotated[Path, typer.Argument(help="CSV: name, service, and more as README has it.", exists=True)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line and say what would be made.")] = False,
    home: Home,
    as_json: Json = False,
) -> None:
    """Make customers and their endpoints from a table; may be run again. New keys are shown once, now."""
    with opened(home) as engine:
        registry = Registry(engine, home)
        with file.open(encoding="utf-8-sig", newline="") as text:
            try:
                lines = importing.plan(registry, text)
            except importing.ImportRefused as refused:
                for number, what in refused.faults:
                    show.complain(f"line {number}: {what}")
                raise typer.Exit(1) from None
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


@customers.command("password")
def set_password(
    name: Customer,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Forget the password.")] = False,
    home: Home,
) -> None:
    """Keep the password of a customer's encrypted workbooks: asked for, or read from standard input."""
    with opened(home) as engine:
        customer_id, passwords = Registry(engine, home).customer(name).id, Passwords(engine, home)
        if remove:
            passwords.forget(customer_id)
        elif sys.stdin.isatty():
            text = typer.prompt("Password of the workbooks", hide_input=True, confirmation_prompt=True, err=True)
            passwords.keep(customer_id, text)
        else:
            passwords.keep(customer_id, sys.stdin.readline().rstrip("\r\n"))
    show.console.print(f"{name}: {'no password is kept' if remove else 'the password is kept, encrypted'}")


@customers.command("list")
def list_customers(*, home: Home, as_json: Json = False) -> None:
    """List the customers."""
    with opened(home) as engine:
        protected = Passwords(engine, home).owners()
        found = [
            {
                "customer": row.name,
                "language": row.language,
                "password": "kept" if row.id in protected else None,
                "since": show.moment(row.created_at),
            }
            for row in Registry(engine, home).customers()
        ]
    show.rows(found, as_json=as_json, empty="No customer yet: sheetscore customers add NAME")


@jobs.command("list")
def list_jobs(
    *,
    customer: OfCustomer = None,
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
def show_job(job_id: Job, *, home: Home, as_json: Json = False) -> None:
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


@jobs.command("cancel")
def cancel_job(job_id: Job, *, home: Home) -> None:
    """Cancel a job. What runs ends within moments, and what was not started at once."""
    with opened(home) as engine:
        ledger = Ledger(engine)
        if ledger.ask_cancel(job_id):
            show.console.print(f"{job_id} will not be finished")
            return
        job = ledger.get(job_id)
    show.complain(f"{job_id} is {job.state} already" if job else f"There is no job {job_id}. See: sheetscore jobs list")
    raise typer.Exit(1)


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


def _endpoint(row: EndpointRow, home: Path, *, as_json: bool) -> dict[str, Any]:
    values = Settings(home)
    facts = asdict(row)
    facts["created_at"], facts["changed_at"] = show.moment(row.created_at), show.moment(row.changed_at)
    facts |= {name: show.end(facts[name], as_json=as_json) for name in ENDS}
    facts["url"] = f"{told_url(values)}/workspaces/default/services/{row.id}"
    return facts


def new_endpoint(made: NewEndpoint, home: Path, *, as_json: bool) -> None:
    """Show an endpoint just made, with its keys."""
    keys = {"primary_key": made.primary, "secondary_key": made.secondary}
    facts = _endpoint(made.endpoint, home, as_json=as_json) | keys
    show.one(facts, as_json=as_json)
    if not as_json:
        show.console.print("\nThe two keys are shown this once. Only their hashes are kept.")


def last_moment(day: str) -> float | None:
    """The end of a day in UTC; None for never."""
    if day == "never":
        return None
    try:
        return importing.end_of(day)
    except ValueError:
        raise typer.BadParameter(f"{day} is not a day such as 2027-03-31, nor never") from None


def term(expires_at: float, now: float) -> str:
    """When an endpoint ends, and how many days that leaves where these are few."""
    days = int((expires_at - now) // DAY_SECONDS)
    if days >= WARNED_DAYS[0]:
        return show.moment(expires_at)
    near = "over" if expires_at <= now else "in less than a day" if not days else f"in {days} day{'s' * (days > 1)}"
    return f"{show.moment(expires_at)} ({near})"

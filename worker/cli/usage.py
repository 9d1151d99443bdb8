"""`sheetscore usage` and `customers quota`: what was used, and what may be."""

from __future__ import annotations

import csv
import datetime as dt
import sys
import time
from typing import Annotated, Any

import typer

from worker.cli import show
from worker.cli.home import Customer, Home, Json, opened
from worker.cli.manage import customers
from worker.endpoints import Registry
from worker.endpoints.quotas import allowances, set_quota
from worker.endpoints.usage import AXES, COUNTS, report

__all__ = ["customers", "usage"]


def usage(
    *,
    month: Annotated[str | None, typer.Option(help="YYYY-MM; the present month if not given.")] = None,
    by: Annotated[str, typer.Option(help=f"{', '.join(AXES)}.")] = "customer",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    home: Home,
    as_json: Json = False,
) -> None:
    """Show the rows, problems, calls and jobs of a month. Days and months are those of UTC."""
    if as_csv and as_json:
        raise typer.BadParameter("give either --csv or --json")
    with opened(home) as engine:
        found = report(engine, month or f"{dt.datetime.now(dt.UTC):%Y-%m}", by)
    if as_csv:
        table = csv.DictWriter(sys.stdout, (*AXES[by], *COUNTS), lineterminator="\n")
        table.writeheader()
        table.writerows(found)
    else:
        show.rows(found, as_json=as_json, empty="Nothing was used.")


@customers.command("quota")
def quota(
    name: Customer,
    rows: Annotated[str | None, typer.Argument(help="Rows a month, or none; only shown if not given.")] = None,
    *,
    then: Annotated[
        str | None, typer.Option(help="At the quota: block, as at first, or allow. From 80 % on answers say it.")
    ] = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Set or show how many rows a customer may have scored in a month. In force within five seconds."""
    if then not in {None, "block", "allow"}:
        raise typer.BadParameter(f"{then} is neither block nor allow", param_hint="--then")
    if rows is not None and rows != "none" and not rows.isdecimal():
        raise typer.BadParameter(f"{rows} is neither a number of rows nor none", param_hint="ROWS")
    if rows == "none" and then is not None:
        raise typer.BadParameter("--then says what happens at a quota", param_hint="--then")
    with opened(home) as engine:
        Registry(engine, home).customer(name)
        found = allowances(engine, time.time(), name).get(name)
        if rows is None and then is not None and found is None:
            raise typer.BadParameter(f"{name} has no quota; give the rows a month too", param_hint="--then")
        if rows is not None or then is not None:
            number = found.quota if found else None
            if rows is not None:
                number = None if rows == "none" else int(rows)
            set_quota(engine, name, number, blocks=None if then is None else then == "block")
            found = allowances(engine, time.time(), name).get(name)
    facts: dict[str, Any] = {"customer": name, "rows a month": None}
    if found is not None:
        facts |= {"rows a month": found.quota, "used": found.rows, "then": "block" if found.blocks else "allow"}
    show.one(facts, as_json=as_json)

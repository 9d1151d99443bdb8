"""`sheetscore customers update|show`, and how `score` is told how a file is written."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from worker.cli import show
from worker.cli.home import Customer, Home, Json, opened
from worker.cli.usage import customers
from worker.endpoints import Registry, rules
from worker.endpoints.conventions import SEPARATORS, said_of_one, set_conventions
from worker.scoring.readings import DATE_ORDERS, DECIMAL_SIGNS, Conventions

__all__ = ["customers", "given"]

_TAB = "tab"

DecimalSign = Annotated[
    str | None,
    typer.Option(help=f"What stands before the decimals in texts that are numbers: {' or '.join(DECIMAL_SIGNS)}"),
]
DateOrder = Annotated[str | None, typer.Option(help=f"How texts that are dates are written: {', '.join(DATE_ORDERS)}.")]
CsvSeparator = Annotated[
    str | None,
    typer.Option(help=f"What separates cells of CSV files: {' '.join(SEPARATORS).replace(chr(9), _TAB)}"),
]
CsvEncoding = Annotated[str | None, typer.Option(help="Encoding of CSV files: utf-8, cp1252, ...")]
ReplaceEarlier = Annotated[
    bool | None,
    typer.Option(
        "--replace-earlier/--keep-earlier",
        help="Whether new result sheets take the place of earlier ones that nobody changed.",
    ),
]


@customers.command("update")
def update_customer(
    name: Customer,
    *,
    decimal_sign: DecimalSign = None,
    date_order: DateOrder = None,
    csv_separator: CsvSeparator = None,
    csv_encoding: CsvEncoding = None,
    replace_earlier: ReplaceEarlier = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Say how a customer writes numbers, dates, CSV files, and wants results. Not given stays; '' takes it back."""
    with opened(home) as engine:
        made = set_conventions(
            engine,
            name,
            decimal_sign=decimal_sign,
            date_order=date_order,
            csv_separator=_separator(csv_separator),
            csv_encoding=csv_encoding,
            replace_earlier=replace_earlier,
        )
    show.one({"customer": name, **_legible(made, as_json=as_json)}, as_json=as_json)


@customers.command("show")
def show_customer(name: Customer, *, home: Home, as_json: Json = False) -> None:
    """Show one customer, how they write numbers, dates and CSV files, and want results."""
    with opened(home) as engine:
        registry = Registry(engine, home)
        row = next((row for row in registry.customers() if row.name == name), None)
        if row is None:
            raise rules.Unknown("customer", name, [row.name for row in registry.customers()])
        written = registry.conventions(name)
    facts = {"customer": row.name, "language": row.language, "since": show.moment(row.created_at)}
    show.one(facts | _legible(written, as_json=as_json), as_json=as_json)


def given(
    decimal_sign: str | None,
    date_order: str | None,
    csv_separator: str | None,
    csv_encoding: str | None,
    replace_earlier: bool | None,
) -> str | None:
    """What was said for one file, as it is stored with its job. Raises ChoiceInvalid, EncodingInvalid."""
    return said_of_one(
        decimal_sign=decimal_sign,
        date_order=date_order,
        csv_separator=_separator(csv_separator),
        csv_encoding=csv_encoding,
        replace_earlier=replace_earlier,
    )


def _legible(written: Conventions, *, as_json: bool) -> dict[str, Any]:
    """A tab cannot be seen; a program takes it as it is."""
    facts = asdict(written)
    if written.csv_separator == "\t" and not as_json:
        facts["csv_separator"] = _TAB
    return facts


def _separator(said: str | None) -> str | None:
    return "\t" if said == _TAB else said

"""`sheetscore customers update|show`, and how `score` is told how a file is written."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from worker.cli import show
from worker.cli.home import Home, Json, opened
from worker.cli.usage import customers
from worker.endpoints import Registry, rules
from worker.endpoints.conventions import SEPARATORS, checked, set_conventions
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


@customers.command("update")
def update_customer(
    name: str,
    *,
    decimal_sign: DecimalSign = None,
    date_order: DateOrder = None,
    csv_separator: CsvSeparator = None,
    csv_encoding: CsvEncoding = None,
    home: Home,
    as_json: Json = False,
) -> None:
    """Say how a customer writes numbers, dates and CSV files. What is not given stays; '' takes it back."""
    separator = "\t" if csv_separator == _TAB else csv_separator
    with opened(home) as engine:
        made = set_conventions(
            engine,
            name,
            decimal_sign=decimal_sign,
            date_order=date_order,
            csv_separator=separator,
            csv_encoding=csv_encoding,
        )
    show.one({"customer": name, **asdict(made)}, as_json=as_json)


@customers.command("show")
def show_customer(name: str, *, home: Home, as_json: Json = False) -> None:
    """Show one customer, and how they write numbers, dates and CSV files."""
    with opened(home) as engine:
        registry = Registry(engine, home)
        row = next((row for row in registry.customers() if row.name == name), None)
        if row is None:
            raise rules.Unknown("customer", name, [row.name for row in registry.customers()])
        written = registry.conventions(name)
    facts = {"customer": row.name, "language": row.language, "since": show.moment(row.created_at), **asdict(written)}
    show.one(facts, as_json=as_json)


def given(
    decimal_sign: str | None, date_order: str | None, csv_separator: str | None, csv_encoding: str | None
) -> Conventions | None:
    """What was said for one file; None when nothing was. Raises ChoiceInvalid, EncodingInvalid."""
    said = (decimal_sign, date_order, "\t" if csv_separator == _TAB else csv_separator, csv_encoding)
    return checked(Conventions(*(value or "" for value in said))) if any(value is not None for value in said) else None

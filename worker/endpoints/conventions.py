"""How customers write numbers, dates and CSV files, and want results: said by the operator, kept in the store."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Engine, select

from worker.endpoints import rules
from worker.scoring.readings import DATE_ORDERS, DECIMAL_SIGNS, NOTHING_SAID, Conventions
from worker.store.tables import customer

SEPARATORS = (",", ";", "\t", "|")


def conventions_of(engine: Engine, name: str) -> Conventions:
    """A customer's conventions. Raises Unknown."""
    with engine.connect() as db:
        row = db.execute(select(customer.c.conventions).where(customer.c.name == name)).first()
    if row is None:
        raise rules.Unknown("customer", name)
    return from_json(row.conventions)


def set_conventions(engine: Engine, name: str, **said: str | bool | None) -> Conventions:
    """Change what is given of a customer's conventions ('' takes it back); returns them all. Jobs that began go on by
    what was said then. Raises Unknown, ChoiceInvalid, EncodingInvalid.
    """
    made = checked(replace(conventions_of(engine, name), **_given(said)))
    with engine.begin() as db:
        db.execute(customer.update().where(customer.c.name == name).values(conventions=to_json(made)))
    return made


def checked(conventions: Conventions) -> Conventions:
    """The same. Raises ChoiceInvalid, EncodingInvalid."""
    rules.check_choice("decimal_sign", conventions.decimal_sign, ("", *DECIMAL_SIGNS))
    rules.check_choice("date_order", conventions.date_order, ("", *DATE_ORDERS))
    rules.check_choice("csv_separator", conventions.csv_separator, ("", *SEPARATORS))
    if conventions.csv_encoding and not _is_encoding(conventions.csv_encoding):
        raise rules.EncodingInvalid(conventions.csv_encoding)
    return conventions


def to_json(conventions: Conventions) -> str:
    """As it is stored."""
    return json.dumps({name: value for name, value in asdict(conventions).items() if value})


def from_json(text: str | None, others: Conventions = NOTHING_SAID) -> Conventions:
    """The inverse of `to_json`, `said_of_one`; nothing said for None. What the text does not say is as in `others`."""
    return replace(others, **json.loads(text or "{}"))


def said_of_one(**said: str | bool | None) -> str | None:
    """What is said of one file alone, '' and False too, as it is stored with its job; None when nothing is.

    Raises ChoiceInvalid, EncodingInvalid.
    """
    checked(Conventions(**_given(said)))
    return json.dumps(_given(said)) if _given(said) else None


def _given(said: Mapping[str, str | bool | None]) -> dict[str, Any]:
    return {field: value for field, value in said.items() if value is not None}


def _is_encoding(name: str) -> bool:
    """Whether Python reads text in it; some of its codecs unpack or execute instead."""
    try:
        return (
            "A1;\n".encode(name).decode(name) == "A1;\n" and codecs.lookup(name).name.replace("-", "_") not in _NO_TEXT
        )
    except (LookupError, UnicodeError, ValueError):
        return False


_NO_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}

"""What rows and scores are written in: a format is a pair of functions. Which one a call is in, its headers say.

All else about a call (key, throttle, limits, usage, log) is the same whatever the format is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request

from worker.endpoints import EndpointRow
from worker.host import arrowstream, csvtable
from worker.host.encode import encode, encode_each
from worker.host.headers import header
from worker.host.onerow import read_row
from worker.host.parameters import Asked, read_parameters
from worker.host.parse import parse
from worker.host.refusals import Detail, bad_argument, unsupported, wrong_body
from worker.scoring.schema import Columns, Schema

Read = Callable[[bytes, Schema], Asked]
Write = Callable[[Columns, Schema], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class EachRow:
    """For calls of one row that are scored together: `read` gives the row's values, in the order of the inputs, if it
    sees at once what they are; `write` makes each row of the scores a body of its own. One is
    equal to itself only, which is sooner seen.
    """

    read: Callable[[bytes, Schema], list[Any] | None]
    write: Callable[[Columns, Schema], list[bytes]]


@dataclass(frozen=True, slots=True)
class Format:
    """`read` makes rows of a body and raises Refusal; `write` makes the body of the answer, of the media type."""

    read: Read
    write: Write
    media_type: str
    each: EachRow | None = None


Choose = Callable[[Request, EndpointRow], Format]

JSON = "application/json"
_TABLES: dict[str, tuple[Callable[[bytes, Schema], Columns], Write]] = {
    csvtable.MEDIA_TYPE: (csvtable.read, csvtable.write),
    arrowstream.MEDIA_TYPE: (arrowstream.read, arrowstream.write),
}


def classic(request: Request, _endpoint: EndpointRow) -> Format:
    """JSON in the form that the query says; CSV or an Arrow stream where Content-Type says so.

    The answer is written as the body was, unless Accept names only others of these. Raises Refusal.
    """
    records, details = _switches(request.scope["query_string"])
    body = _body_type(header(request, b"content-type"))
    answer = _answer_type(header(request, b"accept"), body)
    if body == answer == JSON:
        return classic_json(records, details)
    read = classic_json(records, details).read
    if body != JSON:
        read = partial(_read_table, _TABLES[body][0], request.query_params.get("GlobalParameters", ""))
    write = classic_json(records, details).write if answer == JSON else _TABLES[answer][1]
    return Format(read, write, answer if answer != csvtable.MEDIA_TYPE else csvtable.CONTENT_TYPE)


@lru_cache(maxsize=4)
def classic_json(records: bool, details: bool) -> Format:
    """The classic bodies: rows as records or as lists under the columns' names; `details` adds the outputs' types."""
    each = EachRow(partial(read_row, records=records), partial(encode_each, records=records, details=details))
    return Format(partial(parse, records=records), partial(encode, records=records, details=details), JSON, each)


def _read_table(read: Callable[[bytes, Schema], Columns], given: str, body: bytes, schema: Schema) -> Asked:
    """A table has no place for parameters: they come in the query, as JSON."""
    try:
        parameters = orjson.loads(given or "{}")
    except orjson.JSONDecodeError:
        raise wrong_body("GlobalParameters in the query is not JSON") from None
    return Asked(read(body, schema), read_parameters(parameters, schema))


@lru_cache(maxsize=256)
def _switches(query_string: bytes) -> tuple[bool, bool]:
    """Whether records are wanted, whether details are. Raises Refusal."""
    query = QueryParams(query_string)
    version, form = query.get("api-version", "2.0"), query.get("format", "")
    if version != "2.0":
        raise bad_argument(Detail("BadVersionCall", "The only api-version is 2.0."))
    if form not in {"", "swagger"}:
        raise bad_argument(Detail("InvalidQueryParameter", "The only format is swagger."))
    return form == "swagger", query.get("details", "").lower() == "true"


@lru_cache(maxsize=256)
def _body_type(content_type: str) -> str:
    """JSON for whatever is not known: old clients send any Content-Type, or none."""
    name, *given = (part.strip().lower() for part in content_type.split(";"))
    if name not in _TABLES:
        return JSON
    charset = next((part.removeprefix("charset=").strip('"') for part in given if part.startswith("charset=")), "utf-8")
    if charset not in {"utf-8", "us-ascii"}:
        raise unsupported("The only charset is UTF-8.")
    return name


def _answer_type(accept: str, body: str) -> str:
    if not accept or accept == "*/*":
        return body
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    if body in named or "*/*" in named or f"{body.partition('/')[0]}/*" in named:
        return body
    return next((name for name in named if name in _TABLES or name == JSON), body)

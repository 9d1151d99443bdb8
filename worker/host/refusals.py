"""Every answer that is not scores: its status, and its class and code from the classic service's list of error codes.

`{"error": {"code": class, "message": ..., "details": [{"code": ..., "message": ..., "row": 0, "column": "Age"}]}}`.
`row` (0-based), `column` and `at` are ours. Source: "Web service error codes" in Microsoft's documentation of Azure
Machine Learning Studio (classic).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from starlette.responses import Response

from worker.scoring.errors import (
    BadAnswer,
    EndpointError,
    Problem,
    ProblemKind,
    Rejected,
    Throttled,
    TimedOut,
    TooLarge,
    Unavailable,
)

MOST_DETAILS = 100
VALUE_LENGTH = 60
CATEGORIES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Detail:
    """One reason, with the row and column it concerns; `at`, in seconds since 1970, is when what it tells happened."""

    code: str
    message: str
    row: int | None = None
    column: str | None = None
    at: float | None = None

    def to_dict(self) -> dict[str, object]:
        """As it stands in the answer."""
        plain: dict[str, object] = {"code": self.code, "message": self.message}
        if self.row is not None:
            plain["row"] = self.row
        if self.column is not None:
            plain["column"] = self.column
        if self.at is not None:
            plain["at"] = f"{dt.datetime.fromtimestamp(self.at, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
        return plain


class Refusal(Exception):
    """Ends a request with an answer that is not scores. `rows` is how many rows its details name."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.message = message
        self.details = tuple(details[:MOST_DETAILS])
        self.rows = len({detail.row for detail in details} - {None})
        self.body = orjson.dumps(
            {"error": {"code": code, "message": message, "details": [d.to_dict() for d in self.details]}}
        )
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer."""
        return Response(self.body, self.status, self.headers, "application/json")


# The classic service's classes of what is wrong with a request, by what is wrong; any other code is a BadArgument.
_CLASSES = {
    "InputMismatchError": "BadUserArgument",
    "InputParseError": "BadUserArgument",
    "MultipleInputsNotAllowed": "InvalidOperation",
    "LibraryExecutionError": "LibraryExecutionError",
    "ModuleExecutionError": "ModuleExecutionError",
}


def bad_argument(*details: Detail) -> Refusal:
    """The request is wrong: 400, with every reason. The first one decides the class."""
    code = _CLASSES.get(details[0].code, "BadArgument") if details else "BadArgument"
    return Refusal(400, code, "The request is not as the endpoint needs it.", details)


def wrong_body(reason: str) -> Refusal:
    """The body cannot be read."""
    return bad_argument(Detail("RequestBodyInvalid", f"The body cannot be read: {reason}."))


def empty(message: str = "There is no row to score.") -> Refusal:
    """There is no body, or no row in it."""
    return bad_argument(Detail("RequestIsEmpty", message))


def unauthorized() -> Refusal:
    """One answer for a wrong, missing or foreign key and for an endpoint that does not exist: nobody learns which."""
    return _not_authorized(Detail("ScoreRequestUnauthorized", "Invalid credentials provided."))


def revoked(at: float) -> Refusal:
    """The key was this endpoint's: whoever had it may know when it ended, and that there is such an endpoint."""
    day = dt.datetime.fromtimestamp(at, dt.UTC)
    return _not_authorized(Detail("KeyRevoked", f"The key was revoked on {day:%Y-%m-%d} (UTC).", at=at))


def not_managing() -> Refusal:
    """A wrong, missing or customer's token, and a host whose operator has made none yet."""
    return _not_authorized(Detail("ManagementRequestUnauthorized", "Invalid credentials provided."))


def _not_authorized(detail: Detail) -> Refusal:
    headers = {"WWW-Authenticate": "Bearer"}
    return Refusal(401, "Unauthorized", "The request is not authorized.", [detail], headers)


def too_many_failures(seconds: float) -> Refusal:
    """In place of 401 when an address has given many wrong keys: the same for all of them."""
    detail = Detail("TooManyFailures", "There were too many requests without a right key from this address.")
    headers = {"Retry-After": str(max(1, round(seconds)))}
    return Refusal(429, "TooManyRequests", "The request is not authorized.", [detail], headers)


def expired(at: float) -> Refusal:
    """The key is right; the endpoint's last day is past."""
    day = dt.datetime.fromtimestamp(at, dt.UTC)
    detail = Detail("EndpointExpired", f"The endpoint expired on {day:%Y-%m-%d %H:%M} UTC.", at=at)
    return Refusal(403, "Forbidden", "The endpoint has expired.", [detail])


def quota_reached(message: str, headers: Mapping[str, str]) -> Refusal:
    """The key is right; the customer's rows of this month are used up. Not 429: waiting a moment does not help."""
    detail = Detail("QuotaExceeded", message)
    return Refusal(403, "Forbidden", "The monthly quota is used up.", [detail], headers)


def throttled(endpoint: str, most: int) -> Refusal:
    """The endpoint is at its maximum; not queued."""
    message = f"Request is throttled for {endpoint} endpoint. The maximum concurrency for the endpoint is {most}."
    detail = Detail("RequestThrottled", message)
    return Refusal(503, "ServiceUnavailable", "The service is temporarily unavailable.", [detail], {"Retry-After": "1"})


def too_large(limit: int) -> Refusal:
    """The body is over a limit, in bytes."""
    detail = Detail("OutOfMemoryLimit", f"Maximum allowed size of the request is {limit / 2**20:g} MB.")
    return Refusal(413, "MemoryQuotaViolation", "The request is too large.", [detail])


def unsupported(message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """The body is of a kind that is not taken."""
    return Refusal(
        415,
        "UnsupportedMediaType",
        "The body is of a kind that is not taken.",
        [Detail("UnsupportedMediaType", message)],
        headers,
    )


def timed_out(seconds: float) -> Refusal:
    """No answer in time, reading the request included."""
    detail = Detail("ScoreRequestTimeout", f"The request was not answered within {seconds:g} seconds.")
    return Refusal(408, "RequestTimeout", "The request timed out.", [detail])


def not_found(code: str, message: str) -> Refusal:
    """Nothing there, or nothing that this key may see."""
    return Refusal(404, "NotFound", "The resource was not found.", [Detail(code, message)])


def internal() -> Refusal:
    """The host failed; what happened stands in its log under the request id."""
    return Refusal(500, "InternalError", "The service failed. Its log has more under the id of this request.")


def bad_cells(problems: Sequence[Problem]) -> Refusal:
    """Values that the model would not get as they are."""
    return bad_argument(
        *(Detail("InputParseError", words(problem), problem.row, problem.column) for problem in problems[:MOST_DETAILS])
    )


def model_failed(error: EndpointError) -> Refusal:
    """What a model, here or behind a remote server, could not do. A remote server's words are not passed on."""
    if isinstance(error, Rejected):
        code = error.code or "ModuleExecutionError"
        message = "The model refuses these rows." if error.row is None else "The model refuses this value."
        return bad_argument(Detail(code[:64], message, error.row, error.column))
    if isinstance(error, TooLarge):
        return Refusal(413, "MemoryQuotaViolation", "The request is too large for the model's server.")
    if isinstance(error, Throttled):
        after = max(1, round(error.retry_after or 1))
        detail = Detail("NoMoreResources", "The model's server is at its limit.")
        headers = {"Retry-After": str(after)}
        return Refusal(503, "ServiceUnavailable", "The service is temporarily unavailable.", [detail], headers)
    if isinstance(error, TimedOut | Unavailable):
        detail = Detail("BackendScoreTimeout", "The model's server did not answer.")
        return Refusal(504, "GatewayTimeout", "The model's server did not answer.", [detail])
    if isinstance(error, BadAnswer):
        return Refusal(502, "BadGateway", "The model's answer could not be used.")
    return Refusal(502, "BadGateway", "The model's server refuses this host.")


def words(problem: Problem) -> str:
    """What is wrong with one value."""
    return _WORDS[problem.kind].format(
        value=_shown(problem.value),
        allowed=_allowed(problem.wanted),
        lowest=problem.wanted[0] if problem.wanted else "",
        range=_range(problem.wanted),
    )


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    text = "".join(c if c.isprintable() else " " for c in text[: VALUE_LENGTH + 1])
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 3] + "..."


def _allowed(categories: Sequence[str]) -> str:
    more = ", ..." if len(categories) > CATEGORIES_SHOWN else ""
    return ", ".join(map(_shown, categories[:CATEGORIES_SHOWN])) + more


def _range(wanted: Sequence[str]) -> str:
    low, high = wanted if len(wanted) == 2 else ("", "")
    return f"from {low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less"


_WORDS = {
    ProblemKind.BLANK: "There is no value, and the column needs one.",
    ProblemKind.NOT_A_NUMBER: "'{value}' is not a number.",
    ProblemKind.NOT_WHOLE: "'{value}' is not a whole number.",
    ProblemKind.NOT_FINITE: "'{value}' is too large for a number.",
    ProblemKind.TOO_LARGE: "'{value}' is too large for a whole number; at most 9007199254740992 is exact.",
    ProblemKind.OUT_OF_RANGE: "'{value}' is out of range; wanted {range}.",
    ProblemKind.NOT_A_BOOLEAN: "'{value}' is not true or false.",
    ProblemKind.NOT_A_DATE: "'{value}' is not a date as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS.",
    ProblemKind.NOT_TEXT: "'{value}' is not text.",
    ProblemKind.NOT_A_CATEGORY: "'{value}' is not an allowed value. Allowed: {allowed}.",
}

"""What can go wrong when a table is scored. Errors carry facts; each face (sheet, HTTP, log, cell) chooses words.

SheetscoreError
├── TableError                 the table cannot be scored as a whole; nothing was sent
│   ├── NoRows                 there is a header but no row below it
│   ├── MissingColumns         columns that the endpoint needs are not there
│   ├── DuplicateColumns       two columns have the name of one input
│   └── MissingParameters      the endpoint needs values that are in no table
└── EndpointError              a call was made (or tried) and brought no scores
    ├── Unauthorized           wrong, revoked or foreign key (401, 403): never tried again
    ├── NotFound               no such endpoint at that address (404): never tried again
    ├── ProxySignIn            a proxy on the way wants a user's name and password (407): never tried again
    ├── Rejected               the endpoint says the data is wrong (400, 422): never tried again, rows are isolated
    ├── TooLarge               the body is over the endpoint's limit (413): the part is halved
    ├── BadAnswer              the answer cannot be trusted: not the format, wrong row count, wrong columns
    └── Unavailable            may pass by itself: tried again with back-off
        ├── Throttled          at its limit (429, 503): `retry_after` is obeyed
        ├── TimedOut           no answer in time
        ├── Unreachable        no connection
        └── ServerFailed       500 and the like: tried again once, then treated as a fault of the data
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """Why one row has no score. The value is stable: it is stored in the ledger."""

    BLANK = "blank"
    NOT_A_NUMBER = "not-a-number"
    NOT_WHOLE = "not-whole"
    NOT_FINITE = "not-finite"
    TOO_LARGE = "too-large"
    OUT_OF_RANGE = "out-of-range"
    NOT_A_BOOLEAN = "not-a-boolean"
    NOT_A_DATE = "not-a-date"
    NOT_TEXT = "not-text"
    NOT_A_CATEGORY = "not-a-category"
    DATE_IN_NUMBER = "date-in-number"
    ERROR_CELL = "error-cell"
    NO_STORED_VALUE = "no-stored-value"
    REJECTED = "rejected"
    NO_SCORE = "no-score"
    CALL_FAILED = "call-failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why one row could not be scored.

    `row` is the 0-based position in the table that was given; `column` the table's own name for the column;
    `value` what stood there; `wanted` the allowed categories, or (lowest, highest) as text; `detail` what the
    endpoint or the reader said, if anything.
    """

    row: int
    kind: ProblemKind
    column: str | None = None
    value: object = None
    wanted: tuple[str, ...] = ()
    detail: str = ""


class SheetscoreError(Exception):
    """Base of every error this product raises on purpose."""


class TableError(SheetscoreError):
    """The table cannot be scored as a whole; nothing was sent."""


class NoRows(TableError):
    """There are columns but no row."""

    def __init__(self) -> None:
        super().__init__("no rows")


class MissingColumns(TableError):
    """Columns that the endpoint needs are not in the table."""

    def __init__(self, missing: Sequence[str], found: Sequence[str]) -> None:
        super().__init__(f"missing columns {list(missing)}")
        self.missing = tuple(missing)
        self.found = tuple(found)


class DuplicateColumns(TableError):
    """More than one column has the name of one input, so it is not clear which is meant."""

    def __init__(self, duplicates: Sequence[str]) -> None:
        super().__init__(f"duplicate columns {list(duplicates)}")
        self.duplicates = tuple(duplicates)


class MissingParameters(TableError):
    """Parameters without a default for which no value was given."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"missing parameters {list(missing)}")
        self.missing = tuple(missing)


class EndpointError(SheetscoreError):
    """A call to an endpoint brought no scores. `calls` are the attempts that were made before it was given up."""

    calls: int = 1


class Unauthorized(EndpointError):
    """The key is wrong, revoked, or belongs to another endpoint (401, 403).

    Or the key is right and the endpoint is closed to it: `code` is EXPIRED or QUOTA then, REVOKED for a key that was
    once right, else what the endpoint said. `at` is since when, where it told.
    """

    REVOKED = "KeyRevoked"
    EXPIRED = "EndpointExpired"
    QUOTA = "QuotaExceeded"

    def __init__(self, status: int = 401, code: str = "", at: dt.datetime | None = None) -> None:
        since = f", {at:%Y-%m-%d}" if at else ""
        super().__init__(f"unauthorized ({code or status}{since})")
        self.status = status
        self.code = code
        self.at = at


class NotFound(EndpointError):
    """Nothing answers as an endpoint at that address (404, 405, 410)."""

    def __init__(self, status: int = 404) -> None:
        super().__init__(f"not found ({status})")
        self.status = status


class ProxySignIn(EndpointError):
    """A proxy between here and the endpoint wants somebody to sign in (407); the endpoint was not asked. `proxy` is
    its host and port.
    """

    def __init__(self, proxy: str = "") -> None:
        super().__init__(f"the proxy {proxy} wants a sign-in (407)" if proxy else "the proxy wants a sign-in (407)")
        self.proxy = proxy


class Rejected(EndpointError):
    """The endpoint refuses the data (400, 422). `row` is 0-based in the part sent, None when it did not say; `at` is
    when what it tells of happened.
    """

    def __init__(
        self,
        code: str,
        message: str,
        row: int | None = None,
        column: str | None = None,
        at: dt.datetime | None = None,
    ) -> None:
        super().__init__(f"rejected ({code})")
        self.code = code
        self.message = message
        self.row = row
        self.column = column
        self.at = at


class TooLarge(EndpointError):
    """The body is larger than the endpoint takes (413)."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__("body too large")
        self.limit = limit


class BadAnswer(EndpointError):
    """The answer cannot be trusted. `reason` says why and never quotes the body, which may hold customer data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"bad answer: {reason}")
        self.reason = reason


class Unavailable(EndpointError):
    """The call may succeed later. `retry_after` is what the endpoint asked for, in seconds."""

    def __init__(self, what: str, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Throttled(Unavailable):
    """The endpoint is at its limit (429, 503)."""

    def __init__(self, status: int = 503, retry_after: float | None = None) -> None:
        super().__init__(f"throttled ({status})", retry_after)
        self.status = status


class TimedOut(Unavailable):
    """No answer within `seconds`. The endpoint may have scored the rows all the same."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer in {seconds:g} s")
        self.seconds = seconds


class Unreachable(Unavailable):
    """No connection: `reason` is the operating system's or TLS's word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"unreachable: {reason}")
        self.reason = reason


class ServerFailed(Unavailable):
    """The endpoint failed with `status` (500, 502, 504 and the like)."""

    def __init__(self, status: int, retry_after: float | None = None) -> None:
        super().__init__(f"server failed ({status})", retry_after)
        self.status = status

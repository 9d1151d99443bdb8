"""How much a client sends at once, how long it waits and how often it tries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one client's calls.

    `part_rows` rows go into one call, unless its body would pass `body_bytes`; `concurrency` calls run at once, unless
    the endpoint allows fewer; a call is given up after `call_seconds` and tried `call_attempts` times; a `Retry-After`
    counts for at most `retry_after_cap` seconds; an answer over `answer_bytes` (unpacked) is not read to its end.

    1,000 rows is the part size of Microsoft's own client for these endpoints, 4 MB and 100 s their published limits.
    """

    part_rows: int = 1000
    concurrency: int = 4
    call_seconds: float = 100.0
    call_attempts: int = 6
    retry_after_cap: float = 60.0
    body_bytes: int = 4_000_000
    answer_bytes: int = 64_000_000

"""Limits of one request-response call; those of the classic service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HostLimits:
    """`body_bytes` of one call, `seconds` for the whole of it. Calls under `inline_bytes` that have lately taken less
    than `inline_seconds` are scored without the way to a thread and back; one that takes longer than `inline_end` all
    the same begins again in a thread.
    """

    body_bytes: int = 4 * 2**20
    seconds: float = 100.0
    inline_bytes: int = 60_000
    inline_seconds: float = 0.02
    inline_end: float = 0.25
    model_threads: int = 2
    remote_threads: int = 64

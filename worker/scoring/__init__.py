"""The scoring core: scores a table against an endpoint. No Excel, no server, no files.

endpoint = discover("https://scores.example.com/workspaces/w/services/s", key)
scored = ScoringClient(endpoint).score(frame)
scored.frame, scored.problems

The names below are loaded when first used: a child process that reads one file must not wait for pandas and requests.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.scoring.account import Account, DeviceTaken, Owned
    from worker.scoring.check import Checked, match_columns
    from worker.scoring.client import Answer, PartScores, RowsLost, Scored, ScoringClient, Transport
    from worker.scoring.discovery import Description, describe, discover, read_swagger
    from worker.scoring.double import FakeEndpoint
    from worker.scoring.endpoint import AddressError, AddressFault, Endpoint
    from worker.scoring.errors import (
        BadAnswer,
        DuplicateColumns,
        EndpointError,
        MissingColumns,
        MissingParameters,
        NoRows,
        NotFound,
        Problem,
        ProblemKind,
        ProxySignIn,
        Rejected,
        ServerFailed,
        SheetscoreError,
        TableError,
        Throttled,
        TimedOut,
        TooLarge,
        Unauthorized,
        Unavailable,
        Unreachable,
    )
    from worker.scoring.http import HttpTransport
    from worker.scoring.limits import Limits
    from worker.scoring.outputs import to_frame
    from worker.scoring.schema import Column, Columns, ColumnType, ContractError, Output, Schema
    from worker.scoring.sessions import Login

__all__ = [
    "Account",
    "AddressError",
    "AddressFault",
    "Answer",
    "BadAnswer",
    "Checked",
    "Column",
    "ColumnType",
    "Columns",
    "ContractError",
    "Description",
    "DeviceTaken",
    "DuplicateColumns",
    "Endpoint",
    "EndpointError",
    "FakeEndpoint",
    "HttpTransport",
    "Limits",
    "Login",
    "MissingColumns",
    "MissingParameters",
    "NoRows",
    "NotFound",
    "Output",
    "Owned",
    "PartScores",
    "Problem",
    "ProblemKind",
    "ProxySignIn",
    "Rejected",
    "RowsLost",
    "Schema",
    "Scored",
    "ScoringClient",
    "ServerFailed",
    "SheetscoreError",
    "TableError",
    "Throttled",
    "TimedOut",
    "TooLarge",
    "Transport",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
    "describe",
    "discover",
    "match_columns",
    "read_swagger",
    "to_frame",
]

_HOMES = {
    "Account": "account",
    "AddressError": "endpoint",
    "AddressFault": "endpoint",
    "Answer": "client",
    "BadAnswer": "errors",
    "Checked": "check",
    "Column": "schema",
    "ColumnType": "schema",
    "Columns": "schema",
    "ContractError": "schema",
    "Description": "discovery",
    "DeviceTaken": "account",
    "DuplicateColumns": "errors",
    "Endpoint": "endpoint",
    "EndpointError": "errors",
    "FakeEndpoint": "double",
    "HttpTransport": "http",
    "Limits": "limits",
    "Login": "sessions",
    "MissingColumns": "errors",
    "MissingParameters": "errors",
    "NoRows": "errors",
    "NotFound": "errors",
    "Output": "schema",
    "Owned": "account",
    "PartScores": "client",
    "Problem": "errors",
    "ProblemKind": "errors",
    "ProxySignIn": "errors",
    "Rejected": "errors",
    "RowsLost": "client",
    "Schema": "schema",
    "Scored": "client",
    "ScoringClient": "client",
    "ServerFailed": "errors",
    "SheetscoreError": "errors",
    "TableError": "errors",
    "Throttled": "errors",
    "TimedOut": "errors",
    "TooLarge": "errors",
    "Transport": "client",
    "Unauthorized": "errors",
    "Unavailable": "errors",
    "Unreachable": "errors",
    "describe": "discovery",
    "discover": "discovery",
    "match_columns": "check",
    "read_swagger": "discovery",
    "to_frame": "outputs",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type checker reads the imports above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

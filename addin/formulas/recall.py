"""Scores that are known already, for when no call may or can be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from addin.cache import Cache
from addin.catalogue import Catalogue
from addin.known import look_up
from worker.scoring import Problem, ProblemKind, Scored, to_frame
from worker.scoring.outputs import empty_outputs


@dataclass(frozen=True, slots=True)
class Recalled:
    """Outputs and problems of a table as an `Outcome` has them. Rows that nothing is known of have CALL_FAILED."""

    frame: pd.DataFrame
    problems: tuple[Problem, ...]


def recall(catalogue: Catalogue, cache: Cache, name: str, frame: pd.DataFrame, problems: Sequence[Problem]) -> Recalled:
    """What the cache knows of a table under the model version that the endpoint told last; nothing is asked or sent.

    Raises UnknownEndpoint, NoKey, KeyStoreError, TableError.
    """
    version = catalogue.entry(name).last_seen_version
    known = look_up(cache, catalogue.endpoint(name), version, frame, problems)
    if not len(known.unknown):
        return Recalled(*known.together(None))
    schema, rows = known.endpoint.schema, len(known.unknown)
    missing = tuple(Problem(row, ProblemKind.CALL_FAILED) for row in range(rows))
    unsent = Scored(to_frame(empty_outputs(schema, rows), schema), missing, 0, 0.0, "", stopped=True)
    return Recalled(*known.together(unsent))

"""A checked table beside what the cache knows of it: which rows must be sent, and how all come together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from addin.cache import Cache, Refusal, outputs_of
from worker.scoring import Checked, Endpoint, Problem, ProblemKind, RowsLost, Schema, Scored, match_columns, to_frame
from worker.scoring.check import check
from worker.scoring.outputs import empty_outputs, null_output
from worker.scoring.schema import take

Rows = npt.NDArray[np.intp]

KEYS = ""
"""The column of the rows to be sent that says what each goes by; no input's name is blank."""


@dataclass(frozen=True, slots=True)
class Known:
    """A table and what is known of it under one model version.

    `hashes` go with `good`, the rows without a problem of their own; `unknown` are the rows to be sent, the first of
    each kind.
    """

    endpoint: Endpoint
    version: str
    frame: pd.DataFrame
    checked: Checked
    good: Rows
    hashes: list[bytes]
    cached: dict[bytes, list[Any]]
    refused: dict[bytes, Refusal]
    unknown: Rows

    @property
    def from_cache(self) -> int:
        """How many rows are known, repeated ones too."""
        return sum(map(self.has, self.hashes)) if self.cached or self.refused else 0

    def has(self, key: bytes) -> bool:
        """Whether a row is known, be it that it can have no score."""
        return key in self.cached or key in self.refused

    def to_send(self) -> tuple[pd.DataFrame, Checked]:
        """The rows to be sent, as a table and as the check left them; there with their KEYS."""
        columns = take(self.checked.columns, self.unknown)
        columns[KEYS] = np.array(self._keys_of_unknown(), object)
        all_good = np.ones(len(self.unknown), bool)
        return self.frame.iloc[self.unknown], Checked(columns, all_good, (), self.checked.pass_through)

    def together(self, sent: Scored | None) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
        """Outputs and problems of all rows, in their order: what was known, what came back, else blank.

        Raises RowsLost when a row would have neither a score nor a reason, or both.
        """
        schema = self.endpoint.schema
        keys = list(self.cached)
        outputs = outputs_of([self.cached[key] for key in keys], schema)
        bad = {key: [Problem(0, ProblemKind.REJECTED, r.column, detail=r.detail)] for key, r in self.refused.items()}
        for key, name in zip(keys, null_output(outputs, schema), strict=True):
            if name is not None:
                bad[key] = [Problem(0, ProblemKind.NO_SCORE, detail=name)]
        parts = [to_frame(outputs, schema)]
        if sent is not None:
            keys += (new := self._keys_of_unknown())
            parts.append(sent.frame)
            for problem in sent.problems:
                bad.setdefault(new[problem.row], []).append(problem)
        pool = pd.concat([*parts, to_frame(empty_outputs(schema, 1), schema)], ignore_index=True)
        blank = len(pool) - 1
        places = {key: place for place, key in enumerate(keys) if key not in bad}
        rows = np.full(len(self.frame), blank)
        rows[self.good] = [places.get(key, blank) for key in self.hashes]
        problems = sorted([*self.checked.problems, *self._told(bad)], key=lambda problem: problem.row)
        _count(rows != blank, problems)
        return pool.iloc[rows].set_axis(self.frame.index, axis="index"), tuple(problems)

    def _keys_of_unknown(self) -> list[bytes]:
        return [self.hashes[place] for place in np.searchsorted(self.good, self.unknown).tolist()]

    def _told(self, bad: dict[bytes, list[Problem]]) -> list[Problem]:
        """Each problem for every row that is the same, with the table's own column and what stands in its cell."""
        if not bad:
            return []
        names = list(map(str, self.frame.columns))
        places = match_columns(names, self.endpoint.schema)
        places |= {names[place]: place for place in places.values()}
        told = []
        for row, key in zip(self.good.tolist(), self.hashes, strict=True):
            for problem in bad.get(key, []):
                place = places.get(problem.column or "")
                if place is None:
                    told.append(replace(problem, row=row))
                else:
                    told.append(replace(problem, row=row, column=names[place], value=self.frame.iat[row, place]))
        return told


def _count(scored: npt.NDArray[np.bool_], problems: Sequence[Problem]) -> None:
    bad = np.zeros(len(scored), bool)
    bad[[problem.row for problem in problems]] = True
    if not (scored ^ bad).all():
        raise RowsLost(len(scored), int(scored.sum()), int(bad.sum()))


def look_up(
    cache: Cache,
    endpoint: Endpoint,
    version: str,
    frame: pd.DataFrame,
    problems: Sequence[Problem],
    before: tuple[Schema, Checked] | None = None,
) -> Known:
    """Check a table, unless it went through the check of the same schema `before`, and look its rows up.

    Raises TableError.
    """
    checked = before[1] if before and before[0] == endpoint.schema else check(frame, endpoint.schema, problems)
    good = np.flatnonzero(checked.good)
    hashes = cache.hashes(take(checked.columns, good), endpoint.url, version, endpoint.schema)
    first = dict(zip(reversed(hashes), reversed(good.tolist()), strict=True))
    cached, refused = cache.get(list(first), endpoint.schema), cache.refused(first)
    new = first.keys() - cached.keys() - refused.keys() if cached or refused else first
    unknown = np.array(sorted(first[key] for key in new), np.intp)
    return Known(endpoint, version, frame, checked, good, hashes, cached, refused, unknown)

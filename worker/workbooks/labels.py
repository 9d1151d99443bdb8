"""What a template calls the columns of its table, for a reader of workbooks that were made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.scoring.schema import match_key


@dataclass(frozen=True, slots=True)
class Labels:
    """`inputs` are the words for inputs (label -> the input's name), `own` the customer's own columns: a row of a
    template in which neither an input nor one of these is filled in is none, whatever formulas were filled down there.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()

    def key(self, header: str) -> str:
        """What a header shares with the name of the input that it stands for."""
        return self._keys.get(match_key(header), match_key(header))

    @property
    def _keys(self) -> dict[str, str]:
        return {match_key(label): match_key(name) for label, name in self.inputs.items()}

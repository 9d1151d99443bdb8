"""What a provider says of a template: its words, its order, its looks. Read from a TOML file by `reader`.

A `Definition` is in one language; the file may hold several. Whether it fits an endpoint's schema is for `fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.scoring.schema import ColumnType

MOST_ROWS = 100_000
"""Prepared rows that a template may have."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a definition: the line (0 where there is none), the place, and what is wrong."""

    line: int
    place: str
    what: str

    def __str__(self) -> str:
        where = [f"line {self.line}"] * bool(self.line) + [self.place] * bool(self.place)
        return f"{', '.join(where)}: {self.what}" if where else self.what


class DefinitionError(ValueError):
    """A definition that cannot be used, with every fault. `name` is the template's."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"template {name!r}: " + "; ".join(map(str, faults)))
        self.name = name
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """A column of the Input sheet. `name` is the endpoint's for an input, and the header that `passes` through, whose
    `type` is then given. `label`, `help`, `unit` and `values` (value -> what it means) are for people; where they are
    empty the contract's words serve.
    """

    name: str
    label: str = ""
    help: str = ""
    unit: str = ""
    format: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    passes: bool = False
    type: ColumnType | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Band:
    """The numbers from `start` (inclusive) to `end` (exclusive), None being without end: their wording and colour."""

    wording: str
    color: str
    start: float | None = None
    end: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a number is in the band."""
        return (self.start is None or value >= self.start) and (self.end is None or value < self.end)


@dataclass(frozen=True, slots=True)
class OutputWords:
    """An output that is shown. `format` is an Excel number format ('' for the contract's); `bands` cover every number
    in order, or are empty; `values` are words for an output of text.
    """

    name: str
    label: str = ""
    help: str = ""
    format: str = ""
    bands: tuple[Band, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    line: int = field(default=0, compare=False)

    def band(self, value: float) -> Band | None:
        """The band of a number; None for NaN and where there are no bands."""
        return next((band for band in self.bands if band.holds(value)), None)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of the results: how many rows are in each band of `output`, or its mean for each value of column `by`."""

    output: str
    title: str
    by: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Definition:
    """A template in one language.

    `name` is the file's without `.toml`. It is for every endpoint of web service `service`, or for one `endpoint`
    (`service/endpoint`). `accent` is six hex digits. `customer` is whom it is for, '' for nobody in particular.
    `rows` are prepared for input, of which the first `sample_rows` hold the contract's sample. `words` are all other
    words of the workbook (see words/en.toml), sentences with `{scored}` and the like.
    """

    name: str
    title: str
    language: str
    languages: tuple[str, ...]
    words: Mapping[str, str]
    service: str = ""
    endpoint: str = ""
    version: int = 1
    about: str = ""
    accent: str = "1F5F8B"
    contact: str = ""
    customer: str = ""
    rows: int = 1000
    sample_rows: int = 0
    columns: tuple[ColumnWords, ...] = ()
    outputs: tuple[OutputWords, ...] = ()
    charts: tuple[Chart, ...] = ()

    @property
    def passing(self) -> tuple[ColumnWords, ...]:
        """The customer's own columns, in their order."""
        return tuple(column for column in self.columns if column.passes)

    def column(self, name: str) -> ColumnWords:
        """The words for a column; empty ones where the definition says nothing of it."""
        return next((column for column in self.columns if column.name == name), ColumnWords(name))

    def output(self, name: str) -> OutputWords:
        """The words for an output; empty ones where the definition says nothing of it."""
        return next((output for output in self.outputs if output.name == name), OutputWords(name))

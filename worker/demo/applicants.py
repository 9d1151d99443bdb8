"""The customer's own table: the 1,000 applicants as a credit union would keep them, mistakes included."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from string import ascii_uppercase

from worker.demo.credit import load

BRANCHES = ("Harbour Street", "Market Square", "Mill Lane", "North Quay")
OWN_COLUMNS = ("Application", "Received", "Branch")
FIRST_DAY, LAST_DAY = date(2026, 1, 2), date(2026, 3, 31)


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes: its formula and the value Excel shows for it."""

    text: str
    stored: int | str


Value = str | int | float | date | Formula | None

HEADER_ROW = 6
FIRST_COLUMN = 1

# Existing credits that the customer looks up on the sheet "Lists". The last one is not there, so its cell shows #N/A.
CHECKED_BY_HAND = (12, 101, 230, 376, 612, 845)
NOT_CHECKED = 455


def _lookup(number: int, stored: int | str) -> Formula:
    return Formula(f"=VLOOKUP(B{HEADER_ROW + number},Lists!$C$2:$D${len(CHECKED_BY_HAND) + 1},2,FALSE)", stored)


# What goes wrong in workbooks that people keep by hand: (application, column, what stands there). 21 mistakes, 20 rows.
FAULTS: tuple[tuple[int, str, Value], ...] = (
    (37, "Purpose", "radio/televison"),
    (58, "Housing", None),
    (121, "Credit amount (DM)", "n/a"),
    (143, "Savings", None),
    (199, "Housing", "onw"),
    (262, "Age (years)", None),
    (287, "Time at address", date(2026, 4, 1)),
    (333, "Purpose", "furnitur/equipment"),
    (415, "Employment", None),
    (455, "Existing credits", _lookup(NOT_CHECKED, "#N/A")),
    (508, "Credit history", "existing credits paid back"),
    (566, "Credit amount (DM)", "approx. 2500"),
    (640, "Dependants", date(2026, 1, 2)),
    (684, "Job", "skilled employe or official"),
    (731, "Duration (months)", None),
    (731, "Credit amount (DM)", None),
    (790, "Duration (months)", "2 years"),
    (818, "Duration (months)", 3.5),
    (877, "Other instalment plans", "shops"),
    (902, "Job", None),
    (959, "Age (years)", 177),
)


@dataclass(frozen=True, slots=True)
class Applicants:
    """The customer's columns in their order, as they lie on the sheet "Applicants" below the header in HEADER_ROW."""

    columns: dict[str, list[Value]]

    @property
    def last_row(self) -> int:
        """The last row with an applicant, 1-based as in Excel."""
        return HEADER_ROW + len(self.columns["Application"])

    def letter(self, column: str) -> str:
        """The letter of a column."""
        return ascii_uppercase[FIRST_COLUMN + list(self.columns).index(column)]

    def cells(self, column: str) -> str:
        """The cells of one column below its header, `$B$7:$B$1006`."""
        letter = self.letter(column)
        return f"${letter}${HEADER_ROW + 1}:${letter}${self.last_row}"

    def address(self, column: str) -> str:
        """The cells of one column with the name of their sheet."""
        return f"Applicants!{self.cells(column)}"

    def numbers(self, column: str, branch: str = "") -> list[float]:
        """What SUM and AVERAGE see in a column: its numbers, of one branch or of all."""
        pairs = zip(self.columns[column], self.columns["Branch"], strict=True)
        return [value for value, own in pairs if isinstance(value, int | float) and branch in {"", own}]

    def count(self, column: str, value: str) -> int:
        """How often a value stands in a column."""
        return self.columns[column].count(value)


def applicants() -> Applicants:
    """1,000 applicants: three columns of the customer's own, then the 18 inputs, with FAULTS in them."""
    inputs, _ = load()
    names = [application(number) for number in range(1, len(inputs) + 1)]
    columns: dict[str, list[Value]] = {
        "Application": list(names),
        "Received": list(_received(len(inputs))),
        "Branch": [BRANCHES[zlib.crc32(name.encode()) % len(BRANCHES)] for name in names],
    }
    columns |= {str(name): values.tolist() for name, values in inputs.items()}
    for number in CHECKED_BY_HAND:
        columns["Existing credits"][number - 1] = _lookup(number, int(inputs["Existing credits"][number - 1]))
    for number, column, value in FAULTS:
        columns[column][number - 1] = value
    return Applicants(columns)


def application(number: int) -> str:
    """The customer's own number of an applicant, 1 to 1000."""
    return f"A-2026-{number:04}"


def _received(count: int) -> list[date]:
    days = [FIRST_DAY + timedelta(days) for days in range((LAST_DAY - FIRST_DAY).days + 1)]
    working = [day for day in days if day.weekday() < 5]
    return [working[number * len(working) // count] for number in range(count)]

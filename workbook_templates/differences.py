"""What differs from one customer to the next: a table beside the definition, `credit.csv` for `credit.toml`.

Columns: `customer` (as in the store) is needed; `name` (as it is written), `title`, `language`, `accent`, `contact`.
A blank cell is as the definition has it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workbook_templates.definition import Definition, DefinitionError, Fault
from workbook_templates.phrases import is_fit

COLUMNS = ("customer", "name", "title", "language", "accent", "contact")
_COLOR = re.compile(r"#?([0-9A-Fa-f]{6})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Difference:
    """One customer's line; '' is as the definition has it."""

    customer: str
    name: str = ""
    title: str = ""
    language: str = ""
    accent: str = ""
    contact: str = ""

    def applied(self, definition: Definition) -> Definition:
        """The definition with this customer's words and colour; its language is for whoever read it."""
        return replace(
            definition,
            customer=self.name or definition.customer or self.customer,
            title=self.title or definition.title,
            accent=self.accent or definition.accent,
            contact=self.contact or definition.contact,
        )


def read_differences(lines: Iterable[str], name: str) -> dict[str, Difference]:
    """The lines by customer, from a table as CSV; `name` is the template's. Raises DefinitionError with every fault."""
    reader = csv.DictReader(lines, restkey="more", restval="", strict=True)
    try:
        found, faults = _read(reader)
    except csv.Error as error:
        found, faults = {}, [Fault(reader.line_num + 1, "", f"not CSV: {error}")]
    except UnicodeDecodeError:
        found, faults = {}, [Fault(reader.line_num + 1, "", "not UTF-8; save it as CSV UTF-8")]
    if faults:
        raise DefinitionError(f"{name}.csv", tuple(faults))
    return found


def _read(reader: csv.DictReader[str]) -> tuple[dict[str, Difference], list[Fault]]:
    header = [str(name).strip().lower() for name in reader.fieldnames or []]
    known = ", ".join(COLUMNS)
    faults = [Fault(1, "", f"unknown column {name!r}; known: {known}") for name in header if name not in COLUMNS]
    if header.count("customer") != 1 or len(set(header)) != len(header):
        faults.append(Fault(1, "", "there must be one column customer, and no column twice"))
    if faults:
        return {}, faults
    found: dict[str, Difference] = {}
    for row in reader:
        cells = {str(name).strip().lower(): str(value or "").strip() for name, value in row.items() if name != "more"}
        wrong = [Fault(reader.line_num, *fault) for fault in _faults(cells, found, more="more" in row)]
        faults += wrong
        if not wrong:
            found[cells["customer"]] = Difference(**(cells | {"accent": cells.get("accent", "").lstrip("#").upper()}))
    return found, faults


def _faults(cells: Mapping[str, str], found: Mapping[str, Difference], *, more: bool) -> list[tuple[str, str]]:
    faults = [("", "there are more cells than columns")] if more else []
    if not cells["customer"]:
        faults.append(("customer", "is blank"))
    elif cells["customer"] in found:
        faults.append(("customer", f"{cells['customer']} stands twice"))
    if (accent := cells.get("accent", "")) and not _COLOR.fullmatch(accent):
        faults.append(("accent", f"{accent!r} is not a colour such as 1F5F8B"))
    if (language := cells.get("language", "")) and not _LANGUAGE.fullmatch(language):
        faults.append(("language", f"{language!r} is not a code such as de or pt-BR"))
    faults += [(key, "has characters that a workbook cannot hold") for key, text in cells.items() if not is_fit(text)]
    return faults

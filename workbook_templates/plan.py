"""What stands where on the Input sheet, from definition and schema: the builder draws it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from workbook_templates.definition import ColumnWords, Definition, DefinitionError, Fault, OutputWords
from workbook_templates.fit import check_fit
from workbook_templates.phrases import is_fit, line
from worker.scoring.binding import MOST_CHARACTERS
from worker.scoring.schema import Column, ColumnType, Output, Schema, match_key

TABLE = "Input"
"""Name of the Excel table that takes the rows. It must not begin as those of our own sheets do."""

TRUE_FALSE = "List_TRUE_FALSE"
"""Defined name of the list of the two booleans."""

STATUS = "Status"
"""The last of the green columns, as the add-in calls it."""

TITLE, HINT, FILLED, INCOMPLETE, GAP, GROUPS, LABELS, KINDS, HEADER = range(1, 10)
"""Rows of the Input sheet; the first row of data is below the header."""

FIRST = HEADER + 1
LONGEST_FORMULA = 8192
"""Characters of a formula, Excel's limit."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the table. `header` is its name in the table, `number` its place from 1, `list` the defined name
    of its allowed values ('' for none).
    """

    header: str
    label: str
    help: str
    unit: str
    format: str
    number: int
    own: bool
    type: ColumnType
    needed: bool = False
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    list: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def letter(self) -> str:
        """The column's letter."""
        return get_column_letter(self.number)


@dataclass(frozen=True, slots=True)
class Shown:
    """One green column right of the table: an output, in the customer's words."""

    header: str
    label: str
    help: str
    format: str
    number: int
    words: OutputWords

    @property
    def letter(self) -> str:
        """The column's letter."""
        return get_column_letter(self.number)


@dataclass(frozen=True, slots=True)
class Plan:
    """The Input sheet's columns; `labelled` says whether labels stand above the header."""

    fields: tuple[Field, ...]
    shown: tuple[Shown, ...]
    last: int
    labelled: bool

    @property
    def inputs(self) -> tuple[Field, ...]:
        """The blue columns."""
        return tuple(field for field in self.fields if not field.own)

    @property
    def block(self) -> str:
        """Address of the table, header included."""
        return f"A{HEADER}:{self.fields[-1].letter}{self.last}"

    def cells(self, letter: str) -> str:
        """Address of a column's cells."""
        return f"{letter}{FIRST}:{letter}{self.last}"


def plan(definition: Definition, schema: Schema) -> Plan:
    """Raises DefinitionError when the definition does not fit the schema, or the sheet would not be one for Excel."""
    check_fit(definition, schema)
    inputs = {column.name: column for column in schema.inputs}
    named = [words.name for words in definition.columns if not words.passes]
    order = [*named, *(name for name in inputs if name not in named)]
    fields = [_own(words, number, definition) for number, words in enumerate(definition.passing, 1)]
    taken = {TRUE_FALSE.casefold()}
    for number, name in enumerate(order, len(fields) + 1):
        fields.append(_input(definition.column(name), inputs[name], number, taken, definition))
    outputs = _shown(definition, schema, len(fields) + 1)
    blue = [field for field in fields if not field.own]
    made = Plan(
        tuple(fields),
        tuple(outputs),
        HEADER + definition.rows,
        labelled=any(match_key(field.label) != match_key(field.header) for field in blue),
    )
    _check(made, definition, schema)
    return made


def _own(words: ColumnWords, number: int, definition: Definition) -> Field:
    kind = words.type or ColumnType.TEXT
    code = words.format or _format(kind, definition)
    label = words.label or words.name
    return Field(line(words.name), line(label), words.help, words.unit, code, number, own=True, type=kind)


def _input(words: ColumnWords, column: Column, number: int, taken: set[str], definition: Definition) -> Field:
    return Field(
        header=line(column.name),
        label=line(words.label or column.name),
        help=line(words.help or column.description),
        unit=line(words.unit or column.unit),
        format=words.format or _format(column.type, definition),
        number=number,
        own=False,
        type=column.type,
        needed=not column.nullable,
        categories=column.categories,
        minimum=column.minimum,
        maximum=column.maximum,
        list=_list(column, taken),
        values=words.values,
    )


def _format(kind: ColumnType, definition: Definition) -> str:
    """Text stays text, typed or chosen from a list: `007`, `1-2`, `TRUE`."""
    if kind is ColumnType.TEXT:
        return "@"
    return definition.words["day_format"] if kind is ColumnType.DATETIME else "General"


def _list(column: Column, taken: set[str]) -> str:
    if column.type is ColumnType.BOOLEAN:
        return TRUE_FALSE
    if not column.categories:
        return ""
    base = "List_" + re.sub(r"\W+", "_", column.name, flags=re.ASCII).strip("_")[:200]
    name, number = base, 2
    while name.casefold() in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name.casefold())
    return name


def _shown(definition: Definition, schema: Schema, first: int) -> list[Shown]:
    """The outputs that the definition shows, or all, as the endpoint orders them, and the status."""
    known = {words.name for words in definition.outputs}
    wanted = [output for output in schema.outputs if not known or output.name in known]
    shown = [_output(definition.output(o.name), o, first + place) for place, o in enumerate(wanted)]
    if len(wanted) == len(schema.outputs):  # the add-in takes columns only when all of its own are there
        label = definition.words["status"]
        shown.append(Shown(STATUS, label, "", "General", first + len(wanted), OutputWords(STATUS)))
    return shown


def _output(words: OutputWords, output: Output, number: int) -> Shown:
    header = line(output.name)
    label, help_ = line(words.label or output.name), line(words.help or output.description)
    return Shown(header, label, help_, words.format or output.format or "General", number, words)


def _check(made: Plan, definition: Definition, schema: Schema) -> None:
    faults = [
        Fault(0, f"columns ({field.header[:40]!r}...)", f"a name has {MOST_CHARACTERS} characters at most in a table")
        for field in made.fields
        if len(field.header) > MOST_CHARACTERS
    ]
    faults += [
        Fault(0, f"columns ({field.header[:40]!r})", "it has values with characters that a workbook cannot hold")
        for field in made.fields
        if not all(map(is_fit, field.categories))
    ]
    faults += [
        Fault(0, f"columns ({column.name[:40]!r})", "its name has characters that a workbook cannot hold")
        for column in schema.inputs
        if match_key(line(column.name)) != match_key(column.name)
    ]
    width = made.fields[-1].number + len(made.shown)
    if max(len(formula) for formula in (filled_formula(made), incomplete_formula(made))) > LONGEST_FORMULA:
        what = f"{width} columns: the formula that counts rows would be longer than Excel takes"
        faults.append(Fault(0, "columns", what))
    if faults:
        raise DefinitionError(definition.name, tuple(faults))


def filled_formula(made: Plan) -> str:
    """How many rows have anything in them."""
    return f"=SUMPRODUCT(--({'+'.join(f'(1-ISBLANK({_cells(field)}))' for field in made.fields)}>0))"


def incomplete_formula(made: Plan) -> str:
    """How many of these lack something that is needed: a row that is complete is not blank."""
    needed = [field for field in made.inputs if field.needed]
    if not needed:
        return "=0"
    return f"=Rows_Filled-SUMPRODUCT({'*'.join(f'(1-ISBLANK({_cells(field)}))' for field in needed)})"


def _cells(field: Field) -> str:
    """A column of the table as a formula names it; these characters have a meaning there."""
    escaped = re.sub(r"(['#@\[\]])", r"'\1", field.header)
    return f"{TABLE}[{escaped}]"

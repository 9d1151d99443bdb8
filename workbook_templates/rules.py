"""The rules of a column as a workbook has them: what may be typed, what is said when it may not, what is marked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from openpyxl.formatting.rule import Rule
from openpyxl.worksheet.datavalidation import DataValidation

from workbook_templates.look import AMBER, RED, differing
from workbook_templates.phrases import Phrases
from workbook_templates.plan import FIRST, Field, Plan
from worker.scoring.schema import ColumnType

LONGEST_TITLE, LONGEST_PROMPT, LONGEST_ERROR = 32, 255, 225
"""Characters that Excel shows of a message."""

_LARGEST = {ColumnType.INTEGER: "9007199254740992", ColumnType.NUMBER: "9.99999999999999E+307"}
_DAYS = "2", "2958465"
"""Serial numbers of the days from 1900-01-02 to 9999-12-31: below 2 they are times of day."""

_EXAMPLE = dt.date(2026, 3, 31)


def validation(field: Field, phrases: Phrases) -> DataValidation:
    """What may be typed into a column, with help when a cell is chosen."""
    rule = _rule(field)
    rule.allow_blank = True
    rule.showInputMessage, rule.promptTitle, rule.prompt = (
        True,
        cut(field.label, LONGEST_TITLE),
        help_text(field, phrases),
    )
    if rule.type is not None:
        rule.showErrorMessage, rule.errorStyle = True, "stop"
        rule.errorTitle = cut(phrases("not_allowed"), LONGEST_TITLE)
        rule.error = cut(wanted(field, phrases), LONGEST_ERROR)
    return rule


def _rule(field: Field) -> DataValidation:
    if field.list:
        return DataValidation("list", formula1=field.list)
    if field.own:  # how the customer names a row is theirs
        return DataValidation(type=None)
    if field.type in _LARGEST:
        kind: Literal["whole", "decimal"] = "whole" if field.type is ColumnType.INTEGER else "decimal"
        largest = _LARGEST[field.type]
        low = f"-{largest}" if field.minimum is None else literal(field.minimum)
        high = largest if field.maximum is None else literal(field.maximum)
        return DataValidation(kind, operator="between", formula1=low, formula2=high)
    if field.type is ColumnType.DATETIME:
        return DataValidation("date", operator="between", formula1=_DAYS[0], formula2=_DAYS[1])
    return DataValidation(type=None)


def wanted(field: Field, phrases: Phrases) -> str:
    """What is said when something else is typed."""
    if field.categories:
        return phrases("needs_category")
    if field.type is ColumnType.BOOLEAN:
        return phrases("needs_boolean")
    if field.type is ColumnType.DATETIME:
        return phrases("needs_date", example=phrases.day(_EXAMPLE))
    key = "needs_integer" if field.type is ColumnType.INTEGER else "needs_number"
    return phrases.between(key, field.minimum, field.maximum) or phrases(key)


def kind_text(field: Field, phrases: Phrases) -> str:
    """Type, range and unit in a few words: `whole number, 1 to 120 months`."""
    kind = "category" if field.categories else field.type.value
    reach = phrases.between("range", field.minimum, field.maximum)
    unit = field.unit if reach or not field.unit else f"({field.unit})"
    tail = " ".join(part for part in (reach, unit) if part)
    return f"{phrases(f'type_{kind}')}{', ' if reach else ' '}{tail}".strip()


def help_text(field: Field, phrases: Phrases) -> str:
    """The message beside a chosen cell: what it is, and what is taken; the help gives way when there is no room."""
    facts = kind_text(field, phrases)
    if not field.own:
        facts += f" · {phrases('needed' if field.needed else 'may_be_blank')}"
    room = LONGEST_PROMPT - len(facts) - 1
    return f"{cut(field.help, room)}\n{facts}" if field.help and room > 20 else cut(facts, LONGEST_PROMPT)


def marks(plan: Plan) -> Iterator[tuple[str, Rule]]:
    """Conditional formats, the strongest first: not allowed, missing in a row that has anything."""
    started = f"COUNTA($A{FIRST}:${plan.fields[-1].letter}{FIRST})>0"
    for field in plan.inputs:
        cell = f"{field.letter}{FIRST}"
        yield plan.cells(field.letter), _mark(f"IF(ISERROR({cell}),TRUE,{_odd(field, cell)})", RED)
        if field.needed:
            yield plan.cells(field.letter), _mark(f"AND({started},LEN(TRIM({cell}))=0)", AMBER)


def _mark(formula: str, color: str) -> Rule:
    return Rule(type="expression", dxf=differing(color), formula=[formula], stopIfTrue=True)


def _odd(field: Field, cell: str) -> str:
    """A formula: whether the cell has a value that the endpoint would not take."""
    full = f"LEN(TRIM({cell}))>0"
    if field.type is ColumnType.BOOLEAN:
        return f"AND({full},NOT(ISLOGICAL({cell})))"
    if field.list:
        return f"AND({full},SUMPRODUCT(--({field.list}={cell}))=0)"
    if field.type is ColumnType.TEXT:
        return "FALSE"
    tests = [f"{cell}<{literal(field.minimum)}"] if field.minimum is not None else []
    tests += [f"{cell}>{literal(field.maximum)}"] if field.maximum is not None else []
    tests += [f"{cell}<>INT({cell})"] if field.type is ColumnType.INTEGER else []
    tests += [f"{cell}<{_DAYS[0]}"] if field.type is ColumnType.DATETIME else []
    odd = f"OR({','.join(tests)})" if tests else "FALSE"
    return f"IF(ISNUMBER({cell}),{odd},{full})"


def literal(value: float) -> str:
    """A number in a formula."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value)).upper()


def cut(text: str, longest: int) -> str:
    """The text, shortened where Excel shows no more. Excel counts UTF-16 units."""
    if len(text.encode("utf-16-le")) // 2 <= longest:
        return text
    kept = text.encode("utf-16-le")[: 2 * (longest - 1)].decode("utf-16-le", "ignore")
    return f"{kept.rstrip()}…"

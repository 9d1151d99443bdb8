"""Filters of a sheet and of its tables: LibreOffice keeps both in database ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlwings import base_classes

from tests.addin.lo_engine import addresses
from tests.addin.lo_engine.addresses import Box
from tests.addin.lo_engine.bridge import call_with, constant, enum, struct, typed_sequence

_OPERATORS = {
    "equal_to": "EQUAL",
    "not_equal_to": "NOT_EQUAL",
    "greater_than": "GREATER",
    "greater_than_or_equal": "GREATER_EQUAL",
    "less_than": "LESS",
    "less_than_or_equal": "LESS_EQUAL",
}


class AutoFilter(base_classes.AutoFilter):
    """The filter of a range or, where the range is a table's, of the table. Columns count from 1."""

    def __init__(self, cells: Any) -> None:
        self._range = cells

    @property
    def cells(self) -> Any:
        """LibreOffice's range."""
        return self._range.cells

    def apply_values(self, field: int, values: Sequence[str]) -> None:
        self._apply(field, [_condition(field, "EQUAL", values)])

    def apply_comparison(self, field: int, operator: str, value1: str | None, value2: str | None) -> None:
        if operator == "between":
            bounds = (("GREATER_EQUAL", value1), ("LESS_EQUAL", value2))
            self._apply(field, [_condition(field, name, [str(value)]) for name, value in bounds])
        else:
            self._apply(field, [_condition(field, _OPERATORS[operator], [str(value1)])])

    def clear(self, field: int | None) -> None:
        self._apply(field, [])

    def _apply(self, field: int | None, conditions: list[Any]) -> None:
        kept = [] if field is None else [each for each in self._conditions() if each.Field != field - 1]
        wanted = self.cells.createFilterDescriptor(True)
        wanted.ContainsHeader = True
        call_with(wanted, "setFilterFields3", typed_sequence("sheet.TableFilterField3", [*kept, *conditions]))
        self.cells.filter(wanted)
        if (own := on_sheet(self._range.document, self._range.sheet.index - 1)) is not None:
            own.AutoFilter = True

    def _conditions(self) -> list[Any]:
        document, sheet = self._range.document, self._range.sheet.index - 1
        found = [own for own in [on_sheet(document, sheet), *named(document, sheet)] if own is not None]
        same = [each for each in found if addresses.of(each.DataArea) == self._range.box]
        return list(same[0].getFilterDescriptor().getFilterFields3()) if same else []


def on_sheet(document: Any, sheet: int) -> Any | None:
    """The database range that holds the sheet's own filter, None when it has none."""
    nameless = document.getPropertyValue("UnnamedDatabaseRanges")
    return nameless.getByTable(sheet) if nameless.hasByTable(sheet) else None


def named(document: Any, sheet: int) -> list[Any]:
    """The database ranges with a name on a sheet: its tables."""
    every = document.DatabaseRanges
    found = [every.getByIndex(i) for i in range(every.Count)]
    return [each for each in found if each.DataArea.Sheet == sheet]


def is_hiding(database_range: Any) -> bool:
    """Whether a database range's filter has a condition."""
    return bool(database_range.getFilterDescriptor().getFilterFields3())


def box(database_range: Any) -> Box:
    """The cells of a database range."""
    return addresses.of(database_range.DataArea)


def _condition(field: int, operator: str, values: Sequence[str]) -> Any:
    return struct(
        "sheet.TableFilterField3",
        Connection=enum("sheet.FilterConnection", "AND"),
        Field=field - 1,
        Operator=constant(f"sheet.FilterOperator2.{operator}"),
        Values=tuple(_value(value) for value in values),
    )


def _value(text: str) -> Any:
    try:
        return struct("sheet.FilterFieldValue", IsNumeric=True, NumericValue=float(text), FilterType=0)
    except ValueError:
        is_text = constant("sheet.FilterFieldType.STRING")
        return struct("sheet.FilterFieldValue", IsNumeric=False, StringValue=text, FilterType=is_text)

"""Workbooks made for one customer and one endpoint. Knows worker.scoring, nothing else.

definition = Shelf(home).read("credit", "de")
book = build(definition, schema, bind(definition, schema, endpoint_id), Facts("2", date, moment))

The names below are loaded when first used: whoever reads definitions need not wait for openpyxl.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook_templates.builder import bind, build
    from workbook_templates.definition import Definition, DefinitionError, Fault
    from workbook_templates.facts import Facts
    from workbook_templates.fit import check_fit
    from workbook_templates.reader import read_definition
    from workbook_templates.shelf import Shelf

__all__ = [
    "Definition",
    "DefinitionError",
    "Facts",
    "Fault",
    "Shelf",
    "bind",
    "build",
    "check_fit",
    "read_definition",
]

_HOMES = {
    "Definition": "definition",
    "DefinitionError": "definition",
    "Facts": "facts",
    "Fault": "definition",
    "Shelf": "shelf",
    "bind": "builder",
    "build": "builder",
    "check_fit": "fit",
    "read_definition": "reader",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type checker reads the imports above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

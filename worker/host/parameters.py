"""What a body asks for: rows, and values for the endpoint's parameters. Every format gives both in the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from worker.endpoints.values import read_column
from worker.host.refusals import MOST_DETAILS, Detail, bad_argument, words, wrong_body
from worker.scoring.schema import Columns, Parameter, Schema

NONE: Mapping[str, Any] = MappingProxyType({})


class Asked(NamedTuple):
    """Every input of the schema with at least one row, and the parameters that were given, in their types."""

    columns: Columns
    parameters: Mapping[str, Any] = NONE


def read_parameters(given: object, schema: Schema) -> Mapping[str, Any]:
    """The values that a call gives; null and blank text count as not given, other text is read as in cells.

    Raises Refusal, also for a parameter that has neither value nor default.
    """
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise wrong_body("GlobalParameters is not an object")
    if not given and not schema.parameters:
        return NONE
    known = {parameter.name for parameter in schema.parameters}
    unknown = islice((name for name in given if name not in known), MOST_DETAILS)
    details = [Detail("UnexpectedParameter", f"The endpoint has no parameter {name[:64]!r}.") for name in unknown]
    values: dict[str, Any] = {}
    for parameter in schema.parameters:
        value = given.get(parameter.name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if parameter.default is None:
                details.append(_missing(parameter))
            continue
        read, problems = read_column(parameter, [value])
        details += [Detail("BadParameterValue", f"Parameter {parameter.name!r}: {words(p)}") for p in problems]
        values[parameter.name] = read.tolist()[0]
    if details:
        raise bad_argument(*details)
    return values


def _missing(parameter: Parameter) -> Detail:
    return Detail(
        "MissingRequiredGlobalParameters", f"The endpoint needs a value for the parameter {parameter.name!r}."
    )

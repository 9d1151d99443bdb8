"""Answers of management to what breaks a rule: status and code of the classic service where it had one."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from worker.endpoints import rules
from worker.host.management.wire import CLASSIC_NAMES
from worker.host.refusals import Detail, Refusal, bad_argument

_CODES: dict[type[Exception], tuple[int, str, str]] = {
    rules.NameInvalid: (400, "BadArgument", "BadParameterValue"),
    rules.NameTaken: (409, "Conflict", "NameTaken"),
    rules.TooMany: (409, "Conflict", "TooMany"),
    rules.Unknown: (400, "BadArgument", "BadParameterValue"),
    rules.DescriptionTooLong: (400, "BadArgument", "BadParameterValue"),
    rules.ChoiceInvalid: (400, "BadArgument", "BadParameterValue"),
    rules.NumberInvalid: (400, "BadArgument", "WebServiceConcurrentRequestRequirementInvalid"),
    rules.DefaultFollows: (400, "InvalidOperation", "DefaultEndpointFollows"),
    rules.DefaultNeeded: (409, "Conflict", "DefaultEndpointNeeded"),
    rules.UpdatePrevented: (409, "Conflict", "UpdatePrevented"),
    rules.ExpiryInThePast: (400, "BadArgument", "ExpiryTimeInThePast"),
    rules.ChangedMeanwhile: (409, "Conflict", "ChangedMeanwhile"),
    rules.WaveUndone: (409, "Conflict", "ChangedMeanwhile"),
    rules.ServiceInUse: (409, "Conflict", "EndpointsRemain"),
    rules.JobsRunning: (409, "Conflict", "JobsRunning"),
    rules.ModelMisfit: (400, "InvalidOperation", "IncompatibleModel"),
    rules.SampleNotScored: (400, "InvalidOperation", "IncompatibleModel"),
    rules.NotAModel: (400, "InvalidOperation", "IncompatibleModel"),
    rules.ForeignOperators: (400, "InvalidOperation", "IncompatibleModel"),
    rules.ExternalData: (400, "InvalidOperation", "IncompatibleModel"),
    rules.ModelTooCostly: (400, "InvalidOperation", "IncompatibleModel"),
    rules.ModelTooLarge: (413, "MemoryQuotaViolation", "OutOfMemoryLimit"),
}
_NO_OBJECT = "The body is not a JSON object."
_MESSAGE = "The request breaks a rule; nothing was changed."


async def broken_rule(_: Request, error: Exception) -> Response:
    """The error's own sentence in the names of this API, with a code a program can read."""
    status, code, specific = _CODES.get(type(error), (400, "BadArgument", "BadParameterValue"))
    if isinstance(error, rules.NumberInvalid) and error.setting == "max_concurrent_calls" and _above(error):
        specific = "WebServiceTooManyConcurrentRequestRequirement"
    words, setting = str(error), getattr(error, "setting", "")
    if setting in CLASSIC_NAMES:
        words = words.replace(setting, CLASSIC_NAMES[setting], 1)
    return Refusal(status, code, _MESSAGE, [Detail(specific, words)]).response()


async def misread(_: Request, error: Exception) -> Response:
    """A body that is no JSON, or has a field of the wrong type. The value is not repeated."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    return bad_argument(*(Detail("RequestBodyInvalid", _misread(fault)) for fault in faults)).response()


def _misread(fault: dict[str, Any]) -> str:
    place = fault["loc"][1:]
    if fault["type"] == "json_invalid":
        return f"The body is not JSON, from character {place[0]} on."
    if not place:
        return "The body is missing; it is a JSON object." if fault["type"] == "missing" else _NO_OBJECT
    return f"{'.'.join(map(str, place))}: {fault['msg']}"


def _above(error: rules.NumberInvalid) -> bool:
    return isinstance(error.value, int) and error.value > error.highest

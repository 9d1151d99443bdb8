"""Answers of management to what breaks a rule: status and code of the classic service where it had one."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from worker.endpoints import rules
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
_MESSAGE = "The request breaks a rule; nothing was changed."


async def broken_rule(_: Request, error: Exception) -> Response:
    """The error's own sentence, with a code a program can read."""
    status, code, specific = _CODES.get(type(error), (400, "BadArgument", "BadParameterValue"))
    if isinstance(error, rules.NumberInvalid) and error.setting == "max_concurrent_calls" and _above(error):
        specific = "WebServiceTooManyConcurrentRequestRequirement"
    return Refusal(status, code, _MESSAGE, [Detail(specific, str(error))]).response()


async def misread(_: Request, error: Exception) -> Response:
    """A body that is no JSON, or has a field of the wrong type. The value is not repeated."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    details = [
        Detail("RequestBodyInvalid", f"{'.'.join(map(str, f['loc'][1:])) or 'body'}: {f['msg']}") for f in faults
    ]
    return bad_argument(*details).response()


def _above(error: rules.NumberInvalid) -> bool:
    return isinstance(error.value, int) and error.value > error.highest

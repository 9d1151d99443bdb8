"""What a body of the classic batch API asks for: one table in, one table out, values of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.host.area import safe_name
from worker.host.body import read_json
from worker.host.refusals import Detail, Refusal, bad_argument, empty, wrong_body
from worker.scoring.codecs.classic import INPUT, OUTPUT

Reference = Mapping[str, str | None]

_ENDINGS = (".csv", ".tsv")
_FIELDS = ("ConnectionString", "BaseLocation", "RelativeLocation", "SasBlobToken")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """`source` is the reference of the input, not looked at yet; `output` is the result's file name; `parameters` are
    as they came.
    """

    source: Reference
    output: str
    parameters: object


def read_request(body: bytes) -> JobRequest:
    """Raises Refusal, with the classic service's codes. What is not known is left alone: old clients send more."""
    if not body:
        raise empty("There is no request.")
    asked = read_json(body)
    if not isinstance(asked, dict):
        raise wrong_body("it is not an object")
    return JobRequest(_source(asked), _output(asked), asked.get("GlobalParameters"))


def check_ending(name: str) -> None:
    """Tables are told by their names' endings. Raises Refusal."""
    if not name.lower().endswith(_ENDINGS):
        raise _wrong("InvalidBlobExtension", f"The name must end in .csv or .tsv, and {name[-64:]!r} does not.")


def _source(asked: Mapping[str, object]) -> Reference:
    """Under `Input`, as the oldest clients have it, or by name under `Inputs`."""
    single, named = asked.get("Input"), asked.get("Inputs")
    if single and named:
        raise _wrong("DuplicateInputInBatchCall", "Give Input or Inputs, not both.")
    if single:
        return _reference(single, "Input")
    if not named:
        raise _wrong("BatchJobInputsNotSpecified", f"The input {INPUT!r} is missing.")
    if not isinstance(named, dict):
        raise wrong_body("Inputs is not an object")
    if INPUT not in named:
        raise _wrong("InvalidInputNames", f"There is no input {next(iter(named))[:64]!r}; the only one is {INPUT!r}.")
    if len(named) > 1:
        raise _wrong("BatchJobInputsTooManySpecified", f"The only input is {INPUT!r}.")
    return _reference(named[INPUT], INPUT)


def _output(asked: Mapping[str, object]) -> str:
    """The name that the caller chose, or one of ours. Only the name: results lie in our own area and nowhere else."""
    named = asked.get("Outputs") or {}
    if not isinstance(named, dict):
        raise wrong_body("Outputs is not an object")
    for name in named:
        if name != OUTPUT:
            told = f"There is no output {name[:64]!r}; the only one is {OUTPUT!r}."
            raise _wrong("InvalidOutputOverrideName", told)
    reference = _reference(named.get(OUTPUT) or {}, OUTPUT)
    if reference.get("ConnectionString"):
        raise _wrong("ConnectionStringRefused", "Results are fetched here; give RelativeLocation alone.")
    if reference.get("BaseLocation") or reference.get("SasBlobToken"):
        raise _wrong("OutputLocationRefused", "Results are fetched here; give RelativeLocation alone.")
    chosen = reference.get("RelativeLocation")
    if not chosen:
        return f"{OUTPUT}.csv"
    output = safe_name(chosen)
    check_ending(output)
    return output


def _reference(given: object, where: str) -> Reference:
    if not isinstance(given, dict) or not all(isinstance(given.get(name, ""), str | None) for name in _FIELDS):
        raise wrong_body(f"{where} is not a reference with {', '.join(_FIELDS[1:])}")
    return given


def _wrong(code: str, message: str) -> Refusal:
    return bad_argument(Detail(code, message))

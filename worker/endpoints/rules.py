"""What may be published, made and named; each broken rule is one error with its facts.

Limits of endpoints are those of the classic service: names of 24 lower-case letters and digits, descriptions of 2,000
characters, 4 calls at once at the Low level, 20 (at most 200) at High.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Mapping, Sequence
from os.path import commonprefix
from typing import Any

from worker.scoring.errors import SheetscoreError

DEFAULT = "default"
SLOTS = ("primary", "secondary")
LOGGING_LEVELS = ("None", "Error", "All")
DESCRIPTION_LENGTH = 2000
CALLS_LOW = 4
CALLS_HIGH = 20
CALLS_MOST = 200
MODEL_BYTES = 150 * 2**20
ENDPOINTS_MOST = 10_000
KNOWN_TOLD = 10

_NAMES = {
    "service": (re.compile(r"[a-z0-9-]{1,64}"), "1 to 64 lower-case letters, digits and hyphens"),
    "endpoint": (re.compile(r"[a-z0-9]{1,24}"), "1 to 24 lower-case letters and digits"),
    "customer": (
        re.compile(r"[a-z0-9][a-z0-9-]{0,62}"),
        "1 to 63 lower-case letters, digits and hyphens, the first not a hyphen, and no device name of Windows",
    ),
    "token": (re.compile(r"[a-z0-9][a-z0-9-]{0,62}"), "1 to 63 lower-case letters, digits and hyphens"),
    "device": (re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,47}"), "1 to 48 letters, digits, blanks, dots and hyphens"),
}
_YEAR_10000 = 253_402_300_800
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
# A customer's name is a folder's name, on Windows too.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


class RuleError(SheetscoreError):
    """Something asked of the registry breaks a rule; nothing was changed."""


class NameInvalid(RuleError):
    """A name has characters or a length that are not allowed. `kind` is service, endpoint, customer, token, device."""

    def __init__(self, kind: str, name: str, wanted: str) -> None:
        super().__init__(f"{kind} name {name!r}: wanted {wanted}")
        self.kind, self.name, self.wanted = kind, name, wanted


class LanguageInvalid(RuleError):
    """A language is not given by its code (BCP 47: language, and if need be script or region)."""

    def __init__(self, language: str) -> None:
        super().__init__(f"language {language!r} is not a code such as de or pt-BR")
        self.language = language


class PasswordInvalid(RuleError):
    """A workbook's password is empty or too long."""

    def __init__(self, most: int) -> None:
        super().__init__(f"a workbook's password has 1 to {most} characters")
        self.most = most


class EncodingInvalid(RuleError):
    """There is no encoding of text by that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no encoding, such as utf-8, cp1252 or iso-8859-15")
        self.name = name


class NameTaken(RuleError):
    """There is one of that name already."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"the {kind} {name!r} exists already")
        self.kind, self.name = kind, name


class Unknown(RuleError):
    """There is no such service, version, customer or endpoint. `known` are the names there are; the words tell
    the nearest of them.

    An endpoint's name is `service/endpoint`, a version's `9 of service`.
    """

    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        shown = name if kind == "version" else repr(name)
        nearest = sorted(known, key=lambda other: -len(commonprefix([name, other])))  # noqa: RUF071 - no paths
        told = ", ".join(nearest[:KNOWN_TOLD])
        told += f" and {len(known) - KNOWN_TOLD} more" if len(known) > KNOWN_TOLD else ""
        super().__init__(f"there is no {kind} {shown}" + (f"; known: {told}" if known else ""))
        self.kind, self.name, self.known = kind, name, tuple(known)


class DescriptionTooLong(RuleError):
    """A description is longer than the limit."""

    def __init__(self, length: int, limit: int = DESCRIPTION_LENGTH) -> None:
        super().__init__(f"description of {length} characters; at most {limit}")
        self.length, self.limit = length, limit


class ChoiceInvalid(RuleError):
    """A setting has a value that is not among those allowed."""

    def __init__(self, setting: str, value: object, choices: Sequence[str]) -> None:
        super().__init__(f"{setting} {value!r} is not one of {', '.join(map(_legible, choices))}")
        self.setting, self.value, self.choices = setting, value, tuple(choices)


class NumberInvalid(RuleError):
    """A setting has a number outside its range."""

    def __init__(self, setting: str, value: object, lowest: int, highest: int) -> None:
        super().__init__(f"{setting} {value!r} is not a whole number from {lowest} to {highest}")
        self.setting, self.value, self.lowest, self.highest = setting, value, lowest, highest


class TooMany(RuleError):
    """There are as many of something as are allowed."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"there are {limit} {what} already, which is the most")
        self.what, self.limit = what, limit


class ModelTooLarge(RuleError):
    """A model file is over the limit; both in bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"model of {size} bytes; at most {limit}")
        self.size, self.limit = size, limit


class NotAModel(RuleError):
    """The file is no ONNX model that can be run: a pickle, a broken file, an operator nobody knows."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not an ONNX model that can be run: {reason}")
        self.reason = reason


class ModelTooCostly(RuleError):
    """Loading the model or scoring the sample rows took more than `allowed` of `what`: bytes of memory, or seconds."""

    def __init__(self, what: str, allowed: int) -> None:
        limit = f"{allowed / 2**20:,.0f} MB of memory" if what == "memory" else f"{allowed} s"
        super().__init__(f"the model takes more than {limit} for the sample rows")
        self.what, self.allowed = what, allowed


class ForeignOperators(RuleError):
    """The model uses operators from outside the ONNX standard."""

    def __init__(self, domains: Sequence[str]) -> None:
        super().__init__(f"operators from outside the ONNX standard: {', '.join(domains)}")
        self.domains = tuple(domains)


class ExternalData(RuleError):
    """The model keeps weights in other files, which it could choose freely on this machine."""

    def __init__(self) -> None:
        super().__init__("the model keeps weights in other files; save it as one file")


class ModelMisfit(RuleError):
    """The model does not fit the contract; `faults` name each difference."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("the model does not fit the contract: " + "; ".join(faults))
        self.faults = tuple(faults)


class SampleNotScored(RuleError):
    """The contract's sample rows could not be scored with the model."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the sample rows could not be scored: {reason}")
        self.reason = reason


class DefaultFollows(RuleError):
    """`default` follows every publish: its model is not chosen for it, and it goes last."""

    def __init__(self, service: str, action: str) -> None:
        refused = {"model": "its model cannot be chosen", "refresh": "it cannot be refreshed"}
        sentence = refused.get(action, "it cannot be rolled back")
        super().__init__(f"{service}/default follows every publish; {sentence}")
        self.service, self.action = service, action


class DefaultNeeded(RuleError):
    """`default` cannot be removed while the service has other endpoints."""

    def __init__(self, service: str, others: int) -> None:
        super().__init__(f"{service}/default cannot be removed while the service has other endpoints ({others})")
        self.service, self.others = service, others


class ServiceInUse(RuleError):
    """A service cannot be removed while it has endpoints of customers."""

    def __init__(self, service: str, endpoints: int) -> None:
        super().__init__(f"{service} cannot be removed while customers have endpoints of it ({endpoints})")
        self.service, self.endpoints = service, endpoints


class JobsRunning(RuleError):
    """The endpoint has jobs that have not ended."""

    def __init__(self, endpoint: str, jobs: int) -> None:
        super().__init__(f"{endpoint} has {jobs} jobs that have not ended; cancel them or wait")
        self.endpoint, self.jobs = endpoint, jobs


class UpdatePrevented(RuleError):
    """The endpoint's PreventUpdate is on."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"{endpoint} is protected from updates (PreventUpdate)")
        self.endpoint = endpoint


class ExpiryInThePast(RuleError):
    """The day on which a setting ends is over. `at` is seconds since 1970."""

    def __init__(self, setting: str, at: float) -> None:
        super().__init__(f"{setting} {dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M} UTC is in the past")
        self.setting, self.at = setting, at


class ChangedMeanwhile(RuleError):
    """Somebody else changed the endpoint between the check and the change."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"{endpoint} was changed by somebody else meanwhile; look again")
        self.endpoint = endpoint


class WaveUndone(RuleError):
    """A wave is to be undone that was undone before, by `who`."""

    def __init__(self, wave: str, who: str) -> None:
        super().__init__(f"the wave {wave} was undone already, by {who}")
        self.wave, self.who = wave, who


def _legible(choice: str) -> str:
    """A word as it stands, a sign between quotes."""
    if any(char.isalnum() for char in choice):
        return choice
    return "tab" if choice == "\t" else f"'{choice}'"


def check_name(kind: str, name: str) -> None:
    """Raises NameInvalid. `kind` is service, endpoint, customer, token or device."""
    pattern, wanted = _NAMES[kind]
    if not pattern.fullmatch(name) or (kind == "customer" and name in _DEVICES):
        raise NameInvalid(kind, name, wanted)


def check_language(language: str | None) -> None:
    """Raises LanguageInvalid."""
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise LanguageInvalid(language)


def check_description(description: str) -> None:
    """Raises DescriptionTooLong."""
    if len(description) > DESCRIPTION_LENGTH:
        raise DescriptionTooLong(len(description))


def check_choice(setting: str, value: str, choices: Sequence[str]) -> None:
    """Raises ChoiceInvalid."""
    if value not in choices:
        raise ChoiceInvalid(setting, value, choices)


def check_number(setting: str, value: int, highest: int = CALLS_MOST) -> None:
    """Raises NumberInvalid unless `value` is a whole number from 1 to `highest`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
        raise NumberInvalid(setting, value, 1, highest)


def concurrent_calls(level: str, wanted: int | None) -> int:
    """How many calls at once a level allows: 4 at Low whatever was asked for, 20 at High unless asked otherwise."""
    check_choice("throttle_level", level, ("Low", "High"))
    if level == "Low":
        return CALLS_LOW
    if wanted is None:
        return CALLS_HIGH
    check_number("max_concurrent_calls", wanted)
    return wanted


_SETTINGS: dict[str, Callable[[Any], None]] = {
    "description": check_description,
    "call_limit": lambda v: check_number("call_limit", v),
    "logging_level": lambda v: check_choice("logging_level", v, LOGGING_LEVELS),
    "sample_data": lambda v: _check_switch("sample_data", v),
    "prevent_update": lambda v: _check_switch("prevent_update", v),
    "expires_at": lambda v: _check_moment("expires_at", v),
    "logging_until": lambda v: _check_moment("logging_until", v),
}


def checked_settings(
    settings: Mapping[str, Any], level: str, calls: int, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """Settings of an endpoint ready to be stored. `level` and `calls` are those in force: a new level without a number
    has its own default. Raises RuleError.
    """
    values = dict(settings)
    if "throttle_level" in values or "max_concurrent_calls" in values:
        wanted = values.get("max_concurrent_calls", None if "throttle_level" in values else calls)
        values["throttle_level"] = values.get("throttle_level", level)
        values["max_concurrent_calls"] = concurrent_calls(values["throttle_level"], wanted)
    for name, value in values.items():
        if name in _SETTINGS:
            _SETTINGS[name](value)
        elif name not in {"throttle_level", "max_concurrent_calls"}:
            raise ChoiceInvalid("setting", name, (*_SETTINGS, "throttle_level", "max_concurrent_calls"))
    if (until := values.get("logging_until")) is not None and until <= now():
        raise ExpiryInThePast("logging_until", until)
    return values


def _check_switch(setting: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ChoiceInvalid(setting, value, ("true", "false"))


def _check_moment(setting: str, value: object) -> None:
    """A time in seconds since 1970, or None for never."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _YEAR_10000:
        raise ChoiceInvalid(setting, value, ("seconds since 1970", "None"))

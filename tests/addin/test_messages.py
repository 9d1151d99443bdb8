"""Words: every error that an analyst can meet has some, whichever room raises it."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import itertools
import pkgutil
import typing
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from types import ModuleType

import pytest

import addin
import worker.scoring.endpoint
import worker.scoring.errors
import worker.scoring.run
from addin import messages
from addin.catalogue import NoKey, UnknownEndpoint
from addin.entries import BadLine, LineFault
from addin.errors import AddinError, GridError, GridFault
from addin.keystore import KeyStoreError, KeyStoreRefused
from addin.messages import LONGEST, UNCHANGED, bad_line, explain
from addin.scorer import CallsStopped
from worker.scoring import (
    AddressError,
    AddressFault,
    EndpointError,
    ProxySignIn,
    SheetscoreError,
    TableError,
    Unauthorized,
    Unavailable,
    Unreachable,
)

BASES = {SheetscoreError, TableError, EndpointError, Unavailable, AddinError, KeyStoreError}
UNFORESEEN = explain(ValueError("boom"))


def modules() -> Iterator[ModuleType]:
    """The scoring core's errors and every module of the add-in that can be loaded on this system."""
    yield from (worker.scoring.errors, worker.scoring.endpoint, worker.scoring.run)
    for found in pkgutil.walk_packages(addin.__path__, "addin."):
        if found.name.rpartition(".")[2] in {"__main__", "hatch_hook"}:
            continue
        try:
            yield importlib.import_module(found.name)
        except ModuleNotFoundError as error:  # pywin32, where there is no Windows
            if str(error.name).startswith(("addin", "worker")):
                raise


def kinds() -> list[type[SheetscoreError]]:
    """Errors that are raised: those that only stand above others are left out."""
    found = {
        kind
        for module in modules()
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, SheetscoreError) and kind.__module__ == module.__name__
    }
    raised = {kind for kind in found if kind not in BASES and not kind.__subclasses__()}
    return sorted(raised, key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")


NOON = dt.datetime(2026, 5, 3, 12, tzinfo=dt.UTC)


def samples(wanted: object) -> list[object]:
    """Values for one parameter of an error, by its type; every member of an enumeration."""
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return list(wanted)
    options = typing.get_args(wanted) if typing.get_origin(wanted) is not Sequence else ()
    for kind, value in ((str, "x"), (bool, True), (int, 1), (float, 1.5), (Path, Path("x")), (dt.datetime, NOON)):
        if wanted is kind or kind in options[:1]:
            return [value]
    return [("a", "b")]


def every(kind: type[SheetscoreError]) -> Iterator[SheetscoreError]:
    if kind.__init__ in {Exception.__init__, SheetscoreError.__init__}:
        yield kind()
        return
    hints = typing.get_type_hints(kind.__init__)
    given = list(inspect.signature(kind).parameters.values())
    for values in itertools.product(*(samples(hints.get(parameter.name)) for parameter in given)):
        yield kind(**dict(zip((parameter.name for parameter in given), values, strict=True)))


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
def test_every_error_has_words(kind: type[SheetscoreError]) -> None:
    """One without would be shown as a fault of ours. Each of its faults has them too."""
    for error in every(kind):
        words = explain(error, sheet=False)
        assert words.endswith(".") or ". Run: " in words, words
        assert words not in UNFORESEEN or getattr(error, "fault", "") == "unexpected"
        assert len(words) <= LONGEST
        for odd in ("object at", "None", "{", "Error", "Exception", " ."):
            assert odd not in words, words


def test_the_search_finds_errors_of_every_kind_of_room() -> None:
    """A test over nothing would prove nothing."""
    names = {kind.__name__ for kind in kinds()}
    assert {"GridError", "NoKey", "NoEndpoint", "Throttled", "AddressError", "RowsLost", "SettingError"} <= names


def test_a_new_error_without_words_would_be_noticed() -> None:
    """It gets the words for what nobody foresaw."""

    class Unheard(AddinError):
        pass

    assert explain(Unheard("secret text")) == UNFORESEEN


def test_no_words_are_left_of_errors_that_are_gone() -> None:
    """What is listed by its name is there."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in kinds()}
    assert set(messages._ROOMS) <= names
    assert set(messages.ADDRESSES) == set(AddressFault)
    assert set(messages.GRID) == set(GridFault)
    assert set(messages.LINES) == set(LineFault)


def test_the_tone() -> None:
    """What happened, what to do now, and that nothing was lost."""
    assert explain(Unauthorized()) == (
        "The endpoint refused your key: it was revoked, or belongs to another endpoint. Ask your provider for a new "
        "one, then click Add endpoint and enter the same address with it. Sheet unchanged."
    )
    assert explain(Unauthorized(401, Unauthorized.REVOKED, NOON)) == (
        "Your key was revoked on 3 May. Ask your provider for a new one, then click Add endpoint and enter the same "
        "address with it. Sheet unchanged."
    )
    assert explain(Unauthorized(401, Unauthorized.REVOKED)).startswith("Your key was revoked. Ask")
    assert explain(ProxySignIn(), sheet=False) == (
        "Your company's proxy wants a sign-in (407). Click Refresh on the Sheetscore tab and enter your name and "
        "password, or send this to your IT."
    )
    assert explain(UnknownEndpoint("credti", ("credit", "churn")), sheet=False) == (
        "There is no endpoint 'credti'. There are: credit, churn."
    )
    assert explain(UnknownEndpoint("x", ()), sheet=False).endswith("There is none yet: click Add endpoint.")
    assert explain(GridError(GridFault.SHEET_PROTECTED, "Loans", "H2")) == (
        "The sheet is protected (Loans!H2). Unprotect it (Review, Unprotect Sheet) and try again. Sheet unchanged."
    )
    assert explain(GridError(GridFault.NOTHING_SELECTED), sheet=False) == (
        "Nothing is selected. Select the rows to be scored."
    )
    assert "the key as an environment variable" in explain(KeyStoreRefused("keyrings.alt.file.PlaintextKeyring"))
    assert bad_line(BadLine(3, LineFault.TWICE)) == (
        "Line 3 of the list of endpoints is left out: its name or address stands above already."
    )
    assert explain(NoKey("credit"), sheet=False).startswith("The key of 'credit' is not on this computer.")


def test_a_certificate_that_is_not_trusted_is_told_from_a_network_that_is_down() -> None:
    """The one is for the company's IT, the other may pass."""
    trust = explain(Unreachable("certificate not trusted: unable to get local issuer certificate"), sheet=False)
    assert trust == (
        "This computer does not trust the endpoint's certificate (unable to get local issuer certificate). "
        "Send this to your IT; nothing was sent to the endpoint."
    )
    assert "Check your connection" in explain(Unreachable("no route to host"))


def test_the_text_of_an_error_nobody_foresaw_is_not_shown() -> None:
    """It can hold anything, a key or a customer's value; the log has the place."""
    assert "boom" not in UNFORESEEN
    assert explain(OSError(28, "No space left on device", "/secret/path"), sheet=False) == (
        "The computer did not allow it (No space left on device). Try again; the log says more."
    )
    assert "example" not in explain(AddressError(AddressFault.HAS_USER, "example.com"))


def test_a_message_fits_a_message_box() -> None:
    """However many columns are missing."""
    names = [f"column number {number} with a long name" for number in range(500)]
    words = explain(worker.scoring.errors.MissingColumns(names, names))
    assert len(words) <= 1023
    assert words.endswith(UNCHANGED)
    assert "and 488 more" in words


def test_one_row_is_not_called_rows() -> None:
    """Where calls are stopped."""
    assert "and 1 row would have" in explain(CallsStopped(1))
    assert "and 1,200 rows would have" in explain(CallsStopped(1200))

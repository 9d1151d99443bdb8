"""Signing in at a host: a customer's token lists the customer's endpoints and makes a key for this computer at each."""

from __future__ import annotations

import getpass
import platform
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import orjson

from addin.catalogue import Catalogue, Entry
from addin.entries import LONGEST_NAME, names
from addin.errors import AddinError
from addin.keystore import variable
from worker.scoring import Account, DeviceTaken, NotFound, Owned, SheetscoreError, Unauthorized

_LONGEST_DEVICE = 48
_NEWS = (0.3, 0.7, 1.5)
"""Seconds to wait for a new key to be known to every process of the host, which takes one at most."""


class TokenRefused(AddinError):
    """The host does not take the token: it is wrong, was revoked, or is no customer's."""

    def __init__(self) -> None:
        super().__init__("token refused")


class NoSignIn(AddinError):
    """What answers at the address has no endpoints to list: it is another kind of server, or an older one."""

    def __init__(self) -> None:
        super().__init__("no sign-in at this address")


class BadConnectionFile(AddinError):
    """A file is no connection file."""

    def __init__(self, name: str) -> None:
        super().__init__("not a connection file")
        self.name = name


class CodeRefused(AddinError):
    """The code of a connection file was used, or has ended."""

    def __init__(self) -> None:
        super().__init__("code refused")


class NothingOwned(AddinError):
    """The token is right, and its customer has no endpoint."""

    def __init__(self) -> None:
        super().__init__("no endpoints")


def device_name(node: str, user: str) -> str:
    """What this computer's keys are called at the host, in the characters that it takes. The person's name is part of
    it: on a terminal server colleagues share the computer, and a key replaced by one would end another's.
    """
    name = re.sub(r"[^A-Za-z0-9 ._-]+", "-", f"{node.partition('.')[0]} {user}").strip(" ._-")
    return name[:_LONGEST_DEVICE].strip() or "desktop"


def this_device() -> str:
    """The name of the computer this runs on, and of whoever runs it."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = ""
    return device_name(platform.node(), user)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A customer at a host, and those of the endpoints there that were chosen."""

    account: Account
    chosen: tuple[Owned, ...]


def list_owned(account: Account) -> tuple[Owned, ...]:
    """The customer's endpoints, of which there is at least one. Raises TokenRefused, NoSignIn, NothingOwned,
    EndpointError.
    """
    try:
        found = account.endpoints()
    except Unauthorized:
        raise TokenRefused from None
    except NotFound:
        raise NoSignIn from None
    if not found:
        raise NothingOwned
    return found


def take_over(
    catalogue: Catalogue,
    account: Account,
    endpoint: Owned,
    device: str,
    *,
    replace: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Entry:
    """Put an endpoint on the person's list, with a key of this computer's own. A key that is not saved is revoked.

    Raises DeviceTaken unless `replace`; EndpointError, KeyStoreError, OSError; then nothing is changed here.
    """
    try:
        key = account.add_device(endpoint, device)
    except DeviceTaken:
        if not replace:
            raise
        account.remove_device(endpoint, device)
        key = account.add_device(endpoint, device)
    try:
        return _added(catalogue, endpoint, key, sleep)
    except BaseException:
        with suppress(SheetscoreError):
            account.remove_device(endpoint, device)
        raise


def _added(catalogue: Catalogue, endpoint: Owned, key: str, sleep: Callable[[float], None]) -> Entry:
    name = free_name(catalogue.entries(), endpoint)
    for seconds in _NEWS:
        try:
            return catalogue.add(name, endpoint.url, key)
        except Unauthorized:
            sleep(seconds)
    return catalogue.add(name, endpoint.url, key)


def connected(catalogue: Catalogue, file: Path, device: str) -> Entry:
    """Put the endpoint that a connection file names on the person's list, with a key that its code makes, once.

    Raises BadConnectionFile, AddressError, CodeRefused, NoSignIn, NothingOwned, DeviceTaken, EndpointError,
    KeyStoreError, OSError.
    """
    try:
        told = orjson.loads(file.read_bytes())
        address, code = str(told["address"]), str(told["code"])
    except (ValueError, LookupError, TypeError):
        raise BadConnectionFile(file.name) from None
    account = Account(address, code, catalogue.transport)
    try:
        return take_over(catalogue, account, list_owned(account)[0], device)
    except (TokenRefused, Unauthorized):
        raise CodeRefused from None


def free_name(entries: Sequence[Entry], endpoint: Owned) -> str:
    """What the endpoint is called here: as before, or service/name, with a number where that is taken."""
    known = next((entry.name for entry in entries if entry.url == endpoint.url), None)
    if known is not None:
        return known
    plain = re.sub(r'[";%|]', "-", endpoint.label)[: LONGEST_NAME - 4]
    taken = {variable(name) for name in names(entries)}
    candidates = (plain if number == 1 else f"{plain} {number}" for number in count(1))
    return next(name for name in candidates if variable(name) not in taken)

"""The upload area: files that callers bring, or fetch, by signed links, under references of the classic shape.

A file lies at `<home>/area/<owner>/<32 hex digits>/<name>`, the owner being an endpoint's id or `operators`. Making a
reference stores nothing; who holds its token may put the file there and read it until the token ends.
"""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from worker.endpoints.secrets import Secret
from worker.files import private_folder, sync_file, sync_folder
from worker.host.links import BOTH, READ, WRITE, Links
from worker.host.listed import Listed, LocationRefused
from worker.host.refusals import Detail, Refusal, not_found
from worker.settings import Settings

OPERATORS = "operators"
LINK_SECONDS = 24 * 3600.0
LONGEST_NAME = 100
_DAY_SECONDS = 24 * 3600.0
_PATH = re.compile(r"area/(?:[0-9a-f]{32}|operators)/[0-9a-f]{32}/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_HALF, _ROOM = ".part", ".room"


@dataclass(frozen=True, slots=True)
class AreaLimits:
    """How much the area holds: MB of one file and of one owner, and for how many days."""

    file_mb: int
    owner_mb: int
    days: float


class Area:
    """The files and their references. Safe to use from any thread."""

    def __init__(
        self,
        home: Path,
        links: Links,
        limits: AreaLimits,
        listed: Listed | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._home = home
        self._links = links
        self._listed = listed or Listed()
        self._clock = clock
        self.limits = limits

    @classmethod
    def of_home(cls, home: Path, settings: Settings) -> Area:
        """The area of a home, its links signed under the home's secret. Raises SecretError, SettingError, OSError."""
        limits = AreaLimits(settings.max_upload_mb, settings.area_mb, settings.area_days)
        return cls(home, Links(Secret(home).derive("links of the upload area")), limits, Listed.of_settings(settings))

    def offer(self, base: str, owner: str, name: str) -> dict[str, str]:
        """A reference to a file that is still to come, to be written and read with."""
        return self.reference(base, f"area/{owner}/{uuid.uuid4().hex}/{safe_name(name)}", BOTH)

    def reference(self, base: str, path: str, rights: str = READ) -> dict[str, str]:
        """A reference to `path` of the host at `base`; the three parts, one after the other, are the link."""
        token = self._links.token(path, rights, self._clock() + LINK_SECONDS)
        return {"BaseLocation": f"{base}/", "RelativeLocation": path, "SasBlobToken": token}

    def lend(self, base: str, owner: str, folder: str, name: str, file: Path) -> dict[str, str]:
        """A reference to a file of this home, to be read with. It lies in the area, without taking room twice, as long
        as the link lasts. Raises OSError.
        """
        path = f"area/{owner}/{folder}/{safe_name(name)}"
        lent = self._home / path
        private_folder(lent.parent)
        with suppress(FileExistsError):
            lent.hardlink_to(file)
        os.utime(lent.parent, (self._clock(),) * 2)
        return self.reference(base, path)

    @contextmanager
    def file(self, location: Mapping[str, str | None], owner: str) -> Iterator[Path]:
        """The file that a reference names; what lies in a listed location is fetched, counted to the owner's room and
        gone afterwards. May take a minute. Raises LocationRefused and, where there is no room, Refusal.
        """
        _refuse_connection_string(location)
        url = self._listed.url(location)
        if url is None:
            yield self.resolve(location)
            return
        file = self._home / "area" / owner / uuid.uuid4().hex / safe_name(url)
        most = self.limits.file_mb * 2**20
        half = self.begin(file, most)
        try:
            self._listed.fetch(url, location.get("SasBlobToken") or "", half, most)
            self.commit(half, file)
            yield file
        finally:
            self.abort(half)
            shutil.rmtree(file.parent, ignore_errors=True)

    def resolve(self, location: Mapping[str, str | None]) -> Path:
        """The file of this area that a reference names. Its signature tells that it is ours, under whichever of the
        host's names it was handed out; a foreign, missing, expired and forged one are refused alike. Raises
        LocationRefused.
        """
        _refuse_connection_string(location)
        path, token = location.get("RelativeLocation") or "", location.get("SasBlobToken") or ""
        if not path or not token:
            raise LocationRefused("MissingInputBlobInformation", "RelativeLocation and SasBlobToken are needed.")
        file = self._opened(path, dict(parse_qsl(token.removeprefix("?"))), READ)
        if file is None or not file.is_file():
            raise LocationRefused("BlobNotFound", "The location is no file of this host's, or its link has ended.")
        return file

    def readable(self, path: str, query: Mapping[str, str]) -> Path:
        """The file that a link opens. Raises Refusal, the same whatever is wrong."""
        file = self._opened(path, query, READ)
        if file is None or not file.is_file():
            raise no_such_file()
        return file

    def writable(self, path: str, query: Mapping[str, str]) -> Path:
        """Where the file of a link is to come. Raises Refusal, the same whatever is wrong."""
        file = self._opened(path, query, WRITE)
        if file is None:
            raise no_such_file()
        return file

    def begin(self, file: Path, size: int) -> Path:
        """Where to write a file of at most `size` bytes until `commit` or `abort`. Its room is kept by an empty file of
        that length, for every process to see. Raises Refusal when the owner has no more.
        """
        half = private_folder(file.parent) / f".{uuid.uuid4().hex}{_HALF}"
        with half.with_suffix(_ROOM).open("xb") as room:
            room.truncate(size)
        try:
            self._check_room(file)
        except Refusal:
            self.abort(half)
            raise
        return half

    def commit(self, half: Path, file: Path) -> None:
        """Make a written file appear, whole, in place of what was there; `abort` then gives back what room is left."""
        half.chmod(0o600)
        sync_file(half)
        half.replace(file)
        sync_folder(file.parent)

    def abort(self, half: Path) -> None:
        """Keep nothing of a file that broke off, nor its room."""
        half.unlink(missing_ok=True)
        half.with_suffix(_ROOM).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what is older than the limit, and what processes left that were ended; returns how many folders."""
        now = self._clock()
        for left in (self._home / "area").glob("*/*/.*"):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < now - LINK_SECONDS:
                    left.unlink()
        oldest = now - self.limits.days * _DAY_SECONDS
        old = [folder for folder in (self._home / "area").glob("*/*") if folder.stat().st_mtime < oldest]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)
        return len(old)

    def _opened(self, path: str, query: Mapping[str, str], right: str) -> Path | None:
        fits = _PATH.fullmatch(path) is not None and self._links.opens(path, query, right, self._clock())
        return self._home / path if fits else None

    def _check_room(self, file: Path) -> None:
        """Files that are still coming count as the room that is kept for them."""
        used = 0
        for found in file.parents[1].glob("*/*"):
            with suppress(FileNotFoundError):
                used += found.stat().st_size if found.suffix != _HALF else 0
        if used > self.limits.owner_mb * 2**20:
            told = f"The upload area holds at most {self.limits.owner_mb} MB; files go after {self.limits.days:g} days."
            raise Refusal(413, "MemoryQuotaViolation", "There is no more room.", [Detail("UploadAreaFull", told)])


def _refuse_connection_string(location: Mapping[str, str | None]) -> None:
    if location.get("ConnectionString"):
        raise LocationRefused("ConnectionStringRefused", "Upload the file here and give the reference you get.")


def safe_name(name: str) -> str:
    """The last part of a file's name in characters that stand in an address as they are."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", re.split(r"[/\\]", name)[-1])[-LONGEST_NAME:].lstrip(".-")
    return plain or "file"


def no_such_file() -> Refusal:
    """One answer for a link that is forged, foreign or ended and for a file that is not there."""
    return not_found("BlobNotFound", "There is no such file, or the link has ended.")

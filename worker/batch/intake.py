"""The drop folders. Looking at them is the truth; nothing else has to work for a dropped file to be found.

    drop/<customer>/inbox/                a workbook for the customer's only endpoint
    drop/<customer>/inbox/<endpoint>/     a workbook for that endpoint
    drop/<customer>/done/  failed/        where it ends

A customer may change what is in these folders at any moment: they are opened one in the other, no link among them is
followed, and what is done to a file is done in the folder that was opened.

A file is claimed by renaming it into its job's folder, so exactly one process gets it. The claim is written down before
the rename: a crash in between loses nothing.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from worker.batch.folders import Claim, JobFolders, new_job_id
from worker.batch.ledger import Ledger
from worker.batch.owner import Owner
from worker.endpoints import CustomerRow, EndpointRow, Registry
from worker.files import private_folder, sync_folder
from worker.folder import Folder, NotPlain
from worker.workbooks import Readiness, readiness

log = structlog.get_logger("sheetscore.intake")

# Lock files and half-finished downloads of Excel, LibreOffice, browsers, macOS and copying tools.
_TEMPORARY = re.compile(r"(?i)(~\$.*|\.~lock\..*#|\..*|.*\.(tmp|part|partial|crdownload|filepart|download))")
LOCK_FRESH_SECONDS = 24 * 3600
UNFINISHED_SECONDS = 60.0
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file was like when it was looked at, and since when it is like that."""

    size: int
    changed: int
    inode: int
    since: float


class Intake:
    """Finds files in the drop folders and enters them in the ledger."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        folders: JobFolders,
        owner: Owner,
        *,
        settle_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._folders = folders
        self._owner = owner
        self._settle = settle_seconds
        self._clock = clock
        self._looks: dict[Path, _Look] = {}
        self._told: set[Path] = set()

    def prepare(self) -> None:
        """Make every customer's folders; readable by this account alone. Who has several endpoints gets a folder for
        each in the inbox.
        """
        endpoints = self._registry.endpoints()
        self._in_each(self._registry.customers(), lambda customer, inbox: _prepare(inbox, _theirs(customer, endpoints)))

    def recover(self) -> int:
        """Enter what was claimed and not entered, because its process or the store was no more; returns how many jobs
        that made. Only for the thread that scans.
        """
        entered = 0
        for claim, arrived in list(self._folders.claims()):
            mine = claim.owner == self._owner.name and claim.door == "folder"  # then we are not at it now
            if not mine and self._owner.is_alive(claim.owner):
                continue
            if self._ledger.get(claim.job_id) is not None:
                self._folders.entered(claim.job_id)
            elif arrived and claim.door == "folder":
                self._enter(claim)
                entered += 1
            else:
                self._folders.remove(claim.job_id)
        return entered

    def scan(self) -> int:
        """Look once at every inbox; returns how many files were claimed, at most so many for each customer that the
        next one does not wait long. What cannot be looked at keeps nothing else waiting; it is told once.
        """
        endpoints = self._registry.endpoints()
        seen: dict[Path, _Look] = {}
        claimed = 0

        def look(customer: CustomerRow, inbox: Folder) -> None:
            nonlocal claimed
            most = claimed + MOST_AT_ONCE
            theirs = _theirs(customer, endpoints)
            _prepare(inbox, theirs)
            for folder, name in self._files(inbox):
                file = folder.path / name
                with self._telling(file):
                    if claimed < most and self._is_ready(folder, name):
                        sub = folder.path.name if folder is not inbox else ""
                        claimed += self._claim(folder, name, customer.id, _choose(theirs, sub), sub)
                if file in self._looks:
                    seen[file] = self._looks[file]

        self._in_each(self._registry.customers(), look)
        self._looks = seen
        return claimed

    def _in_each(self, customers: Sequence[CustomerRow], work: Callable[[CustomerRow, Folder], None]) -> None:
        with Folder.open(private_folder(self._folders.drop)) as drop:
            for customer in customers:
                with self._telling(drop.path / customer.name), drop.own(customer.name) as root:
                    for name in ("done", "failed"):
                        root.own(name).close()
                    with root.own("inbox") as inbox:
                        work(customer, inbox)

    @contextmanager
    def _telling(self, path: Path) -> Iterator[None]:
        """Tell in the log what is wrong at `path`, once until it is well again, and go on."""
        try:
            yield
        except OSError as error:
            if path not in self._told:
                log.warning("cannot be taken in", path=printable(str(path)), error=error.strerror)
            self._told.add(path)
        else:
            self._told.discard(path)

    def _files(self, inbox: Folder) -> Iterator[tuple[Folder, str]]:
        """Files in an inbox and its sub-folders. A folder in a sub-folder belongs to no endpoint, and is told."""
        for entry in _entries(inbox):
            if not entry.is_dir(follow_symlinks=False):
                yield inbox, entry.name
                continue
            with self._telling(inbox.path / entry.name), inbox.inner(entry.name) as inner:
                for file in _entries(inner):
                    with self._telling(inner.path / file.name):
                        if file.is_dir(follow_symlinks=False):
                            raise IsADirectoryError(errno.EISDIR, "a folder too deep to belong to an endpoint")
                        yield inner, file.name

    def _is_ready(self, folder: Folder, name: str) -> bool:
        """Whether a file has stopped changing and is whole, or will never be."""
        file, now = folder.path / name, self._clock()
        try:
            found = folder.lstat(name)
        except FileNotFoundError:
            return False
        if not stat.S_ISREG(found.st_mode):
            return True  # claimed as it is, to be refused with a reason
        look = self._looks.get(file)
        if (
            look is None
            or now < look.since
            or (look.size, look.changed, look.inode) != (found.st_size, found.st_mtime_ns, found.st_ino)
        ):
            self._looks[file] = _Look(found.st_size, found.st_mtime_ns, found.st_ino, now)
            return False
        if now - look.since < self._settle or _is_open(folder, name, now):
            return False
        return now - look.since >= UNFINISHED_SECONDS or _is_whole(folder, name)

    def _claim(self, folder: Folder, name: str, customer_id: str, endpoint: EndpointRow | None, sub: str) -> int:
        claim = Claim(
            new_job_id(),
            customer_id,
            endpoint.id if endpoint else None,
            "folder",
            printable(name),
            self._owner.name,
            folder="" if endpoint else printable(sub),
        )
        try:
            target = self._folders.open_claim(claim)
            folder.take(name, target)
        except OSError as error:
            self._folders.remove(claim.job_id)
            if isinstance(error, FileNotFoundError):  # another process was first
                return 0
            raise
        sync_folder(target.parent)
        folder.sync()
        self._enter(claim)
        return 1

    def _enter(self, claim: Claim) -> None:
        enter(claim, self._ledger, self._folders)
        log.info("file claimed; it will be scored, and again from where it was if we stop", job=claim.job_id)


def _theirs(customer: CustomerRow, endpoints: Sequence[EndpointRow]) -> list[EndpointRow]:
    return [row for row in endpoints if row.customer == customer.name]


def _prepare(inbox: Folder, endpoints: Sequence[EndpointRow]) -> None:
    """Who has several endpoints gets a folder for each."""
    if len(endpoints) > 1:
        for name in folder_names(endpoints):
            inbox.own(name).close()


def _entries(folder: Folder) -> list[os.DirEntry[str]]:
    """What is in a folder, by name, but for what is not to be taken."""
    wanted = [entry for entry in folder.entries() if not _TEMPORARY.fullmatch(entry.name)]
    return sorted(wanted, key=lambda entry: os.fsencode(entry.name))


def _is_whole(folder: Folder, name: str) -> bool:
    try:
        return readiness(folder.file(name), name=name) is not Readiness.UNFINISHED
    except NotPlain:
        return True  # as `_is_ready` has it
    except (FileNotFoundError, PermissionError):
        return False


def enter(claim: Claim, ledger: Ledger, folders: JobFolders) -> None:
    """Make a claim, whose file has arrived, a job. Doing it again is no harm."""
    ledger.add(
        claim.job_id,
        claim.customer_id,
        claim.endpoint_id,
        claim.door,
        claim.file_name,
        claim.where,
        claim.conventions,
        {"folder": claim.folder} if claim.folder else {},
    )
    folders.entered(claim.job_id)


def folder_names(endpoints: Sequence[EndpointRow]) -> list[str]:
    """What a customer calls the inbox folder of each endpoint: its name, with its service's where two have one name."""
    count = Counter(row.name for row in endpoints)
    return [row.name if count[row.name] == 1 else f"{row.service}-{row.name}" for row in endpoints]


def _choose(endpoints: Sequence[EndpointRow], sub: str) -> EndpointRow | None:
    if not sub:
        return endpoints[0] if len(endpoints) == 1 else None
    named = [row for row in endpoints if sub.casefold() in (row.name, f"{row.service}-{row.name}")]
    return named[0] if len(named) == 1 else None


def _is_open(folder: Folder, name: str, now: float) -> bool:
    """Whether Excel or LibreOffice says so with a lock file beside it; an old one was left by a crash."""
    for lock in (f"~${name}", f".~lock.{name}#"):
        try:
            if now - folder.lstat(lock).st_mtime < LOCK_FRESH_SECONDS:
                return True
        except OSError:  # not there, or too long a name to be there
            continue
    return False


def printable(name: str) -> str:
    """The name as text that can be stored and logged: what is not UTF-8 or not printable is escaped."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

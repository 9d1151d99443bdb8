"""Models as the rest of the worker sees them: something that scores columns, found by service and versions."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from filelock import FileLock
from sqlalchemy import Engine, select

from worker.endpoints.rules import Unknown
from worker.endpoints.secrets import Secret
from worker.files import private_folder, write_whole
from worker.scoring import Endpoint, Limits, Transport
from worker.scoring.codecs import CODECS
from worker.scoring.errors import SheetscoreError
from worker.scoring.schema import Columns, Schema
from worker.store import tables

if TYPE_CHECKING:
    from worker.endpoints.onnxmodel import OnnxSession

CALL_SECONDS = Limits().call_seconds
MODELS_KEPT = 64
"""Models kept in memory; the one that was asked for longest ago goes first."""

Pins = tuple[str, int, int]
"""Service name, contract version, model version."""


class ModelDamaged(SheetscoreError):
    """A model file in the home is missing or not what was published."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} is missing or damaged")
        self.file = file


@dataclass(frozen=True, slots=True)
class Remote:
    """A model that another server runs. `token` is what that server wants as Bearer."""

    url: str
    codec: str = "classic"
    token: str = field(default="", repr=False)


class Model(Protocol):
    """Scores columns. Used by several threads at once."""

    @property
    def version(self) -> str:
        """Number of the version it was published with."""

    def score(self, columns: Columns, schema: Schema) -> Columns:
        """Every output of the schema, one value for each row. Raises EndpointError."""


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A model in this process."""

    session: OnnxSession
    version: str
    seconds: float = CALL_SECONDS

    def score(self, columns: Columns, schema: Schema) -> Columns:
        """Raises Rejected, BadAnswer, TimedOut after `seconds`, TooLarge."""
        return self.session.score(columns, schema, self.seconds)


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model behind a remote scoring server."""

    remote: Remote
    version: str
    transport: Transport

    def score(self, columns: Columns, schema: Schema) -> Columns:
        """One call, not tried again. Raises EndpointError."""
        return self.transport(Endpoint(self.remote.url, self.remote.token, schema), columns).columns


def load(data: bytes) -> OnnxSession:
    """An ONNX file made ready to run. Raises what OnnxSession raises.

    The import stands here so that a command that scores nothing does not load the runtime.
    """
    from worker.endpoints.onnxmodel import OnnxSession  # noqa: PLC0415

    return OnnxSession(data)


def transport_for(remote: Remote, limits: Limits) -> Transport:
    """What carries calls to a remote server."""
    from worker.scoring import HttpTransport  # noqa: PLC0415 - brings requests, which a model of this home does not need

    return HttpTransport(codec=CODECS[remote.codec], limits=limits)


def model_name(data: bytes) -> str:
    """What a model file is known by: the SHA-256 of its content."""
    return hashlib.sha256(data).hexdigest()


class ModelFiles:
    """`<home>/models/<sha256>.onnx`: a file's name is its content, so it never changes and is kept once."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "models"
        self._lock = home / ".models.lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While the block runs nobody else adds a file or takes one away."""
        with FileLock(self._lock, mode=0o600):
            yield

    def add(self, data: bytes) -> str:
        """Returns the name: 64 hex digits."""
        name = model_name(data)
        if not self._file(name).exists():
            private_folder(self._folder)
            write_whole(self._file(name), data)
        return name

    def read(self, name: str) -> bytes:
        """Raises ModelDamaged."""
        try:
            data = self._file(name).read_bytes()
        except FileNotFoundError:
            data = b""
        if model_name(data) != name:
            raise ModelDamaged(self._file(name))
        return data

    def size(self, name: str) -> int | None:
        """In bytes; None when the file is missing."""
        file = self._file(name)
        return file.stat().st_size if file.exists() else None

    def keep(self, names: Collection[str]) -> None:
        """Remove every other file."""
        for file in self._folder.glob("*.onnx"):
            if file.stem not in names:
                file.unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.onnx"


class Models:
    """Contracts and models by service and versions, kept in memory. Versions never change: nothing here grows old.

    `limits` bound the time that a model, here or on a remote server, has for one call.
    """

    def __init__(
        self,
        engine: Engine,
        home: Path,
        limits: Limits | None = None,
        *,
        transport_for: Callable[[Remote, Limits], Transport] = transport_for,
    ) -> None:
        self._engine = engine
        self._files = ModelFiles(home)
        self._secret = Secret(home)
        self._limits = limits or Limits()
        self._transport_for = transport_for
        self._lock = threading.Lock()
        self._kept: OrderedDict[Pins, tuple[Schema, Model]] = OrderedDict()
        self._sessions: WeakValueDictionary[str, OnnxSession] = WeakValueDictionary()

    def get(self, service: str, contract_version: int, model_version: int) -> tuple[Schema, Model]:
        """The contract and the model of two versions of a service, loaded if need be.

        Raises Unknown, ModelDamaged, SecretError, and what OnnxSession raises.
        """
        pins = (service, contract_version, model_version)
        with self._lock:
            if pins not in self._kept:
                self._kept[pins] = self._load(pins)
                if len(self._kept) > MODELS_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(pins)
            return self._kept[pins]

    def in_memory(self, service: str, contract_version: int, model_version: int) -> tuple[Schema, Model] | None:
        """As `get`, but never waits for a disk or a database: None when it is not loaded."""
        pins = (service, contract_version, model_version)
        try:
            self._kept.move_to_end(pins)
            return self._kept[pins]
        except KeyError:  # it may also have gone between the two lines
            return None

    @property
    def loaded(self) -> int:
        """How many are in memory."""
        return len(self._kept)

    def _load(self, pins: Pins) -> tuple[Schema, Model]:
        service, contract_version, model_version = pins
        contract, _ = self._version(service, contract_version)
        _, model_id = self._version(service, model_version)
        return Schema.from_dict(json.loads(contract)), self._model(model_id, str(model_version))

    def _version(self, service: str, number: int) -> tuple[str, str]:
        query = (
            select(tables.version.c.contract, tables.version.c.model_id)
            .join(tables.service, tables.service.c.id == tables.version.c.service_id)
            .where(tables.service.c.name == service, tables.version.c.number == number)
        )
        with self._engine.connect() as db:
            found = db.execute(query).one_or_none()
        if found is None:
            raise Unknown("version", f"{number} of {service}")
        return found.contract, found.model_id

    def _model(self, model_id: str, version: str) -> Model:
        with self._engine.connect() as db:
            row = db.execute(select(tables.model).where(tables.model.c.id == model_id)).one()
        if row.kind == "remote":
            remote = Remote(row.url, row.codec, self._secret.decrypt(row.token))
            return RemoteModel(remote, version, self._transport_for(remote, self._limits))
        session = self._sessions.get(model_id) or load(self._files.read(model_id))
        self._sessions[model_id] = session
        return OnnxModel(session, version, self._limits.call_seconds)

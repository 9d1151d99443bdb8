"""The rules of web services, versions, customers, endpoints and keys, and the SQL behind them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import IntegrityError

from worker.endpoints import keys, rules
from worker.endpoints.models import ModelFiles, Remote, transport_for
from worker.endpoints.publishing import try_model
from worker.endpoints.rows import CustomerRow, EndpointRow, NewEndpoint, ServiceRow, VersionRow, endpoint_query
from worker.endpoints.secrets import Secret
from worker.endpoints.trial import Trial, score_apart
from worker.endpoints.updates import Change, Pin, pin, record
from worker.scoring.limits import Limits
from worker.scoring.schema import Schema
from worker.scoring.transport import Transport
from worker.store import tables


class Registry:
    """Everything that may be published and made. Each broken rule raises one RuleError and changes nothing.

    `limits` bound the call that tries a remote model; it never takes more than TRY_SECONDS.
    """

    def __init__(
        self,
        engine: Engine,
        home: Path,
        limits: Limits | None = None,
        *,
        clock: Callable[[], float] = time.time,
        transport_for: Callable[[Remote, Limits], Transport] = transport_for,
        trial: Trial = score_apart,
    ) -> None:
        self._engine = engine
        self._files = ModelFiles(home)
        self._secret = Secret(home)
        self._limits = limits or Limits()
        self._clock = clock
        self._transport_for = transport_for
        self._trial = trial

    def add_service(self, name: str, contract: Schema, model: bytes | Remote, description: str = "") -> NewEndpoint:
        """Publish version 1 of a new service and make its `default` endpoint. Raises RuleError, AddressError."""
        rules.check_name("service", name)
        rules.check_description(description)
        row, scores = self._tried(contract, model)
        service_id = _new_id()
        with self._engine.begin() as db:
            now = self._clock()
            values = {"id": service_id, "name": name, "description": description, "created_at": now}
            try:
                db.execute(tables.service.insert().values(values))
            except IntegrityError:
                raise rules.NameTaken("service", name) from None
            self._add_version(db, service_id, 1, contract, row, scores)
            made, primary, secondary = self._add_endpoint(
                db, {"service_id": service_id, "name": rules.DEFAULT, "contract_version": 1, "model_version": 1}
            )
            return NewEndpoint(self._endpoint(db, made), primary, secondary)

    def publish(self, service: str, contract: Schema, model: bytes | Remote, who: str = "") -> int:
        """Publish the next version of a service; its `default` endpoint follows, no other does. Returns the number.

        `who` goes into the record of changes. Raises RuleError, AddressError.
        """
        service_id = self.service(service).id
        row, scores = self._tried(contract, model)
        with self._engine.begin() as db:
            db.execute(select(tables.service.c.id).where(tables.service.c.id == service_id).with_for_update())
            newest = select(func.max(tables.version.c.number)).where(tables.version.c.service_id == service_id)
            number = int(db.execute(newest).scalar_one()) + 1
            self._add_version(db, service_id, number, contract, row, scores)
            default = self._endpoint(db, f"{service}/{rules.DEFAULT}")
            now, after = self._clock(), Pin(number, number)
            values = {"contract_version": number, "model_version": number, "changed_at": now}
            db.execute(tables.endpoint.update().where(tables.endpoint.c.id == default.id).values(values))
            record(db, Change(default.id, f"{service}/{rules.DEFAULT}", now, who, "publish", pin(default), after))
        return number

    def services(self) -> list[ServiceRow]:
        """Every service, by name."""
        newest = func.max(tables.version.c.number).label("newest")
        query = select(tables.service, newest).join(tables.version).group_by(*tables.service.c).order_by("name")
        with self._engine.connect() as db:
            return [ServiceRow(r.id, r.name, r.description, r.newest, r.created_at) for r in db.execute(query)]

    def service(self, name: str) -> ServiceRow:
        """Raises Unknown."""
        found = self.services()
        for row in found:
            if row.name == name:
                return row
        raise rules.Unknown("service", name, [row.name for row in found])

    def versions(self, service: str) -> list[VersionRow]:
        """The versions of a service, oldest first. Raises Unknown."""
        query = (
            select(tables.version, tables.model.c.kind)
            .join(tables.model)
            .where(tables.version.c.service_id == self.service(service).id)
            .order_by(tables.version.c.number)
        )
        with self._engine.connect() as db:
            rows = db.execute(query).all()
        return [
            VersionRow(
                r.number,
                Schema.from_dict(json.loads(r.contract)),
                r.kind,
                r.model_id,
                r.created_at,
                json.loads(r.sample_scores or "null"),
            )
            for r in rows
        ]

    def published(self, service: str) -> dict[int, float]:
        """When each version of a service was published. Raises Unknown."""
        v = tables.version.c
        query = select(v.number, v.created_at).where(v.service_id == self.service(service).id)
        with self._engine.connect() as db:
            return {row.number: row.created_at for row in db.execute(query)}

    def add_customer(self, name: str) -> CustomerRow:
        """Raises NameInvalid, NameTaken."""
        rules.check_name("customer", name)
        row = CustomerRow(_new_id(), name, self._clock())
        with self._engine.begin() as db:
            try:
                db.execute(tables.customer.insert().values(id=row.id, name=name, created_at=row.created_at))
            except IntegrityError:
                raise rules.NameTaken("customer", name) from None
        return row

    def customers(self) -> list[CustomerRow]:
        """Every customer, by name."""
        with self._engine.connect() as db:
            rows = db.execute(select(tables.customer).order_by(tables.customer.c.name)).all()
        return [CustomerRow(*row) for row in rows]

    def add_endpoint(
        self,
        service: str,
        name: str,
        customer: str,
        version: int | None = None,
        *,
        description: str = "",
        throttle_level: str = "High",
        max_concurrent_calls: int | None = None,
        call_limit: int = 4,
        logging_level: str = "None",
        sample_data: bool = True,
        prevent_update: bool = False,
        expires_at: float | None = None,
        logging_until: float | None = None,
    ) -> NewEndpoint:
        """Make an endpoint for a customer, pinned to a version (the newest when None). Raises RuleError."""
        rules.check_name("endpoint", name)
        settings = {
            "description": description,
            "throttle_level": throttle_level,
            "max_concurrent_calls": max_concurrent_calls,
            "call_limit": call_limit,
            "logging_level": logging_level,
            "sample_data": sample_data,
            "prevent_update": prevent_update,
            "expires_at": expires_at,
            "logging_until": logging_until,
        }
        row = self.service(service)
        number = row.newest if version is None else version
        if not 1 <= number <= row.newest:
            raise rules.Unknown("version", f"{number} of {service}", [str(n + 1) for n in range(row.newest)])
        values = {
            "service_id": row.id,
            "customer_id": self._customer_id(customer),
            "name": name,
            "contract_version": number,
            "model_version": number,
            **rules.checked_settings(settings, throttle_level, rules.CALLS_HIGH, self._clock),
        }
        with self._engine.begin() as db:
            try:
                made, primary, secondary = self._add_endpoint(db, values)
            except IntegrityError:
                raise rules.NameTaken("endpoint", f"{service}/{name}") from None
            return NewEndpoint(self._endpoint(db, made), primary, secondary)

    def endpoints(self, service: str | None = None, customer: str | None = None) -> list[EndpointRow]:
        """Endpoints by service and name; all of them, or those of a service, a customer, or both."""
        query = endpoint_query().order_by(tables.service.c.name, tables.endpoint.c.name)
        if service is not None:
            query = query.where(tables.service.c.name == service)
        if customer is not None:
            query = query.where(tables.customer.c.name == customer)
        with self._engine.connect() as db:
            return [EndpointRow(*row) for row in db.execute(query)]

    def endpoint(self, ref: str) -> EndpointRow:
        """An endpoint by `service/name` or by id. Raises Unknown."""
        with self._engine.connect() as db:
            return self._endpoint(db, ref)

    def rotate_key(self, endpoint: str, slot: str) -> str:
        """Put a new key in a slot of an endpoint (`service/name` or id); the old one ends within a second. Shown once.

        Raises Unknown, ChoiceInvalid.
        """
        rules.check_choice("slot", slot, rules.SLOTS)
        with self._engine.begin() as db:
            return self._put_key(db, self._endpoint(db, endpoint).id, slot)

    def change_endpoint(self, endpoint: str, **settings: object) -> EndpointRow:
        """Change settings of an endpoint (`service/name` or id): any of description, throttle_level,
        max_concurrent_calls, call_limit, logging_level, sample_data, prevent_update, expires_at, logging_until. Others
        stay.

        Raises RuleError and changes nothing when one of them breaks a rule.
        """
        with self._engine.begin() as db:
            row = self._endpoint(db, endpoint)
            values = rules.checked_settings(settings, row.throttle_level, row.max_concurrent_calls, self._clock)
            update = tables.endpoint.update().where(tables.endpoint.c.id == row.id)
            db.execute(update.values(**values, changed_at=self._clock()))
            return self._endpoint(db, row.id)

    def remove_endpoint(self, endpoint: str) -> EndpointRow:
        """Remove an endpoint and its keys; its jobs keep their record. Returns what was removed.

        Raises Unknown; DefaultNeeded for `default` while the service has others; JobsRunning.
        """
        with self._engine.begin() as db:
            row = self._endpoint(db, endpoint)
            e = tables.endpoint.c
            if row.name == rules.DEFAULT:
                siblings = select(func.count()).select_from(tables.endpoint).join(tables.service)
                others = db.execute(siblings.where(tables.service.c.name == row.service)).scalar_one() - 1
                if others:
                    raise rules.DefaultNeeded(row.service, others)
            of_endpoint = tables.job.c.endpoint_id == row.id
            running = select(func.count()).select_from(tables.job).where(of_endpoint, tables.job.c.ended_at.is_(None))
            if jobs := db.execute(running).scalar_one():
                raise rules.JobsRunning(f"{row.service}/{row.name}", jobs)
            db.execute(tables.job.update().where(of_endpoint).values(endpoint_id=None))
            db.execute(tables.key.delete().where(tables.key.c.endpoint_id == row.id))
            db.execute(tables.endpoint.delete().where(e.id == row.id))
        return row

    def _tried(self, contract: Schema, model: bytes | Remote) -> tuple[dict[str, object], str]:
        """The row of a model that passed every check, its file in place; and its scores of the sample rows."""
        tried = try_model(contract, model, self._limits, self._transport_for, self._trial)
        if isinstance(model, Remote):
            token = self._secret.encrypt(model.token)
            row: dict[str, object] = {"kind": "remote", "url": model.url, "codec": model.codec, "token": token}
            # unlike a file, a server has no content to be named by
            return {"id": uuid.uuid4().hex * 2, **row}, json.dumps(tried)
        return {"id": self._files.add(model), "kind": "onnx"}, json.dumps(tried)

    def _add_version(
        self, db: Connection, service_id: str, number: int, contract: Schema, model: dict[str, object], scores: str
    ) -> None:
        now = self._clock()
        with suppress(IntegrityError), db.begin_nested():  # the same file may have been published before
            db.execute(tables.model.insert().values(**model, created_at=now))
        db.execute(
            tables.version.insert().values(
                service_id=service_id,
                number=number,
                contract=json.dumps(contract.to_dict()),
                model_id=model["id"],
                sample_scores=scores,
                created_at=now,
            )
        )

    def _add_endpoint(self, db: Connection, values: dict[str, object]) -> tuple[str, str, str]:
        endpoint_id, now = _new_id(), self._clock()
        db.execute(tables.endpoint.insert().values(id=endpoint_id, created_at=now, changed_at=now, **values))
        primary, secondary = (self._put_key(db, endpoint_id, slot) for slot in rules.SLOTS)
        return endpoint_id, primary, secondary

    def _put_key(self, db: Connection, endpoint_id: str, slot: str) -> str:
        key = keys.new_key()
        db.execute(tables.key.delete().where(tables.key.c.endpoint_id == endpoint_id, tables.key.c.slot == slot))
        db.execute(
            tables.key.insert().values(
                id=_new_id(),
                endpoint_id=endpoint_id,
                slot=slot,
                sha256=keys.digest(key),
                hint=keys.hint(key),
                created_at=self._clock(),
            )
        )
        return key

    def _customer_id(self, name: str) -> str:
        found = self.customers()
        for row in found:
            if row.name == name:
                return row.id
        raise rules.Unknown("customer", name, [row.name for row in found])

    def _endpoint(self, db: Connection, ref: str) -> EndpointRow:
        service, _, name = ref.partition("/")
        one = tables.endpoint.c.id == ref
        if name:
            one = (tables.service.c.name == service) & (tables.endpoint.c.name == name)
        row = db.execute(endpoint_query().where(one)).one_or_none()
        if row is None:
            known = [f"{row.service}/{row.name}" for row in self.endpoints()]
            raise rules.Unknown("endpoint", ref, known)
        return EndpointRow(*row)


def _new_id() -> str:
    return uuid.uuid4().hex

"""The rules of web services, versions, customers, endpoints and keys, and the SQL behind them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import IntegrityError

from worker.endpoints import customers, keys, offer, rules
from worker.endpoints.conventions import conventions_of
from worker.endpoints.models import Remote, model_name, transport_for
from worker.endpoints.rows import (
    CustomerRow,
    EndpointRow,
    ModelRow,
    NewEndpoint,
    ServiceRow,
    VersionRow,
    endpoint_query,
)
from worker.endpoints.trial import Trial, score_apart
from worker.endpoints.updates import Change, Pin, check_movable, move, pin, record
from worker.endpoints.versions import Versions
from worker.scoring.limits import Limits
from worker.scoring.readings import Conventions
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
        self._versions = Versions(home, limits or Limits(), clock, transport_for, trial)
        self._clock = clock

    def add_service(self, name: str, contract: Schema, model: bytes | Remote, description: str = "") -> NewEndpoint:
        """Publish the first version of a new service and make its `default` endpoint. A name that was used before goes
        on counting. Raises RuleError, AddressError.
        """
        rules.check_name("service", name)
        rules.check_description(description)
        tried, service_id = self._versions.tried(contract, model), _new_id()
        with self._versions.storing(self._engine, tried) as (db, stored):
            values = {"id": service_id, "name": name, "description": description, "created_at": self._clock()}
            try:
                db.execute(tables.service.insert().values(values))
            except IntegrityError:
                raise rules.NameTaken("service", name) from None
            number = self._versions.add(db, service_id, name, stored)
            pinned = {"contract_version": number, "model_version": number}
            made, primary, secondary = self._add_endpoint(
                db, {"service_id": service_id, "name": rules.DEFAULT, **pinned}
            )
            return NewEndpoint(self._endpoint(db, made), primary, secondary)

    def publish(self, service: str, contract: Schema, model: bytes | Remote, who: str = "") -> int:
        """Publish the next version of a service; its `default` endpoint follows, no other does. Returns the number.

        `who` goes into the record of changes. Raises RuleError, AddressError.
        """
        service_id = self.service(service).id
        tried = self._versions.tried(contract, model)
        with self._versions.storing(self._engine, tried) as (db, stored):
            number = self._versions.add(db, service_id, service, stored)
            now, after = self._clock(), Pin(number, number)
            values = {"contract_version": number, "model_version": number, "changed_at": now}
            if default := self._default(db, service):
                db.execute(tables.endpoint.update().where(tables.endpoint.c.id == default.id).values(values))
                record(db, Change(default.id, f"{service}/{rules.DEFAULT}", now, who, "publish", pin(default), after))
        return number

    def send_model(self, endpoint: EndpointRow, model: bytes, who: str) -> Change | None:
        """Give one endpoint a model of its own: a version that it pins at once and that no other endpoint can take.
        The contract stays. None when it is the model that the endpoint has (304).

        Raises DefaultFollows, UpdatePrevented, ChangedMeanwhile, and what a model is refused for.
        """
        check_movable(endpoint, "model")
        versions = {row.number: row for row in self.versions(endpoint.service)}
        if versions[endpoint.model_version].model_id == model_name(model):
            return None
        tried = self._versions.tried(versions[endpoint.contract_version].contract, model)
        service, before = self.service(endpoint.service), pin(endpoint)
        with self._versions.storing(self._engine, tried) as (db, stored):
            number = self._versions.add(db, service.id, service.name, stored, endpoint.id)
            name, after = f"{service.name}/{endpoint.name}", Pin(before.contract, number)
            return move(db, Change(endpoint.id, name, self._clock(), who, "model", before, after))

    def describe_service(self, service: str, description: str) -> ServiceRow:
        """Change the description of a service. Raises DescriptionTooLong, Unknown."""
        rules.check_description(description)
        row = self.service(service)
        with self._engine.begin() as db:
            db.execute(tables.service.update().where(tables.service.c.id == row.id).values(description=description))
        return replace(row, description=description)

    def remove_service(self, service: str, who: str = "") -> None:
        """Remove a service with its versions, its `default` endpoint, and the model files that nothing else uses.

        Raises Unknown, ServiceInUse while customers have endpoints of it, JobsRunning.
        """
        row = self.service(service)
        with self._engine.begin() as db:
            if others := self._others(db, service):
                raise rules.ServiceInUse(service, others)
            if default := self._default(db, service):
                self._drop(db, default)
            ended, last = default.id if default else row.id, Pin(row.newest, row.newest)
            record(db, Change(ended, f"{service}/{rules.DEFAULT}", self._clock(), who, "remove", last, last))
            db.execute(tables.version.delete().where(tables.version.c.service_id == row.id))
            db.execute(tables.service.delete().where(tables.service.c.id == row.id))
        self._versions.sweep(self._engine)

    def services(self) -> list[ServiceRow]:
        """Every service, by name."""
        return self._services(None)

    def service(self, name: str) -> ServiceRow:
        """Raises Unknown."""
        for row in self._services(name):
            return row
        raise rules.Unknown("service", name, [row.name for row in self.services()])

    def _services(self, name: str | None) -> list[ServiceRow]:
        s, v, e = tables.service.c, tables.version.c, tables.endpoint.c
        newest = select(func.max(v.number)).where(v.service_id == s.id, v.only_for.is_(None)).scalar_subquery()
        count = select(func.count()).where(e.service_id == s.id).scalar_subquery()
        query = select(s.id, s.name, s.description, newest, count, s.created_at).order_by(s.name)
        if name is not None:
            query = query.where(s.name == name)
        with self._engine.connect() as db:
            return [ServiceRow(*row) for row in db.execute(query)]

    def versions(self, service: str) -> list[VersionRow]:
        """The versions of a service, oldest first, with models sent to single endpoints. Raises Unknown."""
        return offer.versions(self._engine, self.service(service).id)

    def models(self) -> list[ModelRow]:
        """Every model with the versions that use it, oldest first."""
        return self._versions.models(self._engine)

    def model(self, model_id: str) -> ModelRow:
        """A model by its id or the beginning of it. Raises Unknown."""
        found = [row for row in self.models() if row.id.startswith(model_id)]
        if len(found) != 1 or not model_id:
            raise rules.Unknown("model", model_id, [row.id[:12] for row in found])
        return found[0]

    def published(self, service: str) -> dict[int, float]:
        """When each version of a service was published, or sent to its endpoint. Raises Unknown."""
        return offer.published(self._engine, self.service(service).id)

    def on_offer(self) -> dict[str, list[int]]:
        """The numbers of each service's published versions, oldest first: those that any endpoint may pin."""
        return offer.on_offer(self._engine)

    def add_customer(self, name: str, language: str | None = None) -> CustomerRow:
        """Raises NameInvalid, LanguageInvalid, NameTaken."""
        rules.check_name("customer", name)
        rules.check_language(language)
        with self._engine.begin() as db:
            try:
                return customers.insert(db, name, language, self._clock())
            except IntegrityError:
                raise rules.NameTaken("customer", name) from None

    def set_language(self, customer: str, language: str) -> None:
        """Say which language a customer's templates are in. Raises LanguageInvalid, Unknown."""
        rules.check_language(language)
        with self._engine.begin() as db:
            one = tables.customer.c.id == customers.id_of(db, customer)
            db.execute(tables.customer.update().where(one).values(language=language))

    def customer(self, name: str) -> CustomerRow:
        """One customer. Raises Unknown."""
        known = self.customers()
        found = next((row for row in known if row.name == name), None)
        if found is None:
            raise rules.Unknown("customer", name, [row.name for row in known])
        return found

    def conventions(self, customer: str) -> Conventions:
        """How a customer writes. Raises Unknown."""
        return conventions_of(self._engine, customer)

    def customers(self) -> list[CustomerRow]:
        """Every customer, by name."""
        with self._engine.connect() as db:
            return customers.every(db)

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
        new_customer: bool = False,
    ) -> NewEndpoint:
        """Make an endpoint for a customer, pinned to a version (the newest when None). With `new_customer` a customer
        that is not there is made with it. Raises RuleError.
        """
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
        if row.endpoints >= rules.ENDPOINTS_MOST:
            raise rules.TooMany("endpoints of the service", rules.ENDPOINTS_MOST)
        number = row.newest if version is None else version
        if not offer.is_on_offer(self._engine, row.id, number):
            raise rules.Unknown("version", f"{number} of {service}", [str(n) for n in self.on_offer()[service]])
        values = {
            "service_id": row.id,
            "name": name,
            "contract_version": number,
            "model_version": number,
            **rules.checked_settings(settings, throttle_level, rules.CALLS_HIGH, self._clock),
        }
        if new_customer:
            rules.check_name("customer", customer)
        with self._engine.begin() as db:
            if new_customer:
                with suppress(IntegrityError), db.begin_nested():  # there may be one
                    customers.insert(db, customer, None, self._clock())
            values["customer_id"] = customers.id_of(db, customer)
            try:
                made, primary, secondary = self._add_endpoint(db, values)
            except IntegrityError:
                raise rules.NameTaken("endpoint", f"{service}/{name}") from None
            return NewEndpoint(self._endpoint(db, made), primary, secondary)

    def endpoints(
        self,
        service: str | None = None,
        customer: str | None = None,
        *,
        customer_id: str | None = None,
        after: str = "",
        limit: int | None = None,
    ) -> list[EndpointRow]:
        """Endpoints by service and name; all of them, or those of a service, a customer (by name or id), or both.

        `limit` and `after` make pages of one service's: at most so many, from the name behind `after` on.
        """
        query = endpoint_query()
        if service is None:
            query = query.order_by(tables.service.c.name)
        else:
            query = query.where(tables.service.c.name == service)
        if customer is not None:
            query = query.where(tables.customer.c.name == customer)
        if customer_id is not None:
            query = query.where(tables.endpoint.c.customer_id == customer_id)
        if after:
            query = query.where(tables.endpoint.c.name > after)
        query = query.order_by(tables.endpoint.c.name).limit(limit)
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
            return keys.put(db, self._endpoint(db, endpoint).id, slot, self._clock())

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
        """Remove an endpoint with its keys and the models sent to it alone; its jobs keep their record.

        Returns what was removed. Raises Unknown; DefaultNeeded for `default` while the service has others; JobsRunning.
        """
        with self._engine.begin() as db:
            row = self._endpoint(db, endpoint)
            if row.name == rules.DEFAULT and (others := self._others(db, row.service)):
                raise rules.DefaultNeeded(row.service, others)
            self._drop(db, row)
        self._versions.sweep(self._engine)
        return row

    def _default(self, db: Connection, service: str) -> EndpointRow | None:
        one = (tables.service.c.name == service) & (tables.endpoint.c.name == rules.DEFAULT)
        row = db.execute(endpoint_query().where(one)).one_or_none()
        return EndpointRow(*row) if row else None

    def _others(self, db: Connection, service: str) -> int:
        query = select(func.count()).select_from(tables.endpoint).join(tables.service)
        query = query.where(tables.service.c.name == service, tables.endpoint.c.name != rules.DEFAULT)
        return int(db.execute(query).scalar_one())

    def _drop(self, db: Connection, row: EndpointRow) -> None:
        of_endpoint = tables.job.c.endpoint_id == row.id
        running = select(func.count()).select_from(tables.job).where(of_endpoint, tables.job.c.ended_at.is_(None))
        if jobs := db.execute(running).scalar_one():
            raise rules.JobsRunning(f"{row.service}/{row.name}", jobs)
        db.execute(tables.job.update().where(of_endpoint).values(endpoint_id=None))
        for held in (tables.key, tables.revoked_key, tables.code):
            db.execute(held.delete().where(held.c.endpoint_id == row.id))
        db.execute(tables.version.delete().where(tables.version.c.only_for == row.id))
        db.execute(tables.endpoint.delete().where(tables.endpoint.c.id == row.id))

    def _add_endpoint(self, db: Connection, values: dict[str, object]) -> tuple[str, str, str]:
        endpoint_id, now = _new_id(), self._clock()
        db.execute(tables.endpoint.insert().values(id=endpoint_id, created_at=now, changed_at=now, **values))
        primary, secondary = (keys.put(db, endpoint_id, slot, now) for slot in rules.SLOTS)
        return endpoint_id, primary, secondary

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

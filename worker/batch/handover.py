"""What a provider hands over to one customer: template, instructions, upload address, and a connection file."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace

from worker.batch.publish import safe_name
from worker.batch.templates import Templates
from worker.endpoints import Access, EndpointRow, Registry
from worker.scoring import Schema


@dataclass(frozen=True, slots=True)
class Parcel:
    """A zip and its name."""

    file_name: str
    data: bytes


class Handover:
    """Makes parcels. `base` is the host's address, `clock` seconds since 1970."""

    def __init__(
        self, registry: Registry, access: Access, templates: Templates, base: str, clock: Callable[[], float]
    ) -> None:
        self._registry = registry
        self._access = access
        self._templates = templates
        self._base = base
        self._clock = clock
        self._schemas: dict[tuple[str, int], dict[str, object]] = {}

    def parcel(self, endpoint: EndpointRow, template: str | None = None) -> Parcel:
        """A parcel for an endpoint's customer, with a new code that works once. Raises RuleError, DefinitionError; then
        no code was made.
        """
        from workbook_templates.instructions import Handed, instructions  # noqa: PLC0415 - as where templates are built

        definition = self._templates.definition(endpoint, template)
        built = self._templates.build(endpoint, definition.name)
        code, until = self._access.add_code(endpoint)
        location = f"{self._base}/workspaces/default/services/{endpoint.id}"
        connection = f"{safe_name(f'{endpoint.service}-{endpoint.name}')}.sheetscore.json"
        last = dt.datetime.fromtimestamp(until, dt.UTC)
        handed = Handed(built.file_name, connection, f"{location}/workbooks", last.date())
        told = {
            "address": location,
            "endpoint": f"{endpoint.service}/{endpoint.name}",
            "schema": self._schema(endpoint),
            "code": code,
            "validUntil": last.isoformat(timespec="seconds"),
        }
        files = {
            built.file_name: built.data,
            f"{safe_name(definition.words['start'])}.html": instructions(definition, handed).encode(),
            "upload-address.txt": f"{handed.address}\n".encode(),
            connection: json.dumps(told, indent=2).encode(),
        }
        name = safe_name(f"{endpoint.customer or endpoint.name}-{endpoint.service}-{endpoint.name}")
        return Parcel(f"{name}.zip", self._zipped(files))

    def _schema(self, endpoint: EndpointRow) -> dict[str, object]:
        """The contract as its customer may see it: without sample rows, and without what concerns only the model."""
        pinned = endpoint.service, endpoint.contract_version
        if pinned not in self._schemas:
            versions = self._registry.versions(endpoint.service)
            contract = next(row.contract for row in versions if row.number == endpoint.contract_version)
            outputs = tuple(replace(output, source="", index=None) for output in contract.outputs)
            self._schemas[pinned] = Schema(contract.inputs, outputs).to_dict()
        return self._schemas[pinned]

    def _zipped(self, files: dict[str, bytes]) -> bytes:
        made = io.BytesIO()
        moment = dt.datetime.fromtimestamp(self._clock(), dt.UTC).timetuple()[:6]
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in files.items():
                package.writestr(zipfile.ZipInfo(name, moment), data, zipfile.ZIP_DEFLATED)
        return made.getvalue()

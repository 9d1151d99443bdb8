"""Templates over HTTP: the workbook of an endpoint for whoever may use it, the list of templates for an operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbook_templates import DefinitionError
from worker.batch.templates import Template, Templates
from worker.endpoints import EndpointRow, RuleError, Snapshots
from worker.host.access import authorised, bearer_key, operator
from worker.host.refusals import Detail, Refusal, not_found
from worker.host.workbooks import SHEET_TYPES


class TemplatesDoor:
    """The handlers. `templates` gives the home's templates as they are now."""

    def __init__(self, snapshots: Snapshots, templates: Callable[[], Templates]) -> None:
        self._snapshots = snapshots
        self._templates = templates
        self._one = CapacityLimiter(1)  # building takes the interpreter away from those who score

    def routes(self, location: str) -> list[Route]:
        """The two addresses."""
        return [
            Route(f"{location}/template", self.template, methods=["GET"]),
            Route("/workspaces/{ws}/templates", self.listed, methods=["GET"]),
        ]

    async def template(self, request: Request) -> Response:
        """The endpoint's template as a workbook, made now."""
        endpoint, name = self._opened(request), request.query_params.get("name") or None
        built = await to_thread.run_sync(self._built, endpoint, name, limiter=self._one)
        return Response(
            built.data,
            headers={
                "Content-Disposition": f'attachment; filename="{built.file_name}"',
                "Cache-Control": "private, no-store",
            },
            media_type=SHEET_TYPES[".xlsx"],
        )

    async def listed(self, request: Request) -> Response:
        """The templates that there are, and what is wrong with those that cannot be used."""
        operator(request, self._snapshots)
        return JSONResponse(await to_thread.run_sync(self._list, limiter=self._one))

    def _list(self) -> list[dict[str, Any]]:
        templates = self._templates()
        return [self._object(templates, name) for name in templates.shelf.names()]

    def _object(self, templates: Templates, name: str) -> dict[str, Any]:
        try:
            read = templates.shelf.read(name)
        except DefinitionError as error:
            return {"Name": name, "Faults": [str(fault) for fault in error.faults]}
        return {
            "Name": name,
            "Title": read.title,
            "For": read.service or read.endpoint,
            "Version": read.version,
            "Languages": list(read.languages),
            "Faults": [str(fault) for fault in templates.check(name)],
        }

    def _built(self, endpoint: EndpointRow, name: str | None) -> Template:
        missing = not_found("TemplateNotFound", "There is no such template for this endpoint.")
        templates = self._templates()
        if name is not None and name not in templates.names(endpoint):
            raise missing
        try:
            return templates.build(endpoint, name)
        except RuleError:
            raise missing from None
        except DefinitionError:  # the operator's list says what is wrong with it
            message = "The endpoint's template does not fit it at present. Ask your provider."
            raise Refusal(409, "Conflict", "The template cannot be made.", [Detail("TemplateUnfit", message)]) from None

    def _opened(self, request: Request) -> EndpointRow:
        snapshot = self._snapshots.current()
        bearer = snapshot.bearer(bearer_key(request))
        if bearer is None:
            return authorised(request, self._snapshots)
        found = snapshot.endpoints.get(request.path_params["endpoint_id"])
        if found is None or not (bearer.is_operator or bearer.customer_id == found.customer_id):
            raise not_found("EndpointNotFound", "There is no such endpoint.")
        return found

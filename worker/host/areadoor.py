"""The addresses of the upload area: who gets a reference, and what its link does."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from worker.endpoints import Snapshots
from worker.host.access import authorised, operator
from worker.host.addresses import base_url
from worker.host.area import OPERATORS, Area
from worker.host.refusals import Detail, bad_argument
from worker.host.streaming import SILENCE_SECONDS, check_told_size, stream_to

_PATH = "/area/{owner}/{folder}/{name}"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class AreaDoor:
    """The handlers. There is no list: who has no link sees nothing."""

    def __init__(self, snapshots: Snapshots, area: Area, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._snapshots = snapshots
        self._area = area
        self._silence_seconds = silence_seconds

    def routes(self, location: str) -> list[Route]:
        """Routes of the area, and those that give references, for an endpoint's location and for operators."""
        return [
            Route(f"{location}/uploads", self.offer, methods=["POST"]),
            Route("/workspaces/{ws}/uploads", self.offer_operator, methods=["POST"]),
            Route(_PATH, self.read, methods=["GET"]),
            Route(_PATH, self.write, methods=["PUT"]),
        ]

    async def offer(self, request: Request) -> Response:
        """A reference for an endpoint's key."""
        return self._offered(request, authorised(request, self._snapshots).id)

    async def offer_operator(self, request: Request) -> Response:
        """A reference for an operator's token."""
        operator(request, self._snapshots)
        return self._offered(request, OPERATORS)

    def _offered(self, request: Request, owner: str) -> Response:
        name = request.query_params.get("name", "")
        if not name:
            raise bad_argument(Detail("InvalidQueryParameter", "name must be the file's name, as rows.csv."))
        return JSONResponse(self._area.offer(base_url(request), owner, name), 201, _HEADERS)

    async def read(self, request: Request) -> Response:
        """The file of a link."""
        file = self._area.readable(_path(request), request.query_params)
        return FileResponse(file, media_type="application/octet-stream", filename=file.name, headers=_HEADERS)

    async def write(self, request: Request) -> Response:
        """Take the file of a link; nobody sees it before it is whole."""
        file = self._area.writable(_path(request), request.query_params)
        most = self._area.limits.file_mb * 2**20
        size = check_told_size(request, most)
        half = await to_thread.run_sync(self._area.begin, file, size)
        try:
            await stream_to(request, half, most, self._silence_seconds)
            await to_thread.run_sync(self._area.commit, half, file)
        finally:
            await to_thread.run_sync(self._area.abort, half)
        return Response(status_code=201)


def _path(request: Request) -> str:
    return "area/{owner}/{folder}/{name}".format(**request.path_params)

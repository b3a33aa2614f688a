"""The answers to what no route serves: where its other form is declared, which methods its path has, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.exceptions import ConfigurationError, MethodNotAllowed, NotFound
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.http.urls import quote_path, quote_query
from nexios.root_path import below_root
from nexios.routing.route import ServedRoute

if TYPE_CHECKING:
    from nexios.application import NexiosApp

UNSERVED = "nothing is served at this path"


class Unserved:
    """Answers the requests that an application has looked up in vain."""

    def __init__(self, app: NexiosApp) -> None:
        self._app = app
        self._sites = app.sites
        self._assembly = app.assembly
        self._boundary = app.assembly.boundary((app,))

    async def answer(self, request: Request, response: Response) -> Response:
        """Nothing serves this method and path: say what would."""
        path = below_root(request.scope)
        if path == "*" and request.method == "OPTIONS":  # asks the server, about no resource (RFC 9110 section 9.3.7)
            return response.status(204)
        if self._sites.leads_nowhere(path):
            return await self._boundary.recover(request, NotFound(UNSERVED))
        methods, nearest = self._sites.allowed(self._host(request), path)
        if nearest is not None:
            return await self._other_methods(request, response, methods, nearest)
        other = path[:-1] if path.endswith("/") else path + "/"
        if self._app.trailing_slash == "redirect" and self._is_declared(request, other):
            # In front of it, what the path had in front of what was looked up: the root path, or nothing.
            front = request.path[: len(request.path) - len(path)] if request.path != path else ""
            return response.redirect(_relative(request, front + other), 308)
        return await self._boundary.recover(request, NotFound(UNSERVED))

    async def _other_methods(
        self, request: Request, response: Response, methods: set[str], nearest: ServedRoute
    ) -> Response:
        """Tell the methods of the path, behind the layers that guard *nearest* from the one that was asked, too."""
        allowed = {*methods, "OPTIONS"}

        async def tell(request: Request, response: Response) -> Response:
            if request.method == "OPTIONS":
                return response.status(204).set_header("allow", ", ".join(sorted(allowed)))
            return await self._boundary.recover(request, MethodNotAllowed(allowed))

        try:
            surrounded = self._assembly.surround_miss(nearest, tell)
        except ConfigurationError as error:  # the route itself could not be served either
            return await self._boundary.recover(request, error)
        answered: Response = await surrounded(request, response)
        return answered

    def _is_declared(self, request: Request, path: str) -> bool:
        # Two slashes, or a backslash, would make the redirect leave this site (class "open redirect").
        if len(path) < 2 or "//" in path or "\\" in path:
            return False
        return bool(self._sites.allowed(self._host(request), path)[0])

    def _host(self, request: Request) -> str:
        return self._app.host_of(request) if self._sites.has_hosts else ""


def _relative(request: Request, path: str) -> str:
    query = quote_query(request.scope.get("query_string", b""))
    return quote_path(path) + (f"?{query}" if query else "")

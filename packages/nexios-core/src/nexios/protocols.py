"""Connections that are no HTTP requests: to the plugin of their protocol, to what is mounted, or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from nexios.binding import compile_endpoint, plan
from nexios.exceptions import HTTPException, MissingPluginError, NexiosError, NotFound
from nexios.http.connection import Connection
from nexios.http.response import Response
from nexios.http.writer import messages
from nexios.middleware.asgi import ASGIBridge
from nexios.middleware.layers import layer_name, surrounds
from nexios.packages import package_for
from nexios.pipeline import Endpoint, fold
from nexios.problems import problem
from nexios.root_path import below_mount
from nexios.routing.route import ServedMount, ServedRoute
from nexios.types import ASGIApp, RawHeaders, Receive, Scope, Send
from nexios.unserved import UNSERVED

if TYPE_CHECKING:
    from nexios.application import NexiosApp

HeaderReader: TypeAlias = Callable[[RawHeaders], dict[bytes, bytes]]


class Protocols:
    """Serves every protocol but HTTP: its own layers, the same routes and guards."""

    def __init__(self, app: NexiosApp, read_header: HeaderReader) -> None:
        self._app = app
        self._read_header = read_header
        self._boundary = app.assembly.boundary((app,))
        self._pipelines: dict[str, Endpoint] = {}

    def fold(self, layers: Sequence[Any]) -> ASGIApp:
        """What serves a connection, the ASGI middleware among *layers* around it; the others stand further in."""
        self._pipelines = {}
        served: ASGIApp = self._serve
        for layer in reversed(layers):
            if isinstance(layer, ASGIBridge):
                served = layer.around(served)
        return served

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        kind = scope["type"]
        try:
            fields = self._read_header(scope["headers"])
        except HTTPException as refusal:
            await refuse(refusal, scope, receive, send)
            return
        if kind in app.contributed.protocols:
            await app.contributed.protocols[kind].serve(app, scope, receive, send, fields)
            return
        connection = Connection(app, scope, receive, fields)
        found = app.locate(connection)
        if isinstance(found, ServedMount):
            self._check_guards(found, kind)
            await found.mount.app({**scope, **below_mount(connection)}, receive, send)
        elif kind == "websocket":
            await refuse(NotFound(UNSERVED), scope, receive, send)
        else:
            raise NexiosError(f"the server sent a connection of the type {kind!r}, which no plugin serves")

    def _check_guards(self, mount: ServedMount, kind: str) -> None:
        """Raise MissingPluginError where layers guard *mount* that cannot look at what nobody makes a connection of."""
        outer = [layer for layer in self._app.layers if not isinstance(layer, ASGIBridge)]
        for layer in [*outer, *self._app.assembly.layers(mount)]:
            if surrounds(layer, kind):
                raise MissingPluginError(
                    f"middleware {layer_name(layer)!r} stands in front of what is mounted at {mount.pattern.text}, and "
                    f"cannot look at a {kind}: pip install {package_for(kind)}, "
                    'or let the middleware say protocols = ("http",)'
                )

    async def answer(self, connection: Connection, response: Response) -> Response:
        """Pass *connection*, which its plugin has made, through the layers of the application."""
        kind = connection.scope["type"]
        pipeline = self._pipelines.get(kind)
        if pipeline is None:
            pipeline = self._pipelines[kind] = self._pipeline(kind)
        return await pipeline(connection, response)

    def _pipeline(self, kind: str) -> Endpoint:
        # ASGI middleware of the application stands further out, around all that happens here.
        layers = [layer for layer in self._app.layers if surrounds(layer, kind) and not isinstance(layer, ASGIBridge)]
        return fold(layers, self._dispatch, self._app.bindings.answers.convert, self._boundary.recover)

    async def _dispatch(self, connection: Any, response: Response) -> Response:
        found = self._app.locate(connection)
        if found is None:
            return await self._boundary.recover(connection, NotFound(UNSERVED))
        if isinstance(found, ServedMount):
            return await self._app.assembly.surround_mount(found, connection)(connection, response)
        answered: Response = await found.endpoint(connection, response)
        return answered

    def compile_handler(self, served: ServedRoute) -> Any:
        """``async (connection, response)`` that supplies the parameters of the handler of *served* and calls it."""
        context = self._app.assembly.context(served)
        planned = plan(self._app.bindings, context, served.dependencies, served.route.names)
        return compile_endpoint(self._app.bindings, planned, context, self._boundary.recover, "call")


async def refuse(refusal: HTTPException, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a WebSocket before it is opened: with a problem document where the server can send one, else with 403."""
    await receive()
    if "websocket.http.response" not in (scope.get("extensions") or ()):
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
        return
    start, body = messages(problem(refusal), "GET")
    await send({**start, "type": "websocket.http.response.start"})
    await send({**body, "type": "websocket.http.response.body"})

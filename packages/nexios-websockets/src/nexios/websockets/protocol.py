"""The handler of the protocol "websocket": a connection through the layers to its handler, and to its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from nexios import NexiosApp, Response
from nexios.exceptions import HTTPException, RouteError, ServiceUnavailable
from nexios.http.writer import messages
from nexios.problems import problem
from nexios.routing.route import ServedRoute
from nexios.signature import describe
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.websockets.channels.hub import Channels, current
from nexios.websockets.closing import INTERNAL_ERROR, NORMAL, POLICY, ending_for, is_departure
from nexios.websockets.config import ROUTE_OPTIONS, WebSocketsConfig
from nexios.websockets.connections import Connections
from nexios.websockets.origin import is_allowed
from nexios.websockets.passage import SWITCHING_PROTOCOLS, Passage, answered, pass_through
from nexios.websockets.socket import WebSocket

Recover = Callable[[Any, Exception], Awaitable[Response]]

# What a log shows for a client that left, as with requests.
_CLIENT_GONE = 499


class WebSocketProtocol:
    """Serves the sockets of one application."""

    def __init__(self, connections: Connections, channels: Channels) -> None:
        self._connections = connections
        self._channels = channels

    # -- once for each route ------------------------------------------------------------------------------------

    def compile(
        self, app: NexiosApp, route: ServedRoute, recover: Recover
    ) -> Callable[[Any, Any], Awaitable[Response]]:
        """See `ProtocolHandler.compile`. Raises RouteError for a handler that cannot wait, and wrong options."""
        if route.route.signature.kind != "coroutine":
            raise RouteError(f"{describe(route.handler)} ({route.source}) serves a WebSocket: make it an async def")
        call = app.compile_handler(route)
        terms = self._terms(route)

        async def endpoint(socket: WebSocket, response: Response) -> Response:
            socket.terms = terms
            try:
                check_origin(socket)
                value = await call(socket, response)
            except Exception as error:
                return await _recovered(socket, error, recover)
            except BaseExceptionGroup as error:
                if is_departure(error):
                    return answered(_CLIENT_GONE)
                raise
            return value if isinstance(value, Response) else answered(SWITCHING_PROTOCOLS)

        return endpoint

    def _terms(self, route: ServedRoute) -> WebSocketsConfig:
        own = {name: route.options[name] for name in ROUTE_OPTIONS if name in route.options}
        if isinstance(own.get("origins"), str | list):
            own["origins"] = (own["origins"],) if isinstance(own["origins"], str) else tuple(own["origins"])
        try:
            return dataclasses.replace(self._connections.config, **own)
        except ValueError as wrong:
            raise RouteError(f"{route.path} ({route.source}): {wrong}") from None

    # -- once for each connection -------------------------------------------------------------------------------

    async def serve(
        self, app: NexiosApp, scope: Scope, receive: Receive, send: Send, fields: dict[bytes, bytes]
    ) -> None:
        """See `ProtocolHandler.serve`."""
        if (await receive())["type"] != "websocket.connect":
            return  # the client has left already
        if "method" in scope:  # no part of this scope, and the lookup would take it for one of HTTP
            scope = {name: value for name, value in scope.items() if name != "method"}
        connections = self._connections
        socket = WebSocket(app, scope, receive, send, fields, connections, self._channels)
        connections.served.add(socket)
        before = current.set(self._channels)
        try:
            with anyio.CancelScope() as socket.cancel_scope:
                await self._answer(app, socket, send)
                await socket.goodbye()
        finally:
            current.reset(before)
            connections.forget(socket)
            self._channels.leave_all(socket)
        if app.events.has("websocket.closed"):
            await app.events.emit("websocket.closed", socket)

    async def _answer(self, app: NexiosApp, socket: WebSocket, send: Send) -> None:
        if app.is_draining:
            await end(socket, problem(ServiceUnavailable("the server is about to stop")), send)
            return
        if app.events.has("websocket"):
            await app.events.emit("websocket", socket)
        response = await app.answer(socket, Response())
        is_refused = socket.phase == "connecting"
        await end(socket, response, send)
        if is_refused:
            socket.note("websocket.close")

    async def hand_over(self, connection: WebSocket, mounted: ASGIApp, place: Mapping[str, Any]) -> Response:
        """See `ProtocolHandler.hand_over`."""
        return await Passage(connection).lead(mounted, place)

    async def pass_through(
        self, connection: WebSocket, around: Callable[[ASGIApp], ASGIApp], call_next: Callable[[], Awaitable[Response]]
    ) -> Response:
        """See `ProtocolHandler.pass_through`."""
        return await pass_through(connection, around, call_next, end)


def check_origin(socket: WebSocket) -> None:
    """Raise 403 for a page that may not open *socket* (security.md, class 33)."""
    terms = socket.terms
    scheme, host = socket.url.scheme, socket.url.netloc
    if not is_allowed(socket.headers.getlist("origin"), scheme, host, terms.origins, required=terms.require_origin):
        raise HTTPException(403, "pages of this origin may not open this socket")


async def _recovered(socket: WebSocket, error: Exception, recover: Recover) -> Response:
    """The answer to *error*: of the handshake, or the close of an open socket."""
    if is_departure(error):
        return answered(_CLIENT_GONE)
    response = await recover(socket, error)
    if socket.is_open:
        await socket.close(*ending_for(error))
    return response


async def end(socket: WebSocket, response: Response, send: Send) -> None:
    """Answer the handshake with *response*, or close the socket that is still open."""
    if socket.phase == "connecting":
        await refuse(socket, response, send)
    elif socket.phase == "open":
        await socket.close(_code_for(response.status_code))


async def refuse(socket: WebSocket, response: Response, send: Send) -> None:
    """Answer the handshake with *response*, where the server offers that; otherwise it says 403 in its own words."""
    offers = socket.scope.get("extensions") or {}
    if "websocket.http.response" not in offers or response.is_streaming or response.status_code < 200:
        await send({"type": "websocket.close", "code": NORMAL, "reason": ""})
        return
    start, body = messages(response, "GET")
    await send({**start, "type": "websocket.http.response.start"})
    await send({**body, "type": "websocket.http.response.body"})


def _code_for(status: int) -> int:
    if status >= 500:
        return INTERNAL_ERROR
    return POLICY if 400 <= status != _CLIENT_GONE else NORMAL

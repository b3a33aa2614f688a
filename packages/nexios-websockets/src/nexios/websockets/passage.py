"""ASGI applications and middleware on the way of a socket: they see its handshake anew, and every message.

Until the accept their answer is a Response, as everybody's is: layers further out see it, and the last of them decides.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nexios import Response
from nexios.exceptions import NexiosError
from nexios.signature import describe
from nexios.types import ASGIApp, Message, Receive, Scope, Send
from nexios.websockets.socket import WebSocket

SWITCHING_PROTOCOLS = 101
_DENIALS = ("websocket.close", "websocket.http.response.start", "websocket.http.response.body")


class Passage:
    """One socket's way through an ASGI application."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._outer_receive, self._outer_send = socket.ends
        self._is_greeted = False
        self._is_accepted = False
        self._denial: Response | None = None

    async def lead(self, app: ASGIApp, place: Mapping[str, Any] | None = None) -> Response:
        """Let *app* have the socket, told of its *place*; return how it has answered. Raises NexiosError where not."""
        offers = {**(self._socket.scope.get("extensions") or {}), "websocket.http.response": {}}
        scope: Scope = {**self._socket.scope, **(place or {}), "extensions": offers}
        await app(scope, self.receive, self.send)
        if self._is_accepted:
            return answered(SWITCHING_PROTOCOLS)
        if self._denial is None:
            raise NexiosError(f"the ASGI application {describe(app)} returned without answering the handshake")
        return self._denial

    async def receive(self) -> Message:
        if self._is_greeted:
            return await self._outer_receive()
        self._is_greeted = True
        return {"type": "websocket.connect"}

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.accept":
            await self._outer_send(message)
            self._is_accepted = True
            self._socket.note(kind)
        elif not self._is_accepted and kind in _DENIALS:
            await self._deny(kind, message)
        else:
            self._socket.note(kind)
            await self._outer_send(message)

    async def _deny(self, kind: str, message: Message) -> None:
        if kind == "websocket.http.response.start":
            self._denial = Response.from_raw(message["status"], message.get("headers", ()))
        elif kind == "websocket.close":
            self._denial = answered(403)
            if self._socket.phase == "closed":  # by a handler, which has said its last word
                await self._outer_send(message)
        elif self._denial is not None:
            self._denial.content += message.get("body", b"")


async def pass_through(
    socket: WebSocket,
    around: Callable[[ASGIApp], ASGIApp],
    call_next: Callable[[], Awaitable[Response]],
    end: Callable[[WebSocket, Response, Send], Awaitable[None]],
) -> Response:
    """See `ProtocolHandler.pass_through`; *end* answers the handshake, or closes, with what *call_next* returns."""
    inner: Response | None = None

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal inner
        if (await receive())["type"] != "websocket.connect":
            return
        with socket.seen_as(scope, receive, send):
            inner = await call_next()
            await end(socket, inner, send)

    answer = await Passage(socket).lead(around(inside))
    return answer if inner is None or answer.status_code != SWITCHING_PROTOCOLS else inner


def answered(status: int) -> Response:
    """An answer of which only the status counts."""
    return Response.from_raw(status)

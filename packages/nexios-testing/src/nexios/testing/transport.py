from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, cast

import httpx

from nexios.testing.call import Surroundings, noted_on
from nexios.testing.conversation import Conversation
from nexios.testing.exchange import Exchange
from nexios.testing.response import Answer, AnswerStream
from nexios.testing.scope import Peer, http_scope, websocket_scope
from nexios.testing.server import Server
from nexios.testing.websocket import WebSocketSession, accepted, handshake
from nexios.types import ASGIApp


class StrictTransport(httpx.AsyncBaseTransport):
    """An httpx transport that serves *app* in process, and holds it to the ASGI protocol.

    While the transport is entered, the application's lifespan runs. *grace* is how many seconds a call of the
    application may take to return after its answer is complete or its client has left, before the client stops waiting.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        raise_server_exceptions: bool = True,
        client: tuple[str, int] | None = ("127.0.0.1", 50000),
        root_path: str = "",
        lifespan: bool = True,
        grace: float = 1.0,
    ) -> None:
        if not callable(app):
            raise TypeError(f"{app!r} is not an ASGI application: it cannot be called with scope, receive, send")
        self._surroundings = Surroundings(app, raise_server_exceptions, grace)
        self._peer = Peer(client, root_path)
        self._has_lifespan = lifespan
        self._running: Server | None = None

    async def __aenter__(self) -> Self:
        server = Server(self._surroundings, has_lifespan=self._has_lifespan)
        await server.start()
        self._running = server
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        with noted_on(exc_value):
            await self.aclose()

    async def aclose(self) -> None:
        server, self._running = self._running, None
        if server is not None:
            await server.stop()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        server = self._server
        # An httpx.Request may hold either kind of stream; httpx has refused the other one by now.
        body = cast("httpx.AsyncByteStream", request.stream)
        scope = http_scope(request, self._peer, server.state)
        exchange = Exchange(self._surroundings, scope, request, body)
        server.start_soon(exchange.run)
        if exchange.upload.is_streamed:
            server.start_soon(exchange.upload.run)
        try:
            status, headers = await exchange.start()
        except BaseException:
            exchange.leave()
            raise
        return Answer(status, headers, AnswerStream(exchange))

    @asynccontextmanager
    async def websocket(self, request: httpx.Request, subprotocols: Sequence[str]) -> AsyncGenerator[WebSocketSession]:
        """Open a WebSocket with the headers and the URL of *request*; WebSocketDenied if it is not accepted."""
        server = self._server
        request = handshake(request, subprotocols)
        scope = websocket_scope(request, subprotocols, self._peer, server.state)
        conversation = Conversation(self._surroundings, scope, request)
        server.start_soon(conversation.run)
        try:
            accept = await conversation.handshake()
            yield WebSocketSession(conversation, accepted(accept, request), accept.subprotocol)
        except BaseException as failure:
            with noted_on(failure):
                await conversation.close()
            raise
        await conversation.hang_up(1000, "")

    def offer(self, extensions: Mapping[str, object]) -> None:
        """Put *extensions* into the scopes of the requests from now on, and no others of earlier calls."""
        self._peer = self._peer._replace(extensions=extensions)

    @property
    def _server(self) -> Server:
        if self._running is None:
            raise RuntimeError(
                "the client is not entered, so the application is not running: async with TestClient(app) as client"
            )
        return self._running

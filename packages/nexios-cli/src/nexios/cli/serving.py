"""The application as a server calls it: tells when it has started, drains, and says goodbye to kept connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from nexios.cli.asgi import layers
from nexios.types import ASGIApp, Message, Receive, Scope, Send


class Serving:
    """Wraps *app* at the cost of one call per request; *on_ready* is called once it has started."""

    def __init__(self, app: ASGIApp, on_ready: Callable[[], None] = lambda: None) -> None:
        self._app = app
        self._answer: ASGIApp = app
        self._on_ready = on_ready
        self._leaving = False
        self.settled = asyncio.Event()
        """Set once the application has started, or has failed to."""
        self.failure: str | None = None
        """Why the application did not start, in its own words; None while nothing is wrong."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return self._live(scope, receive, send)
        return self._answer(scope, receive, send)

    async def drain(self) -> None:
        """Let each answer end its connection from now on, and tell the application that it is about to stop."""
        self._leaving = True
        self._answer = self._answer_politely
        for layer in layers(self._app):
            if hasattr(layer, "drain"):
                await layer.drain()
                return

    def cancel(self) -> None:
        """Cut off the requests in flight; here nothing: the server does."""

    async def _answer_politely(self, scope: Scope, receive: Receive, send: Send) -> None:
        # RFC 9113 section 8.2.2: connection fields belong to HTTP/1; HTTP/2 has its own way of leaving.
        is_http1 = scope["type"] == "http" and scope["http_version"].startswith("1")
        await self._app(scope, receive, self._saying_goodbye(send) if is_http1 else send)

    def _saying_goodbye(self, send: Send) -> Send:
        async def send_politely(message: Message) -> None:
            if self._leaving and message["type"] == "http.response.start":
                fields = [field for field in message.get("headers", ()) if field[0].lower() != b"connection"]
                message = {**message, "headers": [*fields, (b"connection", b"close")]}
            await send(message)

        return send_politely

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                self.failure = message.get("message") or "it gave no reason"
                self.settled.set()
                # The command says the reason, once.
                message = {"type": "lifespan.startup.failed"}
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._start()

        try:
            await self._app(scope, receive, watch)
        except Exception:
            # ASGI: an application that raises here does not know the protocol and is served without it.
            self._start()
            raise
        self._start()

    def _start(self) -> None:
        if not self.settled.is_set():
            self.settled.set()
            self._on_ready()


class Tracked(Serving):
    """For servers that wait for requests without an end, and close connections without a word."""

    def __init__(self, app: ASGIApp, on_ready: Callable[[], None] = lambda: None) -> None:
        super().__init__(app, on_ready)
        self._answer = self._answer_politely
        self._in_flight: set[asyncio.Task[Any] | None] = set()

    def cancel(self) -> None:
        for task in self._in_flight:
            if task is not None:
                task.cancel("the grace period is over")

    async def _answer_politely(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        self._in_flight.add(task)
        try:
            await super()._answer_politely(scope, receive, send)
        finally:
            self._in_flight.discard(task)

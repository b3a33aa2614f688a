"""ASGI applications and middleware inside the chain of layers, without a task of their own.

The application runs as a coroutine that is stepped by hand. What it sends fills a Response. Where a body comes in
several pieces it is paused at its ``await send(...)``, the Response goes out through the outer layers, and the
application is stepped on as the stream is read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Generator
from typing import TYPE_CHECKING, Any

from nexios.exceptions import NexiosError
from nexios.http.response import Response
from nexios.http.writer import write

if TYPE_CHECKING:
    from nexios.http.request import Request
    from nexios.middleware.base import CallNext
    from nexios.types import ASGIApp, Message, Receive, Scope, Send


class _Piece:
    """What a paused application yields to the code that steps it: a piece of the body."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


class _Until:
    """Await the next piece of the stepped application, or its end (None)."""

    __slots__ = ("_steps",)

    def __init__(self, steps: Generator[Any, Any, Any]) -> None:
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, _Piece | None]:
        resume: Any = self._steps.send
        value: Any = None
        while True:
            try:
                yielded = resume(value)
            except StopIteration:
                return None
            if isinstance(yielded, _Piece):
                return yielded
            try:
                value = yield yielded
                resume = self._steps.send
            except BaseException as interruption:  # a cancellation belongs to the code that waits
                value = interruption
                resume = self._steps.throw


class Exchange:
    """One request's way through an ASGI application: its `send`, and the Response that comes of it."""

    def __init__(self) -> None:
        self._steps: Any = None
        self._answer: Response | None = None
        self._collected: list[bytes] = []

    async def begin(self, running: Awaitable[None]) -> Response:
        """Step *running* until its answer is known: at its end, or at the first piece of several."""
        self._steps = running.__await__()
        piece = await _Until(self._steps)
        if self._answer is None:
            raise NexiosError("the ASGI application returned without sending a response")
        if piece is None:
            self._answer.content = b"".join(self._collected)
        else:
            self._answer.pipe(self._rest(piece))
            # It listens to its own receive; a second listener would take its messages.
            self._answer.is_watched = False
        return self._answer

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._answer = Response.from_raw(
                message["status"], [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
            )
        elif message["type"] == "http.response.body":
            data = message.get("body", b"")
            if message.get("more_body"):
                await _Piece(data)
            elif self._answer is not None and self._answer.chunks is not None:
                if data:
                    await _Piece(data)
            else:
                self._collected.append(data)

    async def _rest(self, first: _Piece) -> AsyncIterator[bytes]:
        piece: _Piece | None = first
        try:
            while piece is not None:
                if piece.data:
                    yield piece.data
                piece = await _Until(self._steps)
        finally:
            self._steps.close()


class ASGIBridge:
    """ASGI middleware, ``kind(app, **options)``, as a layer. One instance serves all requests."""

    def __init__(self, kind: Any, options: dict[str, Any]) -> None:
        self.name: str = kind.__name__
        self._kind = kind
        self._options = options
        self._wrapped: ASGIApp = kind(_inside, **options)

    def around(self, inner: ASGIApp) -> ASGIApp:
        """The middleware around *inner*, for protocols that know no Response."""
        wrapped: ASGIApp = self._kind(inner, **self._options)
        return wrapped

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        exchange = Exchange()
        # What lies inside travels in the scope, because the middleware is one for all requests.
        scope = {**request.scope, "nexios.inside": (request, call_next)}
        return await exchange.begin(self._wrapped(scope, request._receive, exchange.send))


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    """The rest of the chain, as ASGI middleware sees it."""
    request: Request
    request, call_next = scope["nexios.inside"]
    with request.seen_as(scope, receive):
        await write(await call_next(), request, send)

"""ASGI applications and middleware inside the chain of layers.

The application runs in a task of its own, as it would under a server: it may open task groups and cancel scopes, and
send from any task. What it sends fills a Response. Where a body comes in several pieces the Response goes out through
the outer layers at the first one, and each further piece waits until the client has taken the one before.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from nexios.exceptions import ClientDisconnect, NexiosError
from nexios.http.response import Response
from nexios.http.response_data import Job, checked_status
from nexios.http.writer import write
from nexios.signature import describe

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from nexios.http.request import Request
    from nexios.middleware.base import CallNext
    from nexios.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("nexios")


class Exchange:
    """One request's way through an ASGI application: its `send`, and the Response that comes of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._answer: Response | None = None
        self._is_answered = anyio.Event()
        self._has_ended = anyio.Event()
        self._is_head = False
        self._is_streamed = False
        self._is_complete = False
        self._error: Exception | None = None
        self._scope = anyio.CancelScope()
        # A piece waits here until it is taken; None once there are no more.
        self._piece: bytes | None = None
        self._is_there = anyio.Event()
        self._is_taken = anyio.Event()

    async def begin(self, scope: Scope, receive: Receive, tasks: TaskGroup | None) -> Response:
        """Start the application and wait until its answer is known: its last byte, or the first piece of several.

        Raises what the application raises until then.
        """
        self._is_head = scope["method"] == "HEAD"
        _start(tasks, self._run, scope, receive)
        try:
            await self._is_answered.wait()
        except BaseException:
            await self.cancel()
            raise
        if self._error is not None:
            raise self._error
        # Only its reader keeps it: where it is dropped unread, the application that waits for that must not hold it.
        answer, self._answer = self._answer, None
        if answer is None:
            raise NexiosError(f"the ASGI application {describe(self._app)} returned without sending a response")
        return answer

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._answer = Response.from_raw(checked_status(message["status"]), message.get("headers", ()))
        elif message["type"] == "http.response.body":
            data, more = bytes(message.get("body", b"")), message.get("more_body", False)
            if self._answer is not None and not self._is_streamed:
                self._give(self._answer, data, more)
            if self._is_streamed:
                await self._pass_on(data, more)

    def _give(self, answer: Response, data: bytes, more: bool) -> None:
        if more:
            self._is_streamed = True
            answer.pipe(_Pieces(self))
            # The application listens to its own receive; a second listener would take its messages.
            answer.is_watched = False
        elif self._is_head:
            answer.pipe(())
        else:
            answer.content = data
        if self._is_head:  # how much it would have sent to GET, only the application knows
            lengths = (value for name, value in answer.fields if name == b"content-length" and value.isdigit())
            answer.announced = next(lengths, None)
        self._is_answered.set()

    async def _pass_on(self, data: bytes, more: bool) -> None:
        if data:
            self._piece = data
            self._is_there.set()
            await self._is_taken.wait()
            self._is_taken = anyio.Event()
        if not more:
            self._is_complete = True
            self._is_there.set()

    async def take(self) -> bytes | None:
        """The next piece; None after the last. Raises what the application raised, and an answer left unfinished."""
        await self._is_there.wait()
        data, self._piece = self._piece, None
        if data is not None:
            if not self._has_ended.is_set():
                self._is_there = anyio.Event()
            self._is_taken.set()
        elif self._error is not None:
            raise self._error
        elif not self._is_complete:  # it must not look whole
            raise ClientDisconnect(f"the ASGI application {describe(self._app)} left its answer unfinished")
        return data

    async def _run(self, scope: Scope, receive: Receive) -> None:
        try:
            with self._scope:
                await self._app(scope, receive, self.send)
        except Exception as error:
            if self._is_answered.is_set() and (self._is_complete or not self._is_streamed):
                logger.exception("the ASGI application %s failed after its answer", describe(self._app))
            else:
                self._error = error
        finally:
            self._is_answered.set()
            self._has_ended.set()
            self._is_there.set()

    async def cancel(self) -> None:
        """Nobody reads the answer any more: end the application."""
        self._scope.cancel()
        with anyio.CancelScope(shield=True):
            await self._has_ended.wait()

    def abandon(self) -> None:
        """Nobody can read the answer any more. What the application does after its end is not touched."""
        if not self._is_complete and not self._has_ended.is_set():
            with suppress(RuntimeError):  # the event loop is gone, and with it what would be cancelled
                self._scope.cancel()


class _Pieces:
    """The pieces of a streamed answer; the application ends with them, also where the answer is dropped unread."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (data := await self._exchange.take()) is not None:
                yield data
        except BaseException:
            await self._exchange.cancel()
            raise

    def __del__(self) -> None:
        self._exchange.abandon()


def _start(tasks: TaskGroup | None, main: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
    """Run *main*, which raises nothing, in *tasks*; on its own where the server runs no lifespan."""
    trio = sys.modules.get("trio")
    if tasks is not None:
        tasks.start_soon(main, *args)
    elif trio is not None and trio.lowlevel.in_trio_run():
        trio.lowlevel.spawn_system_task(main, *args)
    else:
        # It runs, so it is there; importing it would make up most of importing nexios.
        task = sys.modules["asyncio"].create_task(main(*args))
        _running.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(_running.discard)


_running: set[Any] = set()


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

    def _around_one(self, inner: ASGIApp) -> ASGIApp:
        """As `around`, for one connection: with the instance that serves all."""

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            await self._wrapped({**scope, "nexios.inside": inner}, receive, send)

        return call

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        if request.scope["type"] != "http":
            protocol = request.app.contributed.protocols[request.scope["type"]]
            through: Response = await protocol.pass_through(request, self._around_one, call_next)
            return through
        # What lies inside travels in the scope, because the middleware is one for all requests.
        jobs: list[Job] = []
        scope = {**plain_scope(request), "nexios.inside": partial(_inside_http, request, call_next, jobs)}
        answer = await Exchange(self._wrapped).begin(scope, request.replayed(), request.app.tasks)
        for job, args, kwargs in jobs:
            answer.background(job, *args, **kwargs)
        return answer


def plain_scope(request: Request) -> dict[str, Any]:
    """The request's scope without what the server offers beyond plain messages: only the outermost writer uses that."""
    offers = request.scope.get("extensions") or {}
    return {
        **request.scope,
        "extensions": {name: offer for name, offer in offers.items() if name.startswith("nexios.")},
    }


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    """The rest of the chain, as ASGI middleware sees it."""
    await scope["nexios.inside"](scope, receive, send)


async def _inside_http(
    request: Request, call_next: CallNext, jobs: list[Job], scope: Scope, receive: Receive, send: Send
) -> None:
    with request.seen_as(scope, receive):
        answer = await call_next()
        jobs += answer.jobs or ()
        await write(answer, request, send)

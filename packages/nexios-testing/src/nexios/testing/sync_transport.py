from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self, cast

import httpx
from anyio import to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal

from nexios.testing.response import AnswerStream
from nexios.testing.transport import StrictTransport
from nexios.testing.websocket import SyncWebSocketSession


class SyncStrictTransport(httpx.BaseTransport):
    """`StrictTransport` for synchronous code: the application runs in an event loop in another thread."""

    def __init__(self, strict: StrictTransport, backend: str, backend_options: dict[str, Any] | None) -> None:
        self._strict = strict
        self._backend = backend
        self._backend_options = backend_options
        self._stack = ExitStack()
        self._running: BlockingPortal | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal(self._backend, self._backend_options))
            portal.call(self._strict.__aenter__)
            self._stack = stack.pop_all()
        self._running = portal
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        portal, self._running = self._running, None
        with self._stack:
            if portal is not None:
                portal.call(self._strict.__aexit__, exc_type, exc_value, traceback)

    def close(self) -> None:
        self.__exit__()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        portal = self._portal
        answer = portal.call(self._strict.handle_async_request, _for_the_loop(request))
        # An httpx.Response may hold any stream; the strict transport's holds this one.
        body = _SyncBody(cast("AnswerStream", answer.stream), portal)
        return httpx.Response(answer.status_code, headers=answer.headers.raw, stream=body)

    def offer(self, extensions: Mapping[str, object]) -> None:
        """See `StrictTransport.offer`."""
        self._strict.offer(extensions)

    @contextmanager
    def websocket(self, request: httpx.Request, subprotocols: Sequence[str]) -> Generator[SyncWebSocketSession]:
        portal = self._portal
        with portal.wrap_async_context_manager(self._strict.websocket(request, subprotocols)) as session:
            yield SyncWebSocketSession(session, portal)

    @property
    def _portal(self) -> BlockingPortal:
        if self._running is None:
            raise RuntimeError(
                "the client is not entered, so the application is not running: with SyncTestClient(app) as client"
            )
        return self._running


class _SyncBody(httpx.SyncByteStream):
    """A body that arrives in the event loop, for a reader outside of it."""

    def __init__(self, stream: AnswerStream, portal: BlockingPortal) -> None:
        self._stream = stream
        self._portal = portal

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._portal.call(self._stream.read):
            yield chunk

    def close(self) -> None:
        self._portal.call(self._stream.aclose)


class _ThreadedBody(httpx.AsyncByteStream):
    """A body made outside of the event loop: each part in a worker thread, so that it may wait for anything."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = iter(self._stream)
        while (chunk := await to_thread.run_sync(next, chunks, None, abandon_on_cancel=True)) is not None:
            yield chunk


def _for_the_loop(request: httpx.Request) -> httpx.Request:
    stream = request.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        stream = _ThreadedBody(stream)
    return httpx.Request(
        request.method, request.url, headers=request.headers, stream=stream, extensions=request.extensions
    )

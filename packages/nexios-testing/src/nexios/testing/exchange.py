from __future__ import annotations

from collections import deque
from collections.abc import Callable

import httpx
from anyio.lowlevel import checkpoint

from nexios.testing.call import Call, Surroundings
from nexios.testing.strict.http import ResponseBody, ResponseEvent, ResponseRules, ResponseStart
from nexios.testing.upload import Upload
from nexios.types import Message, Scope

# As servers do, send() waits for a client that is more than this many bytes behind.
HIGH_WATER = 65_536


class Exchange(Call[ResponseEvent]):
    """One request and its answer; both may be streamed, and at the same time."""

    def __init__(
        self, surroundings: Surroundings, scope: Scope, request: httpx.Request, body: httpx.AsyncByteStream
    ) -> None:
        self._response = ResponseRules(request.method)
        super().__init__(surroundings, scope, self._response)
        self._request = request
        self.upload = Upload(body, self._changes, self._is_over)
        self._start: ResponseStart | None = None
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._is_complete = False

    # The application's side

    async def _receive(self) -> Message:
        await checkpoint()
        self.upload.ask()
        await self._changes.until(lambda: self.upload.is_ready or self._is_over())
        return {"type": "http.disconnect"} if self._is_over() else self.upload.take()

    async def _take(self, event: ResponseEvent) -> None:
        if self._left:
            return
        if isinstance(event, ResponseStart):
            self._start = event
        else:
            self._take_body(event)
        self._changes.notify()
        await self._changes.until(lambda: self._held <= HIGH_WATER or self._left)

    def _take_body(self, event: ResponseBody) -> None:
        if event.body:
            self._chunks.append(event.body)
            self._held += len(event.body)
        self._is_complete = not event.more

    def _fail(self, failure: BaseException) -> None:
        if not self._response.started:
            self._answer_for_the_application()
        super()._fail(failure)

    def _answer_for_the_application(self) -> None:
        """What servers send when an application raised before it answered."""
        self._start = ResponseStart(500, [(b"content-type", b"text/plain; charset=utf-8")])
        self._take_body(ResponseBody(b"Internal Server Error", more=False))

    def _is_over(self) -> bool:
        return self._left or self._is_complete

    # The client's side

    async def start(self) -> ResponseStart:
        """Wait for the answer to start; raises what went wrong before it did."""
        await self._until(lambda: self._start is not None)
        if self._problems():
            await self._settle()
            self.raise_problem()
        if self._start is None:
            raise self._broken("the application was cancelled before it answered")
        return self._start

    async def read(self) -> bytes:
        """Wait for the next part of the answer; it is empty at the end."""
        await self._until(lambda: bool(self._chunks) or self._is_complete)
        if self._chunks:
            return self._pop_chunk()
        await self._settle()
        self.raise_problem()
        if not self._is_complete:
            raise self._broken("the answer broke off before its end")
        return b""

    def _pop_chunk(self) -> bytes:
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        self._changes.notify()
        return chunk

    def _broken(self, sentence: str) -> httpx.TransportError:
        if self._left:
            return httpx.ReadError("the client was closed before the end of the answer", request=self._request)
        return httpx.RemoteProtocolError(sentence, request=self._request)

    async def _until(self, condition: Callable[[], bool]) -> None:
        await self._wait(lambda: condition() or self.upload.failure is not None, self._request)
        if self.upload.failure is not None:
            self.leave()
            raise self.upload.failure

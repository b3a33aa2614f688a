from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

import httpx

from nexios.testing.call import kept
from nexios.testing.changes import Changes
from nexios.types import Message

# What servers read from a socket at once.
CHUNK = 65_536


class Upload:
    """The body of a request; a streamed one is read only as far as the application asks for it."""

    def __init__(self, stream: httpx.AsyncByteStream, changes: Changes, is_over: Callable[[], bool]) -> None:
        self._stream = stream
        self._changes = changes
        self._is_over = is_over
        self._messages: deque[Message] = deque()
        self._is_wanted = False
        self.failure: BaseException | None = None
        self.is_streamed = not isinstance(stream, httpx.ByteStream)
        if isinstance(stream, httpx.ByteStream):
            self._messages.extend(_whole_body(b"".join(stream)))

    @property
    def is_ready(self) -> bool:
        return bool(self._messages)

    def ask(self) -> None:
        self._is_wanted = True
        self._changes.notify()

    def take(self) -> Message:
        self._is_wanted = False
        return self._messages.popleft()

    async def run(self) -> None:
        """Hand the stream on until it ends or the exchange is over; its failure is kept for the client."""
        chunks = aiter(self._stream)
        with kept(self._fail):
            try:
                await self._hand_on(chunks)
            finally:
                await _close(chunks, *getattr(self._stream, "__dict__", {}).values())

    async def _hand_on(self, chunks: AsyncIterator[bytes]) -> None:
        await self._until_wanted()
        async for chunk in chunks:
            for piece in _pieces(chunk):
                self._put(piece, more=True)
                await self._until_wanted()
            if self._is_over():
                return
        self._put(b"", more=False)

    async def _until_wanted(self) -> None:
        await self._changes.until(lambda: (self._is_wanted and not self._messages) or self._is_over())

    def _put(self, body: bytes, more: bool) -> None:
        self._messages.append(_request(body, more))
        self._changes.notify()

    def _fail(self, failure: BaseException) -> None:
        self.failure = failure
        self._changes.notify()


def _request(body: bytes, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def _whole_body(body: bytes) -> Iterator[Message]:
    for start in range(0, len(body) or 1, CHUNK):
        yield _request(body[start : start + CHUNK], more=start + CHUNK < len(body))


def _pieces(chunk: bytes) -> Iterator[bytes]:
    for start in range(0, len(chunk), CHUNK):
        yield chunk[start : start + CHUNK]


async def _close(*parts: object) -> None:
    """Close the generators among *parts*: httpx leaves them to the garbage collector, which trio warns about."""
    for part in parts:
        if isinstance(part, AsyncGenerator):
            await part.aclose()

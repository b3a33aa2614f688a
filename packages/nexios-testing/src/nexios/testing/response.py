from __future__ import annotations

from collections.abc import AsyncIterator
from types import AsyncGeneratorType
from typing import Any, TypeVar, cast

import httpx

from nexios.testing.exchange import Exchange

T = TypeVar("T", str, bytes)


class AnswerStream(httpx.AsyncByteStream):
    """The body of an answer, as it comes; closing it early is a client that leaves."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._is_closed = False

    async def read(self) -> bytes:
        """Wait for the next part; it is empty at the end, and once the body is closed."""
        return b"" if self._is_closed else await self._exchange.read()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self.read():
            yield chunk

    async def aclose(self) -> None:
        self._is_closed = True
        await self._exchange.close()


class Answer(httpx.Response):
    """A response whose iterators may be left half way.

    httpx makes generators of them and leaves unfinished ones to the garbage collector, which on trio is a warning for
    each. Here they are kept until the response is closed, when nothing more can come, and then run to their end.
    """

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], stream: httpx.AsyncByteStream) -> None:
        super().__init__(status, headers=headers, stream=stream)
        self._iterators: list[AsyncGeneratorType[Any, None]] = []

    def aiter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        return self._keep(super().aiter_raw(chunk_size))

    def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        return self._keep(super().aiter_bytes(chunk_size))

    def aiter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        return self._keep(super().aiter_text(chunk_size))

    def aiter_lines(self) -> AsyncIterator[str]:
        return self._keep(super().aiter_lines())

    async def aclose(self) -> None:
        try:
            await super().aclose()
        finally:
            while self._iterators:
                await _finish(self._iterators.pop(0))

    def _keep(self, iterator: AsyncIterator[T]) -> AsyncIterator[T]:
        self._iterators.append(cast("AsyncGeneratorType[T, None]", iterator))
        return iterator


async def _finish(iterator: AsyncGeneratorType[Any, None]) -> None:
    if not iterator.ag_running:
        async for _ in iterator:
            pass

"""Pumping a stream to a client that may stall or leave."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from nexios.http.codecs import dumps
from nexios.http.sse import encode_event

if TYPE_CHECKING:
    from nexios.types import Send

# A generator that never waits, in front of a server that never waits either, gives the loop a turn this often.
BREATH = 4_194_304
END = object()


def as_async(chunks: AsyncIterable[Any] | Iterable[Any]) -> AsyncIterator[Any]:
    if isinstance(chunks, AsyncIterable):
        return chunks.__aiter__()
    return _ready(chunks) if isinstance(chunks, list | tuple) else _threaded(chunks)


async def _ready(chunks: Iterable[Any]) -> AsyncIterator[Any]:
    for chunk in chunks:
        yield chunk


async def _threaded(chunks: Iterable[Any]) -> AsyncIterator[Any]:
    """Iterate in a worker thread: a plain generator may block."""
    iterator = iter(chunks)
    try:
        while (chunk := await anyio.to_thread.run_sync(next, iterator, END)) is not END:
            yield chunk
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(close)


async def json_lines(items: AsyncIterable[Any] | Iterable[Any]) -> AsyncIterator[bytes]:
    stream = as_async(items)
    try:
        async for item in stream:
            yield dumps(item) + b"\n"
    finally:
        await close_stream(stream)


async def event_stream(events: AsyncIterable[Any] | Iterable[Any]) -> AsyncIterator[bytes]:
    stream = as_async(events)
    try:
        async for event in stream:
            yield encode_event(event)
    finally:
        await close_stream(stream)


async def close_stream(stream: Any) -> None:
    """Run the generator's cleanup, also when this task is being cancelled."""
    close = getattr(stream, "aclose", None)
    # A generator that came to its end has no frame, and nothing left to clean up.
    if close is not None and getattr(stream, "ag_frame", stream) is not None:
        with anyio.CancelScope(shield=True):
            await close()


def as_bytes(chunk: object) -> bytes | bytearray | memoryview:
    """What to send of *chunk*. Raises TypeError for what is neither text nor bytes."""
    if isinstance(chunk, str):
        return chunk.encode()
    if isinstance(chunk, bytes | bytearray | memoryview):
        return chunk
    raise TypeError(f"a stream yields bytes or str, not {type(chunk).__name__}: {chunk!r:.60}")


async def pump(stream: AsyncIterator[bytes | str], send: Send, start: Any) -> None:
    """Send every chunk; the start of the answer goes out with the first, so that an earlier error is a clean answer."""
    budget = BREATH
    async for chunk in stream:
        data = chunk if chunk.__class__ is bytes else as_bytes(chunk)
        if start is not None:
            await send(start)
            start = None
        await send({"type": "http.response.body", "body": data, "more_body": True})
        budget -= len(data) + 64
        if budget < 0:
            budget = BREATH
            await anyio.lowlevel.checkpoint()
    if start is not None:
        await send(start)

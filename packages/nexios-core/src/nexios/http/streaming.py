"""Pumping a stream to a client that may stall or leave."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from nexios.exceptions import ClientDisconnect
from nexios.http.codecs import dumps
from nexios.http.sse import encode_event
from nexios.signature import awaits

if TYPE_CHECKING:
    from nexios.http.writer import Started
    from nexios.types import Message, Send

# A generator that never waits, in front of a server that never waits either, gives the loop a turn after so many
# chunks. Counting their bytes instead would cost a tenth of what sending them costs.
BREATH = 64
END = object()
LEFT = "the client left before it was answered"


def as_async(chunks: AsyncIterable[Any] | Iterable[Any]) -> AsyncIterator[Any]:
    # The usual one first: asking the abstract class is dear.
    if isinstance(chunks, AsyncGeneratorType) or isinstance(chunks, AsyncIterable):  # noqa: SIM101
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


def never_waits(stream: AsyncIterator[Any]) -> bool:
    """Whether *stream* is a generator whose code can be seen to await nothing."""
    return isinstance(stream, AsyncGeneratorType) and not awaits(stream.ag_code)


def is_over(stream: Any) -> bool:
    """Whether *stream* is a generator that came to its end: it has no frame then, and nothing left to clean up."""
    return getattr(stream, "ag_frame", stream) is None


async def close_stream(stream: Any) -> None:
    """Run the generator's cleanup, also when this task is being cancelled."""
    close = getattr(stream, "aclose", None)
    if close is not None and not is_over(stream):
        with anyio.CancelScope(shield=True):
            await close()


def as_bytes(chunk: object) -> bytes | bytearray | memoryview:
    """What to send of *chunk*. Raises TypeError for what is neither text nor bytes."""
    if isinstance(chunk, str):
        return chunk.encode()
    if isinstance(chunk, bytes | bytearray | memoryview):
        return chunk
    raise TypeError(f"a stream yields bytes or str, not {type(chunk).__name__}: {chunk!r:.60}")


async def pump(
    stream: AsyncIterator[bytes | str],
    send: Send,
    start: Message | None = None,
    *,
    started: Started | None = None,
    to_the_end: bool = True,
) -> bool:
    """Send every chunk; *start* goes out with the first, so that an earlier error is a clean answer.

    Where *send* is the server's own, *started* keeps what it would by sending each message itself, which costs as much
    again. Without *to_the_end* this returns False when the event loop is due for a turn.
    """
    breath = BREATH
    async for chunk in stream:
        data = chunk if chunk.__class__ is bytes else as_bytes(chunk)
        try:
            if start is not None:
                if started is not None:
                    started.began = True
                await send(start)
                start = None
            await send({"type": "http.response.body", "body": data, "more_body": True})
        except OSError as closed:
            if started is None:
                raise
            raise ClientDisconnect(LEFT) from closed
        breath -= 1
        if not breath:
            await anyio.sleep(0)  # noqa: ASYNC115  # importing anyio.lowlevel is a twentieth of importing all
            if not to_the_end:
                return False
            breath = BREATH
    if start is not None:
        await (started or send)(start)
    return True

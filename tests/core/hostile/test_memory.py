"""What clients can make an application hold on to."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nexios import NexiosApp, Request, Response
from nexios.types import Message
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio
CHUNK = 65_536
MEBIBYTE = 1_048_576


@contextmanager
def measured() -> Iterator[list[int]]:
    """Measures the bytes that are allocated at the end of the block beyond those at its beginning, and at the most."""
    gc.collect()
    tracemalloc.start()
    grown: list[int] = []
    try:
        yield grown
        peak = tracemalloc.get_traced_memory()[1]
        gc.collect()
        grown += [tracemalloc.get_traced_memory()[0], peak]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("reader", ["body", "stream", "text", "json"])
async def test_an_upload_over_the_limit_is_not_kept(reader: str) -> None:
    app = NexiosApp(plugins=[])
    asked: list[int] = []

    @app.post("/")
    async def read(request: Request) -> Any:
        if reader == "stream":
            return sum([len(chunk) async for chunk in request.stream()])
        return await getattr(request, reader)

    async def receive() -> Message:
        asked.append(1)
        return {"type": "http.request", "body": b"x" * CHUNK, "more_body": len(asked) < 16_384}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"x"), (b"transfer-encoding", b"chunked"), (b"content-type", b"application/json")]
    await app(make_scope("/", "POST", headers), receive, send)  # what is built once, is built
    asked.clear()
    with measured() as grown:
        await app(make_scope("/", "POST", headers), receive, send)

    assert sent[0]["status"] == 413
    assert len(asked) == MEBIBYTE // CHUNK + 1
    assert grown[1] < 2 * MEBIBYTE


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stream", "sse", "lines", "plain"])
async def test_a_reader_that_stalls_costs_less_than_a_megabyte(kind: str) -> None:
    app = NexiosApp(plugins=[])
    stalled = anyio.Event()
    closed: list[str] = []

    @app.get("/")
    async def endless(response: Response) -> Response:
        async def chunks() -> AsyncIterator[str]:
            try:
                while True:
                    yield "x" * (CHUNK // 4)
            finally:
                closed.append(kind)

        def plain() -> Iterator[str]:
            try:
                while True:
                    yield "x" * (CHUNK // 4)
            finally:
                closed.append(kind)

        if kind == "plain":
            return response.stream(plain())
        writers = {"stream": response.stream, "sse": response.sse, "lines": response.json_lines}
        answer: Response = writers[kind](chunks())  # type: ignore[operator]  # three signatures of one use
        return answer

    async def send(message: Message) -> None:
        if message.get("body"):
            stalled.set()
            await anyio.sleep_forever()

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            with measured() as grown:
                tasks.start_soon(app, make_scope(), receive, send)
                await stalled.wait()
                for _ in range(1_000):
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    assert grown[1] < MEBIBYTE
    assert closed == [kind]


@pytest.mark.slow
async def test_no_cache_grows_with_what_clients_send() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/{name}")
    async def show(request: Request, name: str) -> str:
        return request.accepts("text/plain") + str(request.url) + request.cookies["a"]

    async def ask(number: int) -> None:
        text = b"%d" % number
        headers = [
            (b"host", b"h" + text),
            (b"accept", b"a/b" + text + b", */*"),
            (b"cookie", b"a=" + text),
            (b"x-" + text, text),
            (b"content-type", b"a/b" + text),
            (b"if-none-match", b'"' + text + b'"'),
        ]
        method = ("GET", f"M{number}")[number % 2]
        await call(app, f"/{number}", method, headers=headers, query_string=b"q=" + text)

    for number in range(1_500):  # every cache is full
        await ask(number)
    with measured() as grown:
        for number in range(1_500, 3_500):
            await ask(number)

    assert grown[0] < 2_000 * 50

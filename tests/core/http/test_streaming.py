"""Streams: sent as they come, closed in every case."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nexios import NexiosApp, Request, Response, ServerSentEvent
from nexios.http.streaming import pump
from nexios.testing import TestClient
from nexios.types import Message
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio


def serve(app: NexiosApp, make: Any) -> None:
    @app.get("/")
    async def show(response: Response) -> Any:
        return make(response)


async def numbers() -> AsyncIterator[str]:
    for number in range(3):
        yield str(number)


class Awaitable_:
    """An async iterable that is no generator, and has nothing to close."""

    def __init__(self) -> None:
        self.left = [b"0", b"1", b"2"]

    def __aiter__(self) -> Awaitable_:
        return self

    async def __anext__(self) -> bytes:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


@pytest.mark.parametrize(
    "make",
    [
        numbers,
        lambda: (str(number) for number in range(3)),
        lambda: ["0", b"1", "2"],
        lambda: (b"0", bytearray(b"1"), memoryview(b"2")),
        lambda: map(str, range(3)),
        Awaitable_,
    ],
)
async def test_a_stream_is_any_iterable_of_bytes_and_text(app: NexiosApp, make: Any) -> None:
    serve(app, lambda response: response.stream(make(), content_type="text/plain", status=201))

    answer = await call(app)

    assert (answer.status, answer.body, answer.header("content-type")) == (201, b"012", "text/plain")
    assert answer.header("content-length") is None
    assert answer.is_complete


async def test_a_stream_without_chunks_is_an_empty_answer(app: NexiosApp) -> None:
    serve(app, lambda response: response.stream([]))

    answer = await call(app)

    assert (answer.status, answer.body, answer.is_complete) == (200, b"", True)


async def test_a_plain_generator_runs_in_a_thread_and_is_closed_there(app: NexiosApp) -> None:
    seen: list[bool] = []

    def away() -> None:
        seen.append(threading.current_thread() is not threading.main_thread())

    def chunks() -> Iterator[bytes]:
        try:
            away()
            yield b"a"
            yield b"b"
        finally:
            away()

    serve(app, lambda response: response.stream(chunks()))

    assert (await call(app)).body == b"ab"
    assert seen == [True, True]


async def test_an_error_before_the_first_chunk_is_a_clean_answer(app: NexiosApp) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        raise LookupError("early")
        yield b""

    serve(app, lambda response: response.stream(chunks()))
    app.add_exception_handler(LookupError, lambda request, response, error: response.text(str(error), status=503))

    answer = await call(app)

    assert (answer.status, answer.body) == (503, b"early")


async def test_an_oserror_of_the_stream_is_no_client_that_left(app: NexiosApp) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        raise ConnectionRefusedError("database")
        yield b""

    serve(app, lambda response: response.stream(chunks()))

    assert (await call(app)).status == 500


@pytest.mark.parametrize("error", [LookupError("late"), ConnectionRefusedError("database")])
async def test_an_error_after_the_first_chunk_cuts_the_answer_visibly(app: NexiosApp, error: Exception) -> None:
    closed: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            raise error
        finally:
            closed.append(1)

    serve(app, lambda response: response.stream(chunks()))

    with pytest.raises(type(error), match=str(error)):
        await call(app)
    assert closed == [1]


@pytest.mark.parametrize("chunk", [1, None, {"a": 1}, ["x"]])
async def test_a_chunk_is_bytes_or_text(app: NexiosApp, chunk: Any) -> None:
    serve(app, lambda response: response.stream([chunk]))

    async with TestClient(app) as client:
        with pytest.raises(TypeError, match=f"a stream yields bytes or str, not {type(chunk).__name__}"):
            await client.get("/")


async def test_a_stream_is_closed_when_its_client_leaves(app: NexiosApp) -> None:
    closed = anyio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await anyio.sleep_forever()
        finally:
            closed.set()

    serve(app, lambda response: response.stream(chunks()))

    for lifespan in (True, False):
        async with TestClient(app, lifespan=lifespan) as client:
            async with client.stream("GET", "/") as answer:
                assert await anext(answer.aiter_raw()) == b"first"
            with anyio.fail_after(5):
                await closed.wait()
        closed = anyio.Event()


async def test_a_stalled_client_stalls_the_stream(app: NexiosApp) -> None:
    made: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            made.append(1)
            yield b"x" * 65_536

    serve(app, lambda response: response.stream(chunks()))

    async with TestClient(app) as client, client.stream("GET", "/") as answer:
        await anext(answer.aiter_raw())
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
        assert len(made) < 10


async def test_a_stream_that_never_waits_lets_others_run() -> None:
    turns: list[int] = []
    stop = False

    async def chunks() -> AsyncIterator[bytes]:
        while not stop:
            yield b"x" * 65_536

    async def send(message: Message) -> None: ...

    async def other() -> None:
        nonlocal stop
        for _ in range(5):
            turns.append(1)
            await anyio.lowlevel.checkpoint()
        stop = True

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(other)
            await pump(chunks(), send, None)

    assert len(turns) == 5


@pytest.mark.parametrize("lifespan", [True, False])
async def test_a_stream_that_never_waits_ends_with_its_client(app: NexiosApp, lifespan: bool) -> None:
    closed: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append(1)

    serve(app, lambda response: response.stream(chunks()))

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None: ...

    if lifespan:
        await app.startup()
    with anyio.fail_after(5):
        await app(make_scope(), receive, send)
    await app.shutdown()

    assert closed == [1]


async def test_what_a_server_raises_passes_whoever_pumps_without_asking_whether_the_client_left() -> None:
    async def send(message: Message) -> None:
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        await pump(Awaitable_(), send, None)


async def test_json_lines_are_one_text_a_line(app: NexiosApp) -> None:
    async def items() -> AsyncIterator[Any]:
        yield {"a": 1}
        yield [None]

    serve(app, lambda response: response.json_lines(items()))
    answer = await call(app)
    assert answer.body == b'{"a":1}\n[null]\n'
    assert answer.header("content-type") == "application/jsonl"

    other = NexiosApp(plugins=[])
    serve(other, lambda response: response.json_lines([1, 2], 202))
    assert ((await call(other)).body, (await call(other)).status) == (b"1\n2\n", 202)


async def test_events_are_sent_as_the_standard_says(app: NexiosApp) -> None:
    async def events() -> AsyncIterator[Any]:
        yield "plain"
        yield {"a": 1}
        yield ServerSentEvent("data", event="named")

    serve(app, lambda response: response.sse(events()))

    answer = await call(app)

    assert answer.body == b'data: plain\n\ndata: {"a":1}\n\nevent: named\ndata: data\n\n'
    assert answer.header("content-type") == "text/event-stream"
    assert answer.header("cache-control") == "no-store"


async def test_a_quiet_event_stream_is_kept_alive_by_comments(app: NexiosApp) -> None:
    go_on = anyio.Event()

    async def events() -> AsyncIterator[str]:
        yield "one"
        await go_on.wait()
        yield "two"

    serve(app, lambda response: response.sse(events(), keep_alive=0.01))

    with anyio.fail_after(5):
        async with TestClient(app) as client, client.stream("GET", "/") as answer:
            pieces = answer.aiter_raw()
            assert await anext(pieces) == b"data: one\n\n"
            assert await anext(pieces) == b":\n\n"
            go_on.set()
            rest = [piece async for piece in pieces]
    assert rest[-1] == b"data: two\n\n"


async def test_a_busy_event_stream_needs_no_comments(app: NexiosApp) -> None:
    async def events() -> AsyncIterator[str]:
        for number in range(10):
            await anyio.sleep(0.01)
            yield str(number)

    serve(app, lambda response: response.sse(events(), keep_alive=0.08))

    assert b":\n\n" not in (await call(app)).body.replace(b"data", b"")


@pytest.mark.parametrize("keep_alive", [None, 5.0])
async def test_an_error_of_an_event_stream_is_raised_as_it_is(app: NexiosApp, keep_alive: float | None) -> None:
    async def events() -> AsyncIterator[str]:
        yield "one"
        raise LookupError("in between")

    serve(app, lambda response: response.sse(events(), keep_alive=keep_alive))

    with pytest.raises(LookupError, match="in between"):
        await call(app)


async def test_events_that_are_no_generator_are_sent_too(app: NexiosApp) -> None:
    serve(app, lambda response: response.sse(["one"], keep_alive=None))

    assert (await call(app)).body == b"data: one\n\n"


async def test_a_handler_streams_what_it_reads(app: NexiosApp) -> None:
    @app.post("/")
    async def echo(request: Request) -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            yield chunk.upper()

    async def upload() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    async with TestClient(app) as client:
        assert (await client.post("/", content=upload())).content == b"AB"

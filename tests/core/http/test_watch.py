"""Work that ends with its client."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nexios import Depend, NexiosApp, Request
from nexios.testing import TestClient
from nexios.types import Message
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("lifespan", [True, False])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_handler_that_wants_it_is_cancelled_when_its_client_leaves(lifespan: bool, method: str) -> None:
    app = NexiosApp(plugins=[])
    began, ended, closed = anyio.Event(), anyio.Event(), anyio.Event()

    async def resource() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await anyio.lowlevel.checkpoint()
            closed.set()

    @app.route("/", ["GET", "POST"], cancel_on_disconnect=True)
    async def slow(request: Request, it: None = Depend(resource)) -> None:
        assert await request.body == (b"x" if method == "POST" else b"")
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    if lifespan:
        await app.startup()
    leave = anyio.Event()
    messages: list[Message] = [{"type": "http.request", "body": b"x" if method == "POST" else b"", "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await leave.wait()
        return {"type": "http.disconnect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(app, make_scope("/", method), receive, send)
            await began.wait()
            leave.set()
            await ended.wait()
            await closed.wait()
    await app.shutdown()

    assert sent[0]["status"] == 499


async def test_a_handler_that_ends_in_time_answers_as_ever() -> None:
    app = NexiosApp(plugins=[])

    @app.post("/", cancel_on_disconnect=True, max_body=5)
    async def show(request: Request) -> bytes:
        await anyio.lowlevel.checkpoint()
        return await request.body

    @app.get("/", cancel_on_disconnect=True)
    async def quick() -> str:
        return "quick"

    async with TestClient(app) as client:
        assert (await client.post("/", content=b"abc")).content == b"abc"
        assert (await client.get("/")).text == "quick"

        async def streamed() -> AsyncIterator[bytes]:
            yield b"abcdef"

        assert (await client.post("/", content=streamed())).status_code == 413


async def test_a_server_that_cannot_tell_does_not_fail_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def stream() -> AsyncIterator[bytes]:
        yield b"one"
        await anyio.sleep(0.01)
        yield b"two"

    async def receive() -> Message:
        raise LookupError("no receive")

    async def send(message: Message) -> None: ...

    with caplog.at_level(logging.DEBUG, "nexios"):
        await app(make_scope(), receive, send)

    assert "failed while it was watched" in caplog.text
    assert all(record.levelno == logging.DEBUG for record in caplog.records)


async def test_an_error_of_the_work_is_raised_and_the_watch_ended() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def stream() -> AsyncIterator[bytes]:
        yield b"one"
        await anyio.lowlevel.checkpoint()
        raise LookupError("work")

    async with TestClient(app) as client:
        with pytest.raises(LookupError, match="work"):
            await client.get("/")


async def test_while_a_body_arrives_its_reader_is_told_and_nobody_else() -> None:
    app = NexiosApp(plugins=[])

    @app.post("/")
    async def echo(request: Request) -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            await anyio.lowlevel.checkpoint()
            yield chunk

    answer = await call(
        app, "/", "POST", headers=[(b"host", b"x"), (b"transfer-encoding", b"chunked")], body=[b"a", b"b", b"c"]
    )

    assert answer.body == b"abc"


@pytest.mark.parametrize("version", ["2", "3"])
async def test_a_body_of_http2_without_a_length_is_left_to_its_reader(version: str) -> None:
    app = NexiosApp(plugins=[])

    @app.post("/")
    async def echo(request: Request) -> AsyncIterator[bytes]:
        yield b">"
        await anyio.sleep(0.01)
        async for chunk in request.stream():
            yield chunk

    assert (await call(app, "/", "POST", body=[b"a", b"b"], http_version=version)).body == b">ab"


async def test_an_empty_body_that_the_watch_met_is_still_there_for_its_reader() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show(request: Request) -> AsyncIterator[Any]:
        yield b"["
        await anyio.sleep(0.01)
        with anyio.fail_after(5):
            yield await request.body
        yield b"]"

    assert (await call(app)).body == b"[]"

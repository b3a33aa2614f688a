from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from nexios.testing import TestClient
from nexios.testing.upload import CHUNK
from nexios.types import Receive, Scope, Send
from tests.testing.apps import BODY, read_body, respond, send_part, serving, start, until_disconnect

pytestmark = pytest.mark.anyio


@serving
async def count_parts(scope: Scope, receive: Receive, send: Send) -> None:
    parts = await read_body(receive)
    await respond(send, " ".join(str(len(part)) for part in parts).encode())


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (0, "0"),
        (1, "1"),
        (CHUNK, f"{CHUNK}"),
        (CHUNK + 1, f"{CHUNK} 1"),
        (2 * CHUNK, f"{CHUNK} {CHUNK}"),
    ],
)
async def test_a_body_comes_in_the_parts_that_a_server_reads(size: int, parts: str) -> None:
    async with TestClient(count_parts) as client:
        assert (await client.post("/", content=bytes(size))).text == parts


async def test_a_streamed_body_comes_in_its_own_parts_and_an_empty_last_one() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        yield b""
        yield bytes(CHUNK + 1)

    async with TestClient(count_parts) as client:
        assert (await client.post("/", content=body())).text == f"3 {CHUNK} 1 0"


async def test_a_form_with_a_file_is_streamed() -> None:
    async with TestClient(count_parts) as client:
        answer = await client.post("/", data={"a": "1"}, files={"f": ("f.txt", b"content")})

    assert sum(map(int, answer.text.split())) == int(answer.request.headers["content-length"])


async def test_a_streamed_body_is_read_only_as_far_as_the_application_asks() -> None:
    produced = list[int]()

    async def body() -> AsyncIterator[bytes]:
        for number in range(100):
            produced.append(number)
            yield b"x"

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.wait_all_tasks_blocked()
        assert produced == []
        await receive()
        await receive()
        await anyio.wait_all_tasks_blocked()
        await respond(send, status=413)

    async with TestClient(app) as client:
        answer = await client.post("/", content=body())

    assert answer.status_code == 413
    assert produced == [0, 1]


async def test_both_directions_stream_at_once() -> None:
    heard = anyio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"question"
        await heard.wait()
        yield b"thanks"

    @serving
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        while (message := await receive())["more_body"]:
            await send_part(send, message["body"])
        await send({"type": BODY})

    async with TestClient(echo) as client, client.stream("POST", "/", content=body()) as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"question"
        heard.set()
        assert await anext(parts) == b"thanks"
        assert [part async for part in parts] == []


async def test_a_receive_that_is_cancelled_loses_nothing() -> None:
    go_on = anyio.Event()

    async def body() -> AsyncIterator[bytes]:
        await go_on.wait()
        yield b"late"

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with anyio.move_on_after(0.01):
            await receive()
        go_on.set()
        await respond(send, b"".join(await read_body(receive)))

    async with TestClient(app) as client:
        assert (await client.post("/", content=body())).text == "late"


async def test_the_generator_of_a_body_is_closed_when_nobody_wants_the_rest() -> None:
    closed = list[str]()

    async def body() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append("body")

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await respond(send)

    async with TestClient(app) as client:
        await client.post("/", content=body())

    assert closed == ["body"]


async def test_a_failing_body_is_raised_by_the_request_and_a_disconnect_for_the_application() -> None:
    heard = list[str]()

    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        raise OSError("the disk is gone")

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await until_disconnect(receive)
        heard.append("disconnect")

    async with TestClient(app) as client:
        with pytest.raises(OSError, match="the disk is gone"):
            await client.post("/", content=body())

    assert heard == ["disconnect"]


async def test_a_body_may_be_any_stream_of_httpx() -> None:
    class Slotted(httpx.AsyncByteStream):
        __slots__ = ()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"abc"

    async with TestClient(count_parts) as client:
        request = httpx.Request("POST", "http://testserver/", stream=Slotted())
        assert (await client.send(request)).text == "3 0"

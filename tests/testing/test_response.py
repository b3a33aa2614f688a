from __future__ import annotations

import gc
import zlib

import anyio
import httpx
import pytest

from nexios.testing import TestClient
from nexios.types import Receive, Scope, Send
from tests.testing.apps import respond, send_part, serving, start

pytestmark = pytest.mark.anyio


@serving
async def lines_without_end(scope: Scope, receive: Receive, send: Send) -> None:
    await start(send)
    for _ in range(3):
        await send_part(send, b"line\nhalf ")
    await receive()
    await receive()


@pytest.mark.parametrize("method", ["aiter_raw", "aiter_bytes", "aiter_text", "aiter_lines"])
async def test_an_iterator_may_be_left_half_way(method: str) -> None:
    async with TestClient(lines_without_end) as client:
        async with client.stream("GET", "/") as answer:
            async for part in getattr(answer, method)():
                assert part in ("line", "line\nhalf ", b"line\nhalf ")
                break
        gc.collect()  # what is left would be found, and warned about, here


async def test_an_answer_may_be_closed_while_another_task_reads_it() -> None:
    async def read() -> None:
        with pytest.raises(httpx.ReadError, match="the client was closed before the end of the answer"):
            await answer.aread()

    async with (
        TestClient(lines_without_end) as client,
        anyio.create_task_group() as tasks,
        client.stream("GET", "/") as answer,
    ):
        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()


async def test_an_answer_is_decoded() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, zlib.compress("grüße".encode()), (b"content-encoding", b"deflate"))

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "grüße"


async def test_a_complete_answer_may_be_iterated_again() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"abc")

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert [part async for part in answer.aiter_text()] == ["abc"]

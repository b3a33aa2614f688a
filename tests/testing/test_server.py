from __future__ import annotations

import anyio
import pytest

from nexios.testing import TestClient
from nexios.types import Receive, Scope, Send
from tests.testing.apps import respond, send_part, serving, start, until_disconnect

pytestmark = pytest.mark.anyio


async def test_a_call_that_is_left_over_is_cancelled_at_the_exit() -> None:
    ended = list[str]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    async with TestClient(app, grace=0.01) as client:
        await client.get("/")
        assert ended == []

    assert ended == ["cancelled"]


async def test_a_call_that_never_stops_sending_is_cancelled_at_the_exit() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        while True:
            await send_part(send, b"x")

    async with TestClient(app, grace=0.01) as client, client.stream("GET", "/") as answer:
        async for part in answer.aiter_raw():
            assert part == b"x"
            break


async def test_a_call_that_never_stops_receiving_is_cancelled_at_the_exit() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        while True:
            await receive()

    async with TestClient(app, grace=0.01) as client:
        assert (await client.get("/")).status_code == 200


async def test_calls_hear_of_the_exit_before_the_shutdown() -> None:
    heard = list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await until_disconnect(receive)
            heard.append("disconnect")
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        heard.append("shutdown")
        await send({"type": "lifespan.shutdown.complete"})

    async def get(client: TestClient) -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await client.get("/")

    scopes = list[anyio.CancelScope]()
    async with TestClient(app) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(get, client)
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()

    assert heard == ["disconnect", "shutdown"]


async def test_a_failure_while_calls_end_is_told_after_the_shutdown() -> None:
    stopped = list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await respond(send)
            try:
                await anyio.sleep_forever()
            finally:
                raise ZeroDivisionError
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        stopped.append("shutdown")
        await send({"type": "lifespan.shutdown.complete"})

    with pytest.raises(ZeroDivisionError):
        async with TestClient(app, grace=0.01) as client:
            await client.get("/")

    assert stopped == ["shutdown"]


async def test_no_call_is_remembered_that_has_ended_well() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    async with TestClient(app) as client:
        for _ in range(3):
            await client.get("/")
        assert client._strict._surroundings.open_calls == set()

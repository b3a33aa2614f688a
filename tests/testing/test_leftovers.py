from __future__ import annotations

from typing import Any

import anyio
import pytest

from nexios import NexiosApp, Plugin, Registry
from nexios.testing import LeftBehind, TestClient, check_nothing_left
from nexios.types import Receive, Scope, Send
from tests.testing.apps import serving

pytestmark = pytest.mark.anyio


@serving
async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def test_a_test_that_tidies_up_passes() -> None:
    async with check_nothing_left(echo), TestClient(echo) as client, client.websocket_connect("/") as session:
        await session.send_text("x")
        assert await session.receive_text() == "x"


async def test_a_task_that_still_runs_is_named() -> None:
    async with anyio.create_task_group() as tasks:
        with pytest.raises(LeftBehind, match="left behind:\n- the task 'the forgotten one'"):
            async with check_nothing_left(within=0.05):
                tasks.start_soon(anyio.sleep_forever, name="the forgotten one")
        tasks.cancel_scope.cancel()


async def test_a_task_that_ends_soon_is_waited_for() -> None:
    async with anyio.create_task_group() as tasks, check_nothing_left(within=10):
        tasks.start_soon(anyio.sleep, 0.02)


async def test_a_socket_that_is_still_open_is_a_task_that_still_runs() -> None:
    async with TestClient(echo) as client:
        connection = client.websocket_connect("/")
        with pytest.raises(LeftBehind):
            async with check_nothing_left(within=0.05):
                await connection.__aenter__()
        await connection.__aexit__(None, None, None)


async def test_what_a_plugin_holds_is_asked_for() -> None:
    held = ["before"]

    class Holds(Plugin):
        name = "holds"

        def register(self, registry: Registry) -> None:
            registry.contribute("leftovers", lambda: held)

    app: Any = NexiosApp(plugins=[Holds])
    async with check_nothing_left(app):
        pass
    with pytest.raises(LeftBehind, match="- the lock"):
        async with check_nothing_left(app, within=0.05):
            held.append("the lock")


async def test_an_error_of_the_test_itself_comes_first() -> None:
    async with anyio.create_task_group() as tasks:
        with pytest.raises(LookupError):  # noqa: PT012
            async with check_nothing_left(within=0.05):
                tasks.start_soon(anyio.sleep_forever)
                raise LookupError
        tasks.cancel_scope.cancel()

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp
from nexios.exceptions import ConfigurationError
from nexios.testing import TestClient, WebSocketClosed, WebSocketDenied
from nexios.websockets import WebSocket
from nexios.websockets.plugin import connections_of
from nexios.websockets.rate import TokenBucket

pytestmark = pytest.mark.anyio


def make_app(**settings: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(websockets=settings))

    @app.websocket("/")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        async for message in ws:
            await ws.send(message)

    return app


async def test_a_user_may_have_so_many_sockets_and_no_more() -> None:
    app = make_app(connections_per_user=2)
    async with TestClient(app) as client:
        async with client.websocket_connect("/"), client.websocket_connect("/"):
            with pytest.raises(WebSocketDenied) as denied:
                async with client.websocket_connect("/"):
                    pass
        async with client.websocket_connect("/"):
            pass

    assert denied.value.status_code == 429


async def test_an_application_may_have_so_many_sockets_and_no_more() -> None:
    app = make_app(connections=1)
    async with TestClient(app) as client, client.websocket_connect("/"):
        with pytest.raises(WebSocketDenied) as denied:
            async with client.websocket_connect("/"):
                pass

    assert denied.value.status_code == 503


async def test_a_flood_is_closed_with_1008() -> None:
    app = make_app(rate=5.0)
    async with TestClient(app) as client, client.websocket_connect("/") as session:
        for _ in range(5):
            await session.send_text("x")
            assert await session.receive_text() == "x"
        await session.send_text("x")
        with pytest.raises(WebSocketClosed) as closed:
            await session.receive()

    assert (closed.value.code, closed.value.reason) == (1008, "more than 5 messages a second")


def test_the_bucket_refills_evenly() -> None:
    now = [0.0]
    bucket = TokenBucket(2, 2, lambda: now[0])

    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now[0] = 0.5
    assert [bucket.take(), bucket.take()] == [True, False]
    now[0] = 100
    assert [bucket.take() for _ in range(3)] == [True, True, False]


async def test_a_silent_socket_is_closed_when_it_is_idle() -> None:
    app = make_app(idle_timeout=0.05)
    async with TestClient(app) as client, client.websocket_connect("/") as session:
        with anyio.fail_after(3), pytest.raises(WebSocketClosed) as closed:
            await session.receive()

    assert (closed.value.code, closed.value.reason) == (1001, "idle for 0.05 seconds")


async def test_a_heartbeat_that_nobody_answers_closes_with_1011() -> None:
    app = make_app(heartbeat=0.1)
    async with TestClient(app) as client, client.websocket_connect("/") as session:
        with anyio.fail_after(3):
            assert await session.receive_json() == {"type": "ping"}
            with pytest.raises(WebSocketClosed) as closed:
                await session.receive()

    assert closed.value.code == 1011


async def test_a_heartbeat_that_is_answered_keeps_the_socket() -> None:
    app = make_app(heartbeat=0.1)
    async with TestClient(app) as client, client.websocket_connect("/") as session:
        with anyio.fail_after(5):
            for _ in range(3):
                assert await session.receive_json() == {"type": "ping"}
                await session.send_text("pong")
                assert await session.receive_text() == "pong"


async def test_nothing_is_left_of_sockets_that_have_gone() -> None:
    app = make_app(connections_per_user=100)
    async with TestClient(app) as client:
        for _ in range(20):
            async with client.websocket_connect("/"):
                pass
        connections = connections_of(app)

        assert not connections.open
        assert not connections.served
        assert not connections._users


@pytest.mark.parametrize("wrong", [{"max_message": 0}, {"queue": -1}, {"slow_consumer": "wait"}, {"max_mesage": 1}])
def test_a_wrong_setting_is_an_error_of_the_configuration(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        make_app(**wrong)


def test_an_unknown_backend_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="memory"):
        make_app(backend="memcache")

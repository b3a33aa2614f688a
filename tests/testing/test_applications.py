"""The client with applications of Nexios: what the two have agreed upon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from nexios import Depend, MakeConfig, NexiosApp, Request, Response, ServerSentEvent
from nexios.testing import LifespanError, MessageEvent, SyncTestClient, TestClient, WebSocketDenied

pytestmark = pytest.mark.anyio


def failing() -> NexiosApp:
    app = NexiosApp()

    @app.get("/")
    async def fail() -> None:
        raise ZeroDivisionError("in the handler")

    return app


async def test_a_handler_is_called() -> None:
    app = NexiosApp()

    @app.get("/items/{id}")
    async def show_item(id: int) -> dict[str, int]:
        return {"id": id}

    async with TestClient(app) as client:
        assert (await client.get("/items/7")).json() == {"id": 7}
        assert (await client.head("/items/7")).headers["content-length"] == "8"
        assert (await client.get("/items/seven")).status_code == 404
        assert (await client.put("/items/7")).headers["allow"] == "GET, HEAD, OPTIONS"


async def test_an_error_of_a_handler_is_raised() -> None:
    async with TestClient(failing()) as client:
        with pytest.raises(ZeroDivisionError, match="in the handler"):
            await client.get("/")


async def test_an_error_of_a_handler_is_a_problem_document_for_a_client_that_does_not_raise_it() -> None:
    async with TestClient(failing(), raise_server_exceptions=False) as client:
        answer = await client.get("/")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_is_streamed_to_the_handler() -> None:
    app = NexiosApp()

    @app.post("/")
    async def measure(request: Request) -> dict[str, int]:
        return {"bytes": sum([len(part) async for part in request.stream()])}

    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(1000)

    async with TestClient(app) as client:
        assert (await client.post("/", content=body())).json() == {"bytes": 3000}


async def test_a_body_over_the_limit_is_refused_without_reading_on() -> None:
    app = NexiosApp(config=MakeConfig(limits={"body": 1500}))
    produced = list[int]()

    @app.post("/")
    async def measure(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    async def body() -> AsyncIterator[bytes]:
        for number in range(100):
            produced.append(number)
            yield bytes(1000)

    async with TestClient(app) as client:
        assert (await client.post("/", content=body())).status_code == 413

    assert produced == [0, 1]


async def test_events_are_read_until_the_client_leaves() -> None:
    app = NexiosApp()
    closed = list[str]()

    @app.get("/ticks")
    async def ticks(response: Response) -> Any:
        async def count() -> AsyncIterator[ServerSentEvent]:
            number = 0
            try:
                while True:
                    yield ServerSentEvent(str(number), event="tick", id=str(number))
                    number += 1
            finally:
                closed.append("ticks")

        return response.sse(count())

    async with TestClient(app) as client:
        async with client.sse("/ticks") as events:
            assert await anext(events) == MessageEvent("0", event="tick", id="0")
            assert await anext(events) == MessageEvent("1", event="tick", id="1")
        assert closed == ["ticks"]


async def test_a_dependency_is_overridden() -> None:
    app = NexiosApp()

    def get_name() -> str:
        return "production"

    @app.get("/")
    async def show(name: str = Depend(get_name)) -> str:
        return name

    async with TestClient(app) as client:
        with app.override(get_name, lambda: "test"):
            assert (await client.get("/")).text == "test"
        assert (await client.get("/")).text == "production"


async def test_the_hooks_of_the_application_run_around_the_requests() -> None:
    app, seen = NexiosApp(), list[str]()

    @app.on_startup
    async def start() -> None:
        seen.append("startup")

    @app.on_shutdown
    async def stop() -> None:
        seen.append("shutdown")

    @app.get("/")
    async def show() -> None:
        seen.append("request")

    async with TestClient(app) as client:
        await client.get("/")

    assert seen == ["startup", "request", "shutdown"]


async def test_a_failing_startup_fails_the_test_with_its_message() -> None:
    app = NexiosApp()

    @app.on_startup
    async def connect() -> None:
        raise ConnectionRefusedError("no database at localhost:5432")

    with pytest.raises(LifespanError, match="no database at localhost:5432"):
        async with TestClient(app):
            pytest.fail("entered")


async def test_a_websocket_that_nobody_serves_is_denied() -> None:
    async with TestClient(NexiosApp()) as client:
        with pytest.raises(WebSocketDenied):
            async with client.websocket_connect("/ws"):
                pytest.fail("connected")


def test_synchronous_tests_call_handlers_too() -> None:
    app = NexiosApp()

    @app.get("/")
    async def greet() -> dict[str, str]:
        return {"message": "Hello"}

    with SyncTestClient(app) as client:
        assert client.get("/").json() == {"message": "Hello"}

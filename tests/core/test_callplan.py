"""The code that calls handlers."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from nexios import Depend, NexiosApp, Request, Response
from nexios.callplan import ThreadLimit
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


def plan_of(app: NexiosApp, index: int = 0) -> Any:
    app.assembly.compile_all()
    return app.routes[index].endpoint


def test_routes_of_one_shape_share_their_code() -> None:
    app = NexiosApp(plugins=[])
    for number in range(3):

        @app.get(f"/{number}/{{id}}")
        async def show(request: Request, response: Response, id: int) -> None: ...

    codes = {plan_of(app, index).__code__ for index in range(3)}

    assert len(codes) == 1


async def test_tracebacks_show_the_lines_of_the_plan() -> None:
    app = NexiosApp(plugins=[])

    def dependency() -> None:
        raise LookupError("deep")

    @app.get("/")
    async def show(it: None = Depend(dependency)) -> None: ...

    with pytest.raises(LookupError) as raised:
        async with TestClient(app) as client:
            await client.get("/")

    text = "".join(traceback.format_exception(raised.value))
    assert "<nexios call plan" in text
    assert "v0 = o0()" in text
    linecache.checkcache()
    assert "v0 = o0()" in "".join(traceback.format_exception(raised.value))


async def test_a_protocol_plugin_gets_a_call_that_gives_values_and_raises_errors() -> None:
    app = NexiosApp(plugins=[])
    log: list[str] = []

    async def resource() -> AsyncIterator[str]:
        try:
            yield "r"
        except LookupError:
            log.append("saw")
            raise
        finally:
            log.append("closed")

    @app.get("/{fails}")
    async def show(request: Request, fails: bool, it: str = Depend(resource)) -> str:
        if fails:
            raise LookupError
        return it

    @app.get("/")
    async def simple() -> int:
        return 5

    first, second = app.routes
    request = Request(app, {"type": "http", "path": "/false", "method": "GET", "headers": []}, None, None, {})  # type: ignore[arg-type]
    app.locate(request)
    assert await app.compile_handler(first)(request, None) == "r"  # type: ignore[arg-type]
    request.path = "/true"
    app.locate(request)
    with pytest.raises(LookupError):
        await app.compile_handler(first)(request, None)  # type: ignore[arg-type]
    assert await app.compile_handler(second)(request, None) == 5  # type: ignore[arg-type]
    assert log == ["closed", "saw", "closed"]


async def test_threads_are_limited_together() -> None:
    app = NexiosApp(plugins=[])
    app.bindings.threads = ThreadLimit(1)
    running: list[int] = []
    most: list[int] = []
    import threading
    import time

    lock = threading.Lock()

    @app.get("/")
    def show() -> None:
        with lock:
            running.append(1)
            most.append(len(running))
        time.sleep(0.002)
        with lock:
            running.pop()

    async with TestClient(app) as client, anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(client.get, "/")

    assert max(most) == 1
    assert len(most) == 5

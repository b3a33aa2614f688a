"""What is installed and not used costs a request nothing: the very same calls are made with and without it."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any

import pytest

from nexios import NexiosApp, Request


def app_with(plugins: Any) -> NexiosApp:
    app = NexiosApp(plugins=plugins)

    @app.get("/plain")
    async def plain() -> str:
        return "plain"

    @app.get("/items/{id}")
    async def item(request: Request, id: int) -> Any:
        return {"id": id}

    return app


async def calls_of(app: NexiosApp, path: str) -> list[str]:
    """Every call, of Python and of C, that one warm request makes."""
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"localhost")], "query_string": b""}
    calls: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        pass

    def note(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            calls.append(frame.f_code.co_qualname if hasattr(frame.f_code, "co_qualname") else frame.f_code.co_name)
        elif event == "c_call":
            calls.append(argument.__name__)

    for _ in range(3):
        await app(dict(scope), receive, send)
    before = sys.getprofile()
    gc.disable()  # what it calls belongs to nobody
    sys.setprofile(note)
    try:
        await app(dict(scope), receive, send)
    finally:
        sys.setprofile(before)
        gc.enable()
    return calls


@pytest.mark.parametrize("path", ["/plain", "/items/7"])
def test_installed_plugins_cost_a_route_that_does_not_use_them_nothing(path: str) -> None:
    everything = app_with("auto")

    assert len([each for each in everything.plugins if each.state == "active"]) >= 1
    assert asyncio.run(calls_of(everything, path)) == asyncio.run(calls_of(app_with([]), path))

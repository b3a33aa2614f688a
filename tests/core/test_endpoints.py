"""What may stand around a handler: a deadline."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import pytest

from nexios import Depend, NexiosApp, Request, Router
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


async def test_a_handler_that_is_too_slow_is_cancelled_with_its_cleanups_and_answered_with_504() -> None:
    app = NexiosApp(plugins=[])
    log: list[str] = []

    async def resource() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await anyio.sleep(0.001)
            log.append("closed")

    @app.get("/", timeout=0.02)
    async def slow(request: Request, it: None = Depend(resource)) -> None:
        assert request.deadline is not None
        assert request.deadline - anyio.current_time() < 1
        try:
            await anyio.sleep_forever()
        finally:
            log.append("cancelled")

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert answer.status_code == 504
    assert answer.json()["detail"] == "the handler did not answer within 0.02 seconds"
    assert log == ["cancelled", "closed"]


async def test_a_timeout_may_be_the_routers_and_is_answered_by_its_handlers() -> None:
    app = NexiosApp(plugins=[])
    router = Router("/r", timeout=0.01)
    app.mount_router(router)
    router.add_exception_handler(504, lambda request, response, error: response.text("too slow", status=504))

    @router.get("/slow")
    async def slow() -> None:
        await anyio.sleep_forever()

    @router.get("/quick", timeout=60)
    async def quick() -> str:
        await anyio.lowlevel.checkpoint()
        return "quick"

    @router.get("/thread")
    def thread() -> str:
        time.sleep(0.001)
        return "thread"

    async with TestClient(app) as client:
        assert (await client.get("/r/slow")).text == "too slow"
        assert (await client.get("/r/quick")).text == "quick"
        assert (await client.get("/r/thread")).text == "thread"

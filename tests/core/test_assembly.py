"""From declared routes to served ones."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import NexiosApp, Router
from nexios.exceptions import BindingError, ConfigurationError
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


async def test_every_route_is_compiled_at_the_start() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show() -> None: ...

    await app.startup()

    assert "call plan" in app.routes[0].endpoint.__code__.co_filename
    await app.shutdown()


async def test_the_order_of_layers_is_checked_at_the_start_across_routers() -> None:
    class Inner:
        name = "inner"
        after: tuple[str, ...] = ("outer",)

        async def __call__(self, request: Any, response: Any, call_next: Any) -> Any:
            return await call_next()

    class Outer(Inner):
        name = "outer"
        after = ()

    app = NexiosApp(plugins=[], middleware=[Inner()])
    router = Router("/r", middleware=[Outer()])
    app.mount_router(router)

    @router.get("/")
    async def show() -> None: ...

    with pytest.raises(ConfigurationError, match="middleware 'inner' must come after 'outer': move"):
        await app.startup()


def test_a_plan_is_checked_where_the_route_is_declared() -> None:
    app = NexiosApp(plugins=[])

    with pytest.raises(BindingError, match=r"^GET, POST /x: .*show \("):

        @app.route("/x", ["GET", "POST"])
        async def show(it: int) -> None: ...


async def test_layers_are_prepared_once_for_each_change() -> None:
    app = NexiosApp(plugins=[])
    prepared: list[Any] = []

    class Layer:
        def prepare(self, app: NexiosApp) -> None:
            prepared.append(app)

        async def __call__(self, request: Any, response: Any, call_next: Any) -> Any:
            return await call_next()

    shared = Layer()
    router = Router("/r", middleware=[shared])
    app.mount_router(router)
    app.add_middleware(Layer())
    for path in ("/a", "/b"):

        @router.get(path, middleware=[shared])
        async def show() -> None: ...

    async with TestClient(app) as client:
        for _ in range(3):
            await client.get("/r/a")
            await client.post("/r/a")
    assert prepared == [app, app]

"""Everything a plugin may add, and what happens where two add the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from nexios import NexiosApp, Plugin, Registry, Request, Response, Router
from nexios.exceptions import PluginError, RouteError
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


def plugin(name: str, register: Callable[[Registry], Any]) -> Plugin:
    class Made(Plugin):
        def register(self, registry: Registry) -> None:
            register(registry)

    Made.name = name
    return Made()


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


class FarPoint(Point): ...


async def test_a_plugin_adds_to_every_part_of_an_application() -> None:
    log: list[str] = []
    router = Router("/plugin")

    @router.get("/route")
    async def route() -> str:
        return "of the plugin"

    async def layer(request: Request, response: Response, call_next: Callable[[], Awaitable[Response]]) -> Response:
        log.append("plugin layer")
        return await call_next()

    async def own_layer(request: Request, response: Response, call_next: Callable[[], Awaitable[Response]]) -> Response:
        log.append("own layer")
        return await call_next()

    @asynccontextmanager
    async def lifespan(app: NexiosApp) -> AsyncIterator[None]:
        log.append("lifespan")
        yield

    async def check() -> None: ...

    def register(registry: Registry) -> None:
        registry.middleware(layer)
        registry.router(router)
        registry.slot("number", lambda request: 7)
        registry.response_slot("point", lambda response: lambda x: response.json({"x": x}))
        registry.encoder(Point, lambda response, value: response.json({"encoded": value.x}))
        registry.path_converter("even", lambda text: int(text) if int(text) % 2 == 0 else int("x"))
        registry.provide(Point, lambda: Point(3))
        registry.route_option("cost", "owner")
        registry.on_startup(lambda: log.append("startup"))
        registry.on_shutdown(lambda: log.append("shutdown"))
        registry.on_drain(lambda: log.append("drain"))
        registry.lifespan(lifespan)
        registry.health("part", check)
        registry.on("request", lambda request: log.append(request.path))
        registry.contribute("openapi", {"tags": []})
        registry.app_slot("auth_backend", lambda backend: log.append(f"backend {backend}"))

    app = NexiosApp(plugins=[plugin("whole", register)], middleware=[own_layer])
    app.auth_backend = "mine"

    @app.get("/{id:even}", cost=5, owner="me")
    async def show(request: Request, response: Response, id: int, point: Point) -> Response:
        return response.point(id + request.number + point.x)  # type: ignore[attr-defined,no-any-return]

    @app.get("/encoded/point")
    async def encoded() -> FarPoint:
        return FarPoint(9)

    async with TestClient(app) as client:
        assert (await client.get("/4")).json() == {"x": 14}
        assert (await client.get("/5")).status_code == 404
        assert (await client.get("/encoded/point")).json() == {"encoded": 9}
        assert (await client.get("/plugin/route")).text == "of the plugin"
        assert await app.check_health() == {"part": None}

    assert app.auth_backend == "mine"
    assert app.contributions("openapi") == [("whole", {"tags": []})]
    assert app.contributions("nothing") == []
    assert log[:6] == ["backend mine", "lifespan", "startup", "/4", "plugin layer", "own layer"]
    assert log[-2:] == ["drain", "shutdown"]
    assert app.plugins["whole"].contributions == (
        f"middleware {layer.__qualname__.replace('<locals>.', '')}", "routes /plugin", "slot number",
        "response slot point", "encoder Point", "path converter even", "provider Point", "route options cost, owner",
        "startup hook", "shutdown hook", "drain hook", "lifespan", "health part", "listener 'request'",
        "contribution openapi", "app slot auth_backend",
    )  # fmt: skip


class Codec:
    media_types = ("application/x",)

    def encode(self, value: Any) -> bytes:
        return b""

    def decode(self, data: bytes) -> Any:
        return None


async def nothing() -> None: ...


CLAIMS: list[tuple[str, Callable[[Registry], Any]]] = [
    ("slot session", lambda registry: registry.slot("session", lambda connection: registry.plugin)),
    ("response slot x", lambda registry: registry.response_slot("x", lambda response: registry.plugin)),
    ("app slot x", lambda registry: registry.app_slot("x", print)),
    ("encoder Point", lambda registry: registry.encoder(Point, lambda response, value: response)),
    ("codec application/x", lambda registry: registry.codec(Codec())),
    ("path converter x", lambda registry: registry.path_converter("x", str)),
    ("protocol mqtt", lambda registry: registry.protocol("mqtt", object())),  # type: ignore[arg-type]
    ("provider Point", lambda registry: registry.provide(Point, Point)),
    ("health x", lambda registry: registry.health("x", nothing)),
]


@pytest.mark.parametrize(("what", "claim"), CLAIMS)
def test_two_plugins_that_claim_the_same_are_an_error_that_names_both(what: str, claim: Any) -> None:
    with pytest.raises(PluginError, match=rf"plugins 'one' and 'two' both provide the {what}: choose one with"):
        NexiosApp(plugins=[plugin("one", claim), plugin("two", claim)])


@pytest.mark.parametrize(("what", "claim"), CLAIMS)
@pytest.mark.parametrize("preferred", ["one", "two"])
def test_the_application_may_choose(what: str, claim: Any, preferred: str) -> None:
    chosen = {"plugins": {"prefer": {what: preferred}}}

    app = NexiosApp(chosen, plugins=[plugin("one", claim), plugin("two", claim)])

    assert what in app.plugins[preferred].contributions
    if what == "slot session":
        assert app.slots["session"](None) == preferred


def test_a_choice_of_somebody_else_chooses_nothing() -> None:
    what, claim = CLAIMS[0]
    with pytest.raises(PluginError, match="both provide"):
        NexiosApp({"plugins": {"prefer": {what: "three"}}}, plugins=[plugin("one", claim), plugin("two", claim)])
    assert NexiosApp({"plugins": {"prefer": {what: "three"}}}, plugins=[plugin("one", claim)]).slots


def test_a_plugin_may_replace_what_it_registered_itself() -> None:
    def register(registry: Registry) -> None:
        registry.slot("x", lambda connection: 1)
        registry.slot("x", lambda connection: 2)

    assert NexiosApp(plugins=[plugin("one", register)]).slots["x"](None) == 2


def test_a_route_that_cannot_be_served_stops_the_start() -> None:
    router = Router("/x")
    router.get("/{id:nothing}")(nothing)

    with pytest.raises(RouteError, match="nothing"):
        NexiosApp(plugins=[plugin("one", lambda registry: registry.router(router))])


def test_a_slot_cannot_take_the_place_of_what_a_request_has_anyway() -> None:
    def register(registry: Registry) -> None:
        registry.slot("headers", lambda connection: {})

    with pytest.raises(PluginError, match=r"request\.headers is taken: it is one of its own attributes"):
        NexiosApp(plugins=[plugin("greedy", register)])

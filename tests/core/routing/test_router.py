"""Declaring: routers, prefixes, what is inherited and what is refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nexios import Depend, HTTPException, NexiosApp, Request, Response, Router
from nexios.exceptions import ConfigurationError, DuplicateRouteError, RouteError
from nexios.routing.route import ServedRoute
from nexios.testing import TestClient
from nexios.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


def line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


async def nothing() -> None: ...
async def mounted(scope: Scope, receive: Receive, send: Send) -> None: ...


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options", "query"])
async def test_every_method_has_its_decorator_and_they_stack(app: NexiosApp, method: str) -> None:
    declare: Callable[[str], Callable[[Any], Any]] = getattr(app, method)

    @declare("/one")
    @declare("/two")
    async def show(request: Request) -> str:
        return request.method

    async with TestClient(app) as client:
        for path in ("/one", "/two"):
            answer = await client.request(method.upper(), path)
            assert answer.status_code == 200
            assert answer.text == ("" if method == "head" else method.upper())
    assert inspect.iscoroutinefunction(show)


async def test_a_route_has_any_methods(app: NexiosApp) -> None:
    @app.route("/", methods=["get", "POST", "M-SEARCH"])
    async def show(request: Request) -> str:
        return request.method

    async with TestClient(app) as client:
        for method in ("GET", "POST", "M-SEARCH"):
            assert (await client.request(method, "/")).text == method
        assert (await client.put("/")).headers["allow"] == "GET, HEAD, M-SEARCH, OPTIONS, POST"


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ("GET", r"methods='GET': give a list, methods=\['GET'\]"),
        ([], "give HTTP methods such as CONNECT, DELETE"),
        (["GET "], "give HTTP methods"),
        (["_HELPER"], "give HTTP methods"),
        (["GÉT"], "give HTTP methods"),
        ([""], "give HTTP methods"),
    ],
)
def test_methods_are_names_of_methods(app: NexiosApp, methods: Any, message: str) -> None:
    with pytest.raises(RouteError, match=message):
        app.route("/", methods)


@pytest.mark.parametrize("handler", [5, "show", None, object()])
def test_a_handler_is_callable(app: NexiosApp, handler: Any) -> None:
    with pytest.raises(RouteError, match="is not a handler: give a function, or a class derived from View"):
        app.get("/")(handler)


@pytest.mark.parametrize("prefix", ["api", "/api/", "/", "api/"])
def test_a_prefix_begins_with_a_slash_and_does_not_end_with_one(prefix: str) -> None:
    with pytest.raises(RouteError, match=r"Router\(prefix=.*\): a prefix starts with '/' and does not end with one"):
        Router(prefix)


async def test_prefixes_match_whole_segments_and_nest(app: NexiosApp) -> None:
    outer, inner = Router(prefix="/api"), Router("/v{version:int}")

    @inner.get("")
    async def root(version: int) -> int:
        return version

    @inner.get("/items/{id}")
    async def item(version: int, id: str) -> list[Any]:
        return [version, id]

    outer.mount_router(inner)
    assert app.mount_router(outer) is outer

    async with TestClient(app) as client:
        assert (await client.get("/api/v2")).json() == 2
        assert (await client.get("/api/v2/items/x")).json() == [2, "x"]
        assert (await client.get("/apiv2")).status_code == 404
        assert (await client.get("/api/vx")).status_code == 404


async def test_routes_may_be_declared_before_and_after_mounting_and_after_the_start(app: NexiosApp) -> None:
    router, below = Router("/r"), Router("/b")

    @router.get("/before")
    async def before() -> str:
        return "before"

    app.mount_router(router)

    @router.get("/after")
    async def after() -> str:
        return "after"

    router.mount_router(below)

    async with TestClient(app) as client:
        assert (await client.get("/r/b/late")).status_code == 404

        @below.get("/late")
        async def late() -> str:
            return "late"

        assert (await client.get("/r/before")).text == "before"
        assert (await client.get("/r/after")).text == "after"
        assert (await client.get("/r/b/late")).text == "late"


async def test_a_router_may_be_mounted_at_several_places_and_in_several_applications(app: NexiosApp) -> None:
    shared, one, two = Router("/s", name="s"), Router("/one", name="one"), Router("/two", name="two")
    other = NexiosApp(plugins=[])
    for parent in (one, two):
        app.mount_router(parent)
        parent.mount_router(shared)
    other.mount_router(shared)

    @shared.get("/{id}", name="show")
    async def show(request: Request, id: int) -> str:
        return request.path

    async with TestClient(app) as client:
        assert (await client.get("/one/s/1")).text == "/one/s/1"
        assert (await client.get("/two/s/1")).text == "/two/s/1"
    async with TestClient(other) as client:
        assert (await client.get("/s/1")).text == "/s/1"
    assert app.url_for("one.s.show", id=3) == "/one/s/3"
    assert app.url_for("two.s.show", id=3) == "/two/s/3"
    assert other.url_for("s.show", id=3) == "/s/3"


def test_a_router_mounted_twice_at_one_place_declares_everything_twice(app: NexiosApp) -> None:
    router = Router("/r")
    router.get("/")(nothing)
    app.mount_router(router)

    with pytest.raises(DuplicateRouteError):
        app.mount_router(router)


def test_a_router_cannot_contain_itself() -> None:
    one, two, three = Router("/one"), Router("/two"), Router("/three")
    one.mount_router(two)
    two.mount_router(three)

    for inner in (one, three):
        with pytest.raises(RouteError, match="would contain itself"):
            inner.mount_router(one)


def test_the_same_method_and_path_twice_is_an_error_that_names_both_lines(app: NexiosApp) -> None:
    app.get("/items/{id:int}")(nothing)
    first = line() - 1

    with pytest.raises(DuplicateRouteError) as twice:
        app.route("/items/{other}", ["POST", "GET"])(_takes_int)

    second = _line_of('app.route("/items/{other}"')
    assert f"test_router.py:{first}" in str(twice.value)
    assert f"test_router.py:{second}" in str(twice.value)
    assert "GET /items/{other" in str(twice.value)
    assert len(app.routes) == 1


async def _takes_int(other: int) -> None: ...


def _line_of(text: str) -> int:
    lines = Path(__file__).read_text("utf-8").split("\n")
    return next(number for number, each in enumerate(lines, 1) if text in each)


def test_a_mistake_is_an_error_at_its_own_line_and_leaves_nothing_behind(app: NexiosApp) -> None:
    router = Router("/r")
    app.mount_router(router)

    with pytest.raises(RouteError, match=r"nothing.*test_router.py:\d+"):
        router.get("/{id:nothing}")(nothing)
    with pytest.raises(RouteError):
        app.get("no-slash")(nothing)

    assert app.routes == []
    assert router.declared == []


def test_what_is_inherited_comes_together_at_the_route(app: NexiosApp) -> None:
    def guard() -> None: ...
    def check() -> None: ...

    outer = Router(
        "/o", tags=["outer"], meta={"a": 1, "b": 1}, dependencies=[Depend(guard)], timeout=5, max_body=10, summary="s",
        host="api.example.com", cancel_on_disconnect=True,
    )  # fmt: skip
    inner = Router("/i", tags=["inner", "outer"], meta={"b": 2}, timeout=3)
    app.mount_router(outer)
    outer.mount_router(inner)

    @inner.get("/", tags=["route"], meta={"c": 3}, dependencies=[Depend(check)], max_body=5, description="d")
    async def show() -> None: ...

    (served,) = app.routes
    assert isinstance(served, ServedRoute)
    assert served.tags == ("outer", "inner", "route")
    assert served.meta == {"a": 1, "b": 2, "c": 3}
    assert [each.factory for each in served.dependencies] == [guard, check]
    assert (served.timeout, served.max_body, served.host) == (3, 5, "api.example.com")
    assert served.cancel_on_disconnect
    assert served.options == {"summary": "s", "description": "d"}
    assert (served.path, served.methods, served.protocol, served.name) == ("/o/i/", ("GET",), "http", None)
    assert served.handler is show
    assert repr(served).startswith("<ServedRoute GET /o/i/ (")
    assert repr(inner) == "<Router /i with 1 entries>"


async def test_hosts_have_routes_of_their_own_before_those_of_all(app: NexiosApp) -> None:
    tenant = Router("/t", host="{tenant}.example.com")
    app.mount_router(tenant)

    @tenant.get("/{id}")
    async def of_tenant(request: Request, tenant: str, id: int) -> list[Any]:
        return [tenant, id, request.path_params.tenant]

    @app.get("/", host="api.example.com")
    async def of_api() -> str:
        return "api"

    @app.get("/")
    async def of_all() -> str:
        return "all"

    @app.post("/only")
    async def only() -> None: ...

    async with TestClient(app) as client:

        async def get(path: str, host: str, method: str = "GET") -> Any:
            return await client.request(method, path, headers={"host": host})

        assert (await get("/t/5", "acme.example.com")).json() == ["acme", 5, "acme"]
        assert (await get("/t/5", "ACME.example.com:8080")).json()[1] == 5
        assert (await get("/t/5", "example.com")).status_code == 404
        assert (await get("/t/5", "a.b.example.com")).status_code == 404
        assert (await get("/", "api.example.com")).text == "api"
        assert (await get("/", "elsewhere.com")).text == "all"
        assert (await get("/", "acme.example.com")).text == "all"
        assert (await get("/only", "api.example.com")).headers["allow"] == "OPTIONS, POST"
        assert (await get("/t/5", "acme.example.com", "PUT")).headers["allow"] == "GET, HEAD, OPTIONS"
        assert (await get("/t/5/", "acme.example.com")).headers["location"] == "/t/5"


# -- mounting applications -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "mounted", "message"),
    [
        ("sub", nothing, r"mount\('sub'\): the path starts with '/' and does not end with one"),
        ("/sub/", nothing, "does not end with one"),
        ("/sub", Router(), r"a Router is mounted with mount_router\(router\)"),
        ("/sub", "text", "'text' is not an ASGI application"),
        ("/{p:path}", nothing, "leaves no path to the mount"),
    ],
)
def test_what_cannot_be_mounted_is_told(app: NexiosApp, path: str, mounted: Any, message: str) -> None:
    with pytest.raises(RouteError, match=message):
        app.mount(path, mounted)
    assert app.routes == []


def test_two_mounts_at_one_path_are_refused(app: NexiosApp) -> None:
    app.mount("/sub", mounted)

    with pytest.raises(DuplicateRouteError, match=r"mount at /sub at .*test_router.py:\d+ is already declared at"):
        app.mount("/sub", mounted)


# -- handlers of errors and layers ---------------------------------------------------------------------------------


def test_dependencies_and_layers_are_checked_where_they_are_given() -> None:
    with pytest.raises(RouteError, match=r"dependencies=\[nothing\]: write Depend\(nothing\)"):
        Router().get("/", dependencies=[nothing])(nothing)
    with pytest.raises(ConfigurationError, match="must take"):
        Router(middleware=[nothing])
    with pytest.raises(ConfigurationError, match="must take"):
        Router().get("/", middleware=[nothing])(nothing)


async def test_a_router_answers_errors_declared_by_decorator(app: NexiosApp) -> None:
    router = Router("/r")
    app.mount_router(router)

    @router.get("/")
    async def fails() -> None:
        raise HTTPException(409)

    @router.add_exception_handler(409)
    async def conflict(request: Request, response: Response, error: HTTPException) -> Response:
        return response.text("conflict", status=409)

    async with TestClient(app) as client:
        assert (await client.get("/r/")).text == "conflict"


async def test_a_class_may_tell_itself_how_it_serves(app: NexiosApp) -> None:
    @app.get("/")
    class Greeter:
        @classmethod
        def as_handler(cls) -> Any:
            async def greet() -> str:
                return cls.__name__

            return greet

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "Greeter"

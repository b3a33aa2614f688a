"""Names of routes, and the way back from a name to a path."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import NexiosApp, Router
from nexios.exceptions import RouteError
from nexios.types import Receive, Scope, Send


@pytest.fixture
def app() -> NexiosApp:
    return NexiosApp(plugins=[])


async def nothing() -> None: ...
async def other() -> None: ...
async def mounted(scope: Scope, receive: Receive, send: Send) -> None: ...


def test_a_path_is_built_from_a_name_or_a_handler(app: NexiosApp) -> None:
    router = Router("/api", name="api")
    app.mount_router(router)
    router.get("/items/{id:int}/{rest:path}", name="item")(nothing)
    app.get("/", name="home")(other)
    app.mount("/files", mounted, name="files")

    assert app.url_for("api.item", id=3, rest="a/b c") == "/api/items/3/a/b%20c"
    assert app.url_for(nothing, id=3, rest="x") == "/api/items/3/x"
    assert app.url_for("home") == app.url_for(other) == "/"
    assert app.url_for("files") == "/files"


@pytest.mark.parametrize(
    ("params", "words"),
    [({}, "id"), ({"id": 1, "extra": 2}, "extra"), ({"id": "x"}, "x"), ({"id": -1.5}, "id")],
)
def test_parameters_are_checked_against_the_path(app: NexiosApp, params: dict[str, Any], words: str) -> None:
    app.get("/items/{id:int}", name="item")(nothing)

    with pytest.raises(RouteError, match=words):
        app.url_for("item", **params)


def test_an_unknown_name_is_told_with_a_suggestion(app: NexiosApp) -> None:
    app.get("/", name="home")(nothing)

    with pytest.raises(RouteError, match=r"no route is named 'hom'.*home"):
        app.url_for("hom")
    with pytest.raises(RouteError, match="other serves no route"):
        app.url_for(other)


def test_a_handler_of_several_paths_needs_a_name(app: NexiosApp) -> None:
    app.get("/one")(nothing)
    app.get("/two")(nothing)

    with pytest.raises(RouteError, match=r"nothing serves several paths \(/one, /two\): name the routes"):
        app.url_for(nothing)


def test_a_name_is_taken_once_unless_the_path_is_the_same(app: NexiosApp) -> None:
    app.get("/one", name="it")(nothing)
    app.post("/one", name="it")(other)

    with pytest.raises(RouteError, match=r"the route name 'it' is taken twice: by /one \(.*\) and /two \("):
        app.get("/two", name="it")(other)
    with pytest.raises(RouteError, match="taken twice"):
        app.mount("/three", mounted, name="it")
    assert len(app.routes) == 2


def test_routes_are_listed_in_the_order_of_declaration(app: NexiosApp) -> None:
    app.get("/b", name="b")(nothing)
    app.mount("/a", mounted)
    app.post("/c")(other)

    assert [(served.path, served.methods, served.protocol, served.name) for served in app.routes] == [
        ("/b", ("GET",), "http", "b"),
        ("/a", (), "mount", None),
        ("/c", ("POST",), "http", None),
    ]
    assert all("test_sites.py:" in served.source for served in app.routes)
    assert [served.handler for served in app.routes] == [nothing, mounted, other]
    assert app.layers_of(app.routes[0]) == ()
    assert repr(app) == "<NexiosApp 'Nexios' with 3 routes>"

"""Every route of an application by host and protocol; names of routes, and the way back from a name to a path."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import NexiosApp, Plugin, Registry, Router, View
from nexios.exceptions import RouteError
from nexios.routing.route import ServedRoute
from nexios.types import Receive, Scope, Send


async def nothing() -> None: ...
async def other() -> None: ...
async def third() -> None: ...
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


@pytest.fixture
def hosted(app: NexiosApp) -> NexiosApp:
    app.post("/{id:int}")(third)
    app.get("/{id:int}")(third)
    app.get("/{id:int}", host="{tenant}.example.com")(nothing)
    app.get("/plain", host="{tenant}.example.com")(nothing)
    app.get("/{id:int}", host="api.example.com")(other)
    app.mount("/files", mounted)
    return app


@pytest.mark.parametrize(
    ("host", "path", "method", "found"),
    [
        ("api.example.com", "/7", "GET", (other, {"id": 7}, 0)),
        ("acme.example.com", "/7", "GET", (nothing, {"tenant": "acme", "id": 7}, 0)),
        ("api.example.com", "/plain", "GET", (nothing, {"tenant": "api"}, 0)),
        ("api.example.com", "/7", "POST", (third, {"id": 7}, 0)),
        ("example.com", "/7", "GET", (third, {"id": 7}, 0)),
        ("", "/7", "GET", (third, {"id": 7}, 0)),
        ("api.example.com", "/files/a", "PUT", (mounted, None, 6)),
        ("example.com", "/plain", "GET", None),
    ],
)
def test_the_most_specific_host_that_has_the_path_serves(
    hosted: NexiosApp, host: str, path: str, method: str, found: tuple[object, object, int] | None
) -> None:
    match = hosted.sites.find("http", host, path, method)

    assert (match and (match.target.handler, match.params, match.prefix)) == found


class Sockets(Plugin):
    """Lets sockets be declared, which nobody opens here."""

    name = "sockets"

    def register(self, registry: Registry) -> None:
        never_opened: Any = object()
        registry.protocol("websocket", never_opened)


def test_each_protocol_has_routes_of_its_own_and_shares_mounts() -> None:
    app = NexiosApp(plugins=[Sockets])
    app.get("/7")(nothing)
    app.mount("/files", mounted)

    def socket(path: str) -> object:
        match = app.sites.find("websocket", "", path, "*")
        return match and match.target.handler

    assert socket("/files/a") is mounted
    assert socket("/7") is None

    app.websocket("/7")(other)
    assert socket("/7") is other
    assert app.sites.find("http", "", "/7", "*") is None


def test_a_protocol_that_nothing_was_declared_for_has_no_routes(app: NexiosApp) -> None:
    app.get("/", host="api.example.com")(nothing)

    assert app.sites.find("websocket", "api.example.com", "/", "*") is None


def test_the_one_table_is_asked_plainly_until_a_host_has_a_say(app: NexiosApp) -> None:
    app.get("/{id:int}")(nothing)

    find = app.sites.find_plainly
    assert find is not None
    found = find("/7", "GET")
    assert found is not None
    assert (found[0].handler, found[1:]) == (nothing, ({"id": 7}, 0))

    app.get("/", host="api.example.com")(other)
    assert app.sites.find_plainly is None


def test_it_is_plain_that_a_path_leads_nowhere_where_no_host_has_a_say(app: NexiosApp) -> None:
    app.get("/a")(nothing)

    assert app.sites.leads_nowhere("/b")
    assert not app.sites.leads_nowhere("/a/")

    app.get("/a", host="api.example.com")(other)
    assert not app.sites.leads_nowhere("/b")


def test_the_methods_of_a_path_come_from_all_that_fits_and_the_nearest_route_is_that_of_get(app: NexiosApp) -> None:
    app.post("/{any}")(third)
    app.put("/x")(third)
    app.get("/x")(nothing)
    app.delete("/{any}", host="api.example.com")(other)
    app.put("/{any}", host="api.example.com")(third)

    methods, nearest = app.sites.allowed("", "/x")
    assert methods == {"GET", "HEAD", "POST", "PUT"}
    assert nearest is not None
    assert nearest.handler is nothing

    methods, nearest = app.sites.allowed("api.example.com", "/x")
    assert methods == {"GET", "HEAD", "POST", "PUT", "DELETE"}
    assert nearest is not None
    assert nearest.handler is other

    assert app.sites.allowed("", "/x/y") == (set(), None)


def test_a_class_is_asked_for_its_path_like_a_function(app: NexiosApp) -> None:
    @app.route("/items/{id:int}")
    class Item(View):
        async def get(self, id: int) -> None: ...

        async def put(self, id: int) -> None: ...

    assert app.url_for(Item, id=7) == "/items/7"


def test_the_protocol_of_a_route_is_found_by_name_and_by_handler() -> None:
    app = NexiosApp(plugins=[Sockets])
    app.get("/", name="home")(nothing)
    app.websocket("/")(other)
    app.mount("/files", mounted, name="files")

    assert [app.sites.protocol_of(each) for each in ("home", nothing, other, "files")] == [
        "http",
        "http",
        "websocket",
        "mount",
    ]
    with pytest.raises(RouteError, match="no route is named 'hme'"):
        app.sites.protocol_of("hme")


def test_an_application_mounted_twice_is_listed_once(app: NexiosApp) -> None:
    async def another(scope: Scope, receive: Receive, send: Send) -> None: ...

    app.get("/")(nothing)
    for path, inner in (("/a", mounted), ("/b", another), ("/c", mounted)):
        app.mount(path, inner)

    assert list(app.sites.mounted()) == [mounted, another]
    assert list(app.mounted_apps()) == [mounted, another]


def test_the_plans_of_routes_are_forgotten_together(app: NexiosApp) -> None:
    app.mount("/files", mounted)
    app.get("/")(nothing)
    (served,) = (each for each in app.routes if isinstance(each, ServedRoute))
    assert served.planned is not None

    app.sites.forget_plans()

    assert served.planned is None

"""What every connection tells of its scope."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from nexios import MakeConfig, NexiosApp, Plugin, Registry, Request, State
from nexios.exceptions import BadRequest, MissingPluginError, PluginError
from nexios.http.connection import Address, Connection, PathParams
from nexios.http.proxies import TrustedProxies
from nexios.testing import TestClient
from tests.core.raw import make_scope

pytestmark = pytest.mark.anyio


def connection(app: NexiosApp | None = None, path: str = "/", **scope: Any) -> Connection:
    made = make_scope(path, **scope)
    return Connection(app or NexiosApp(plugins=[]), made, None, dict(reversed(made["headers"])))  # type: ignore[arg-type]


def test_the_path_is_the_scopes_and_the_host_cannot_move_it() -> None:
    one = connection(path="@evil.com/a b", headers=[(b"host", b"example.com:8080")])

    assert one.path == "@evil.com/a b"
    assert one.url.hostname == "example.com"
    assert one.url.port == 8080
    assert one.base_url == "http://example.com:8080"


def test_a_path_that_is_assigned_is_one() -> None:
    one = connection(path="/a")
    assert one.url.path == "/a"

    one.path = "/b"

    assert (one.path, one.url.path, one.scope["path"]) == ("/b", "/b", "/b")
    with pytest.raises(ValueError, match=r"request.path = 'c': a path starts with '/'"):
        one.path = "c"


def test_headers_query_and_cookies_are_read_lazily_and_kept() -> None:
    one = connection(
        headers=[(b"host", b"x"), (b"x-a", b"1"), (b"x-a", b"2"), (b"cookie", b"a=1; b=2"), (b"cookie", b"a=3")],
        query_string=b"q=1&q=2&e=%C3%A4+b",
    )

    assert one.headers["X-A"] == "1"
    assert one.headers.getlist("x-a") == ["1", "2"]
    assert one.headers is one.headers
    assert one.query_params["q"] == "1"
    assert one.query_params.getlist("q") == ["1", "2"]
    assert one.query_params["e"] == "ä b"
    assert one.query_params is one.query_params
    assert one.cookies == {"a": "1", "b": "2"}
    assert one.cookies is one.cookies


def test_the_fields_are_what_the_server_sent() -> None:
    assert connection(headers=[(b"host", b"x"), (b"x-a", b"1"), (b"x-a", b"2")]).fields == {b"host": b"x", b"x-a": b"1"}


def test_the_limit_of_query_fields_is_configured() -> None:
    app = NexiosApp(MakeConfig(limits={"query_fields": 2}), plugins=[])

    assert len(connection(app, query_string=b"a=1&b=2").query_params) == 2
    with pytest.raises(BadRequest):
        _ = connection(app, query_string=b"a=1&b=2&c=3").query_params


def test_the_peer_is_an_address_or_nobody() -> None:
    assert connection().client == Address("203.0.113.9", 50000)
    assert connection(client=["203.0.113.9", "50000"]).client == Address("203.0.113.9", 50000)
    assert connection(client=["", ""]).client == Address("", None)
    assert connection(client=None).client is None
    assert Address("h", 1).host == "h"


FORWARDED = [
    (b"host", b"inner"),
    (b"x-forwarded-for", b"6.6.6.6, 198.51.100.7"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"outer.example"),
]


def test_forwarding_headers_of_strangers_change_nothing() -> None:
    for app in (NexiosApp(plugins=[]), NexiosApp(plugins=[], trusted_proxies=["10.0.0.0/8"])):
        one = connection(app, headers=FORWARDED)
        assert one.client == Address("203.0.113.9", 50000)
        assert str(one.url) == "http://inner/"


def test_a_trusted_proxy_says_who_asks_and_for_what() -> None:
    app = NexiosApp(plugins=[], trusted_proxies=["203.0.113.0/24"])

    one = connection(app, headers=FORWARDED)

    assert one.client == Address("198.51.100.7", None)
    assert str(one.url) == "https://outer.example/"
    assert one.path == "/"
    assert connection(app, client=None, headers=FORWARDED).client is None
    assert connection(app).client == Address("203.0.113.9", 50000)


@pytest.mark.parametrize(("told", "scheme"), [("https", "wss"), ("wss", "wss"), ("http", "ws"), ("ws", "ws")])
@pytest.mark.parametrize("header", ["x-forwarded", "forwarded"])
def test_the_scheme_of_a_websocket_stays_one_behind_a_proxy(
    told: str, scheme: str, header: Literal["x-forwarded", "forwarded"]
) -> None:
    app = NexiosApp(plugins=[], trusted_proxies=TrustedProxies(["203.0.113.0/24"], header=header))
    line = (
        (b"x-forwarded-proto", told.encode()) if header == "x-forwarded" else (b"forwarded", b"proto=" + told.encode())
    )

    for own in ("ws", "wss"):
        one = connection(app, type="websocket", scheme=own, headers=[(b"host", b"h"), line])
        assert str(one.url) == f"{scheme}://h/"
        assert one.base_url == f"{scheme}://h"
    assert (
        connection(
            app, type="websocket", scheme="wss", headers=[(b"host", b"h"), (b"x-forwarded-for", b"1.1.1.1")]
        ).url.scheme
        == "wss"
    )


def test_state_is_a_mapping_with_attributes_over_the_scopes() -> None:
    one = connection(state={"db": 1})

    one.state.user = "ada"
    one.state["n"] = 2
    del one.state.db
    del one.state["n"]
    del one.state.never_there

    assert one.scope["state"] == {"user": "ada"}
    assert one.state.user == one.state["user"] == "ada"
    assert (len(one.state), list(one.state), "user" in one.state) == (1, ["user"], True)
    assert repr(one.state) == "State(user)"
    assert one.state is one.state
    with pytest.raises(AttributeError, match=r"state has no 'missing'; set it with: state.missing = \.\.\."):
        _ = one.state.missing
    assert dict(State()) == {}
    assert dict(connection().state) == {}


def test_path_parameters_are_items_and_attributes() -> None:
    params = PathParams({"id": 7})

    assert params.id == params["id"] == 7
    with pytest.raises(AttributeError, match="the path has no parameter 'name'; it has: id"):
        _ = params.name
    with pytest.raises(AttributeError, match="it has: none"):
        _ = PathParams().name


async def test_path_parameters_and_the_route_are_known_everywhere() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/{a}/{b:int}", name="pair", tags=["t"])
    async def show(request: Request) -> list[Any]:
        route = request.route
        assert route is not None
        assert request.path_params is request.path_params
        return [request.path_params.a, request.path_params["b"], route.name, route.path, list(route.tags)]

    async with TestClient(app) as client:
        assert (await client.get("/x/5")).json() == ["x", 5, "pair", "/{a}/{b:int}", ["t"]]


async def test_urls_of_routes_are_absolute_and_below_the_root_path() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/items/{id}", name="item")
    async def item(request: Request, id: int) -> str:
        return request.url_for("item", id=id + 1)

    async with TestClient(app, base_url="https://example.com:8443", root_path="/api") as client:
        assert (await client.get("/items/1")).text == "https://example.com:8443/api/items/2"


@pytest.mark.parametrize(
    ("slot", "package"),
    [("session", "nexios-session"), ("user", "nexios-auth"), ("form", "nexios-forms"), ("files", "nexios-forms")],
)
def test_a_slot_nobody_provides_names_the_package_to_install(slot: str, package: str) -> None:
    with pytest.raises(MissingPluginError, match=rf"request.{slot} is provided by {package}: pip install {package}"):
        getattr(connection(), slot)


def test_an_unknown_attribute_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sesion'"):
        _ = connection().sesion
    with pytest.raises(AttributeError, match="no attribute '_private'"):
        _ = connection()._private


async def test_a_slot_is_filled_once_for_each_request_that_asks() -> None:
    made: list[str] = []

    class Sessions(Plugin):
        name = "sessions"

        def register(self, registry: Registry) -> None:
            registry.slot("session", self.provide)

        def provide(self, request: Request) -> dict[str, str]:
            made.append(request.path)
            return {}

    app = NexiosApp(plugins=[Sessions])

    @app.get("/uses")
    async def uses(request: Request) -> bool:
        return request.session is request.session

    @app.get("/ignores")
    async def ignores(request: Request) -> None:
        request.user = "assigned by hand"
        assert request.user == "assigned by hand"

    async with TestClient(app) as client:
        assert (await client.get("/uses")).json() is True
        assert (await client.get("/ignores")).status_code == 204
    assert made == ["/uses"]


def test_a_failed_plugin_is_named_with_its_reason_where_its_slot_is_used() -> None:
    app = NexiosApp(plugins=[])
    from nexios.plugins import PluginStatus

    app.plugins.entries.append(
        PluginStatus("session", "nexios-session", "1.0", "failed", "ImportError: no itsdangerous")
    )

    with pytest.raises(PluginError, match=r"provided by nexios-session, which is failed: ImportError: no itsdangerous"):
        _ = connection(app).session
    with pytest.raises(PluginError, match="pip install nexios-auth"):
        _ = connection(app).user


async def test_what_one_request_does_is_not_seen_by_the_next() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/{id}")
    async def show(request: Request, id: str) -> list[Any]:
        before = [dict(request.state), dict(request.path_params)]
        request.state.mine = id
        request.path_params["other"] = 1
        request.scope["path"] = "/rewritten"
        return before

    async with TestClient(app) as client:
        for name in ("a", "b"):
            assert (await client.get(f"/{name}")).json() == [{}, {"id": name}]

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from nexios import Connection, Depend, NexiosApp, Request, Response, Router, View
from nexios.auth import AuthenticationMiddleware, Policy, auth, public, requires
from nexios.auth.authentication import Authentication
from nexios.exceptions import ConfigurationError
from nexios.middleware import CallNext
from nexios.testing import TestClient
from nexios.types import Message
from tests.auth.doors import GUARDS, KNOWN_ONLY, OPENED, PERMITTED_ONLY, PROTOCOLS, SPELLINGS, House, TokenAuth, knock

pytestmark = pytest.mark.anyio

Build = Callable[[str, str], House]
each_guard = pytest.mark.parametrize("build", GUARDS.values(), ids=list(GUARDS))
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def ok(protocol: str) -> int:
    return OPENED if protocol == "websocket" else 200


@each_protocol
@each_guard
async def test_a_guard_lets_in_whom_it_should_and_nobody_else(build: Build, protocol: str) -> None:
    house = build("/admin/x", protocol)
    may_bob = build in KNOWN_ONLY.values()

    async with TestClient(house.app) as client:
        anonymous = await knock(client, "/admin/x", protocol)
        forged = await knock(client, "/admin/x", protocol, "forged")
        bob = await knock(client, "/admin/x", protocol, "bob")
        ran = list(house.ran)
        ada = await knock(client, "/admin/x", protocol, "ada")

    assert [anonymous.status_code, forged.status_code] == [401, 401]
    assert bob.status_code == (ok(protocol) if may_bob else 403)
    assert ran == ["/admin/x"] * may_bob
    assert ada.status_code == ok(protocol)
    for refused in (anonymous, forged):
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.headers["vary"] == "Authorization"


@each_protocol
@each_guard
async def test_an_error_inside_of_an_authenticator_lets_nobody_in(build: Build, protocol: str) -> None:
    house = build("/admin/x", protocol)

    async with TestClient(house.app, raise_server_exceptions=False) as client:
        assert (await knock(client, "/admin/x", protocol, "broken")).status_code == 500
    assert house.ran == []


@each_protocol
@each_guard
async def test_a_path_in_other_words_does_not_pass_the_guard(build: Build, protocol: str) -> None:
    house = build("/admin/x", protocol)

    async with TestClient(house.app, raise_server_exceptions=False) as client:
        for spelling in SPELLINGS:
            request = client.build_request("GET", "/", extensions={"target": spelling.encode()})
            if protocol == "http":
                answer = await client.send(request)
                assert answer.status_code in (308, 400, 401, 404), spelling
            else:
                assert (await knock(client, spelling, protocol)).status_code in (308, 400, 401, 403, 404), spelling
    assert house.ran == []


@each_guard
async def test_other_methods_pass_the_same_guard(build: Build) -> None:
    house = build("/admin/x", "http")

    async with TestClient(house.app) as client:
        for method in ("HEAD", "OPTIONS", "POST", "DELETE", "_HELPER", "TRACE"):
            assert (await client.request(method, "/admin/x")).status_code == 401, method
        client.with_token("ada")
        assert (await client.head("/admin/x")).status_code == 200
        allowed = await client.options("/admin/x")
        refused = await client.post("/admin/x")

    assert (allowed.status_code, allowed.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert house.ran == ["/admin/x"]


@each_protocol
@pytest.mark.parametrize("build", PERMITTED_ONLY.values(), ids=list(PERMITTED_ONLY))
async def test_a_refusal_does_not_tell_the_rules(build: Build, protocol: str) -> None:
    house = build("/admin/x", protocol)

    async with TestClient(house.app) as client:
        answer = await knock(client, "/admin/x", protocol, "bob")

    assert answer.headers["content-type"] == "application/problem+json"
    # The body of a refused handshake is not read by httpx.
    text = answer.text if protocol == "http" else ""
    for secret in ("admin", "owner", "write", "Bob"):
        assert secret not in text


async def test_a_scope_that_is_lacking_is_named_where_rfc_6750_says_so() -> None:
    house = House()
    house.app.get("/a")(requires(scopes=["write", "read"])(house.handler("http")))

    async with TestClient(house.app) as client:
        answer = await client.with_token("bob").get("/a")

    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="read write"'


@each_protocol
@each_guard
async def test_without_the_plugin_no_guard_is_overlooked(
    build: Build, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(House, "__init__", _without_auth)
    said = r"(@auth on|auth=|a section 'auth').* nexios-auth(, which is off: NEXIOS_PLUGINS)?"

    with pytest.raises(Exception, match=said):
        async with TestClient(build("/admin/x", protocol).app):
            pass
    with suppress(ConfigurationError):  # where it is an error of the declaration, there is nothing to serve
        async with TestClient(build("/admin/x", protocol).app, lifespan=False, raise_server_exceptions=False) as client:
            assert (await knock(client, "/admin/x", protocol)).status_code == 500
            if protocol == "http":
                assert (await client.options("/admin/x")).status_code == 500


def _without_auth(house: House, **options: Any) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NEXIOS_PLUGINS", "websockets")
        house.app = NexiosApp(**options)
    house.ran = []


@each_protocol
@each_guard
async def test_a_guard_without_a_backend_stops_the_start(
    build: Build, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NexiosApp, "auth_backend", None)
    app = build("/admin/x", protocol).app

    with pytest.raises(Exception, match=r"asks for a user, and no backend finds out who that is: set app.auth_backend"):
        async with TestClient(app):
            pass
    async with TestClient(app, lifespan=False, raise_server_exceptions=False) as client:
        assert (await knock(client, "/admin/x", protocol)).status_code == 500


@each_protocol
async def test_a_guard_runs_before_the_body_is_read_and_dependencies_are_built(protocol: str) -> None:
    house, built = House(), list[str]()

    async def expensive() -> None:
        built.append("expensive")

    async def answer(request: Request) -> None:
        if protocol == "http":
            await request.json()

    house.serve(house.app, "/a", protocol, auth()(answer), dependencies=[Depend(expensive)])

    async with TestClient(house.app) as client:
        assert (await knock(client, "/a", protocol)).status_code == 401
    assert built == []
    if protocol == "http":
        assert await _reads_of(house.app, "/a") == []


async def _reads_of(app: NexiosApp, path: str) -> list[str]:
    """What a request to *path* reads of its body."""
    reads: list[str] = []

    async def receive() -> Message:
        reads.append("read")
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None: ...

    await app(_scope(path), receive, send)
    return reads


def _scope(path: str) -> Message:
    return {
        "type": "http", "method": "GET", "path": path, "headers": [(b"host", b"h")], "query_string": b"",
        "client": None, "scheme": "http", "http_version": "1.1",
    }  # fmt: skip


@each_protocol
async def test_everything_that_is_stacked_must_hold(protocol: str) -> None:
    house = House()
    never = Policy("never", lambda user, request: False)
    guarded = requires(never)(auth()(requires(roles="admin")(house.handler(protocol))))
    house.serve(house.app, "/a", protocol, guarded)

    async with TestClient(house.app) as client:
        assert (await knock(client, "/a", protocol, "ada")).status_code == 403
    assert house.ran == []


@each_protocol
async def test_a_policy_that_answers_with_something_else_than_a_bool_lets_nobody_in(protocol: str) -> None:
    house = House()
    house.serve(house.app, "/a", protocol, requires(lambda user, request: "yes")(house.handler(protocol)))
    house.serve(house.app, "/b", protocol, requires(lambda user, request: None)(house.handler(protocol)))
    house.serve(house.app, "/c", protocol, requires(lambda user, request: 1 / 0)(house.handler(protocol)))

    async with TestClient(house.app, raise_server_exceptions=False) as client:
        seen = [(await knock(client, path, protocol, "ada")).status_code for path in ("/a", "/b", "/c")]

    assert seen == [500, 403, 500]
    assert house.ran == []


@each_protocol
async def test_public_opens_a_route_of_an_application_that_denies_by_default(protocol: str) -> None:
    house = House(auth="required")
    house.serve(house.app, "/open", protocol, public(house.handler(protocol)))
    house.serve(house.app, "/open/option", protocol, house.handler(protocol), auth="public")
    house.serve(house.app, "/closed", protocol, house.handler(protocol))
    area = Router(prefix="/area", auth="public")
    house.serve(area, "/open", protocol, house.handler(protocol))
    house.serve(area, "/closed", protocol, auth()(house.handler(protocol)))
    house.app.mount_router(area)

    async with TestClient(house.app) as client:
        for path, status in {
            "/open": ok(protocol), "/open/option": ok(protocol), "/closed": 401, "/area/open": ok(protocol),
            "/area/closed": 401,
        }.items():  # fmt: skip
            assert (await knock(client, path, protocol)).status_code == status, path


@each_protocol
async def test_the_configuration_opens_declared_paths_and_what_is_below_them(protocol: str) -> None:
    house = House(config={"auth": {"required": True, "public": ["/docs", "/health"]}})
    for path in ("/docs", "/docs/assets/{name}", "/docs-internal", "/health", "/{anything}"):
        house.serve(house.app, path, protocol, house.handler(protocol))

    async with TestClient(house.app) as client:
        for path, status in {
            "/docs": ok(protocol), "/docs/assets/a.css": ok(protocol), "/docs-internal": 401, "/health": ok(protocol),
            "/other": 401,
        }.items():  # fmt: skip
            assert (await knock(client, path, protocol)).status_code == status, path


async def test_a_public_path_that_nothing_is_declared_at_is_an_error() -> None:
    house = House(config={"auth": {"required": True, "public": ["/dosc"]}})
    house.app.get("/doc")(house.handler("http"))

    with pytest.raises(Exception, match=r"auth.public has '/dosc', and nothing is declared there; did you mean '/doc'"):
        async with TestClient(house.app):
            pass


@pytest.mark.parametrize(
    "declare",
    [
        lambda house: house.app.get("/a")(public(auth()(house.handler("http")))),
        lambda house: house.app.get("/a", auth="public")(requires(roles="admin")(house.handler("http"))),
        lambda house: house.app.get("/a", auth="required")(public(house.handler("http"))),
        lambda house: house.app.mount_router(_with_route(Router(auth=["token", public]), house)),
    ],
)
async def test_what_is_public_and_asks_for_a_user_is_an_error(declare: Callable[[House], Any]) -> None:
    house = House()
    declare(house)

    with pytest.raises(Exception, match=r"is public, and asks for a user as well|give \"required\", \"public\""):
        async with TestClient(house.app):
            pass


def _with_route(router: Router, house: House) -> Router:
    router.get("/a")(house.handler("http"))
    return router


@pytest.mark.parametrize(
    ("option", "said"),
    [
        pytest.param("requird", "auth='requird' at", id="a slip"),
        pytest.param([], r"auth=\[\] at", id="nothing"),
        pytest.param(None, "auth=None at", id="None"),
        pytest.param(False, "auth=False at", id="False"),
        pytest.param(True, "auth=True at", id="True"),
        pytest.param([""], "'' is none of the schemes", id="an empty name"),
        pytest.param(
            ["tokn"], r"asks for the scheme 'tokn', did you mean 'token'\? \(its backends have: 'token'\)", id="x"
        ),
        pytest.param([7], "auth=7 at", id="a number"),
    ],
)
@each_protocol
async def test_an_option_that_asks_nothing_sensible_stops_the_start(option: Any, said: str, protocol: str) -> None:
    for declare in (_on_route, _on_router):
        house = House()
        declare(house, protocol, option)
        with pytest.raises(Exception, match=said):
            async with TestClient(house.app):
                pass


def _on_route(house: House, protocol: str, option: Any) -> None:
    house.serve(house.app, "/a", protocol, house.handler(protocol), auth=option)


def _on_router(house: House, protocol: str, option: Any) -> None:
    router = Router(auth=option)
    house.serve(router, "/a", protocol, house.handler(protocol))
    house.app.mount_router(router)


@each_protocol
async def test_schemes_that_no_user_has_at_once_stop_the_start(protocol: str) -> None:
    house = House()
    house.app.auth_backend = [TokenAuth("one"), TokenAuth("two")]
    house.serve(house.app, "/a", protocol, auth(["one"])(auth(["two"])(house.handler(protocol))))

    with pytest.raises(Exception, match=r"asks for the schemes \['two'\] and \['one'\], and no user comes by both"):
        async with TestClient(house.app):
            pass


@each_protocol
async def test_a_decorator_that_comes_too_late_is_an_error(protocol: str) -> None:
    house = House()
    handler = house.serve(house.app, "/a", protocol, house.handler(protocol))

    async with TestClient(house.app) as client:
        assert (await knock(client, "/a", protocol)).status_code == ok(protocol)
        for decorate in (auth(), requires(roles="admin"), public):
            with pytest.raises(ConfigurationError, match="is served already, and what is said about it now would not"):
                decorate(handler)


async def test_a_view_is_guarded_as_a_whole_or_by_its_methods() -> None:
    house = House()

    @house.app.route("/whole")
    @auth()
    class Whole(View):
        async def get(self) -> str:
            return "ok"

        async def post(self) -> str:
            return "ok"

    @house.app.route("/part")
    class Part(View):
        async def get(self) -> str:
            return "ok"

        @requires(scopes="write")
        async def delete(self) -> str:
            return "ok"

    async with TestClient(house.app) as client:
        seen = {
            (path, method): (await client.request(method, path)).status_code
            for path in ("/whole", "/part")
            for method in ("GET", "POST", "DELETE")
        }
        assert (await client.with_token("ada").delete("/part")).status_code == 200

    assert seen == {
        ("/whole", "GET"): 401, ("/whole", "POST"): 401, ("/whole", "DELETE"): 401,
        ("/part", "GET"): 200, ("/part", "POST"): 405, ("/part", "DELETE"): 401,
    }  # fmt: skip


async def test_a_consumer_of_sockets_is_guarded_as_a_whole() -> None:
    consumers = pytest.importorskip("nexios.websockets")
    house = House()

    @house.app.websocket("/a")
    @auth()
    class Echo(consumers.Consumer):  # type: ignore[misc, name-defined]
        async def on_message(self, message: object) -> None:
            await self.ws.send_json(message)

    async with TestClient(house.app) as client:
        assert (await knock(client, "/a", "websocket")).status_code == 401
        assert (await knock(client, "/a", "websocket", "bob")).status_code == OPENED


@each_protocol
@pytest.mark.parametrize("place", ["router", "application"])
async def test_what_is_mounted_is_guarded_by_what_is_around_it(place: str, protocol: str) -> None:
    inside = NexiosApp(plugins=["websockets"])
    ran: list[str] = []

    async def reach(request: Connection) -> str | None:
        ran.append("ran")
        if protocol == "websocket":
            await request.accept()
        return None

    (inside.websocket if protocol == "websocket" else inside.get)("/y")(reach)
    asked: dict[str, Any] = {"auth": "required"}
    house = House(**(asked if place == "application" else {}))
    router = Router(prefix="/a", **(asked if place == "router" else {}))
    router.mount("/x", inside)
    house.app.mount_router(router)

    async with TestClient(house.app) as client:
        assert (await knock(client, "/a/x/y", protocol)).status_code == 401
        assert ran == []
        assert (await knock(client, "/a/x/y", protocol, "bob")).status_code in (204, OPENED)


@each_protocol
@pytest.mark.parametrize("place", ["router", "route"])
async def test_the_innermost_middleware_counts(place: str, protocol: str) -> None:
    house = House()
    inner = AuthenticationMiddleware(TokenAuth("inner"))
    router = Router(prefix="/r", middleware=[inner] if place == "router" else [])
    own: dict[str, Any] = {"middleware": [inner]} if place == "route" else {}
    house.serve(router, "/a", protocol, auth(["inner"])(house.handler(protocol)), **own)
    house.app.mount_router(router)

    async with TestClient(house.app) as client:
        assert (await knock(client, "/r/a", protocol)).status_code == 401
        assert (await knock(client, "/r/a", protocol, "bob")).status_code == ok(protocol)
        if protocol == "http":  # the answer to another method has none of a route's own middleware
            refused = await client.options("/r/a")
            assert (refused.status_code, refused.headers["vary"]) == (401, "Authorization")
            assert (await client.with_token("bob").options("/r/a")).status_code == 204


async def test_a_route_that_asks_for_no_user_pays_nothing_for_the_package() -> None:
    def build(plugins: list[str]) -> NexiosApp:
        app = NexiosApp(plugins=plugins)

        @app.get("/a")
        async def answer() -> str:
            return "ok"

        return app

    calls = [await _calls_of(build(plugins)) for plugins in ([], ["auth"])]

    assert calls[0] == calls[1]
    assert build(["auth"]).layers == []
    app = build(["auth"])
    assert app.layers_of(app.routes[0]) == ()


async def _calls_of(app: NexiosApp) -> list[str]:
    """The names of the functions that one warm request calls."""
    import sys

    called: list[str] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None: ...

    await app.startup()
    await app(_scope("/a"), receive, send)
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, arg: called.append(frame.f_code.co_qualname) if event == "call" else None)
    try:
        await app(_scope("/a"), receive, send)
    finally:
        sys.setprofile(before)
    await app.shutdown()
    return called


async def test_a_backend_is_asked_once_for_each_request() -> None:
    house = House()
    house.app.get("/a")(auth(["token"])(requires(scopes="read")(house.handler("http"))))

    async with TestClient(house.app) as client:
        await client.with_token("ada").get("/a")
        await client.with_token("nobody").get("/a")

    assert house.backend.asked == 2


async def test_a_layer_between_may_not_put_another_user_in() -> None:
    house = House()

    async def pretend(request: Request, response: Response, call_next: CallNext) -> Response:
        request.user = "root"
        return await call_next()

    house.app.get("/a", middleware=[pretend])(auth()(house.handler("http")))

    async with TestClient(house.app) as client:
        assert (await client.get("/a")).status_code == 401


async def test_what_is_known_of_a_connection_is_its_own() -> None:
    """Nothing is shared between requests (security.md, class 47)."""
    import anyio

    house = House()
    seen: list[tuple[str, Any]] = []

    @house.app.get("/{name}")
    @auth()
    async def answer(request: Request, name: str) -> str:
        await anyio.lowlevel.checkpoint()
        seen.append((name, request.user.name.lower()))
        state: Authentication = request.authentication
        assert state.connection is request
        return "ok"

    async with TestClient(house.app) as client, anyio.create_task_group() as tasks:
        for name in ["ada", "bob"] * 20:
            tasks.start_soon(knock, client, f"/{name}", "http", name)

    assert len(seen) == 40
    assert all(asked == found for asked, found in seen)

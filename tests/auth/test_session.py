from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import AuthenticationMiddleware, SessionBackend, auth, login, logout
from nexios.exceptions import ConfigurationError
from nexios.middleware import CallNext
from nexios.testing import TestClient
from tests.auth.doors import OPENED, PROTOCOLS, TokenAuth, knock

pytest.importorskip("nexios.session")
pytestmark = pytest.mark.anyio

USERS: dict[int, dict[str, Any]] = {1: {"id": 1, "name": "Ada"}, 2: {"id": 2, "name": "Bob"}}
SECRET = "3f9c0a7d5b1e8f2604c6d9e7a1b35d80"


async def load_user(user_id: int) -> dict[str, Any] | None:
    return USERS.get(user_id)


def make_app(store: str = "memory", **backend: Any) -> NexiosApp:
    config = MakeConfig(debug=True, secret_key=SECRET, session={"store": store})
    app = NexiosApp(config, plugins=["session", "auth", "websockets"])
    app.auth_backend = [SessionBackend(load_user, **backend), TokenAuth()]

    @app.post("/login/{number:int}")
    async def enter(request: Request, number: int) -> dict[str, Any]:
        await login(request, USERS[number])
        return {"user": request.user["name"]}

    @app.post("/logout")
    async def leave(request: Request) -> dict[str, Any]:
        await logout(request)
        return {"user": request.user}

    @app.get("/me")
    @auth(["session"])
    async def me(request: Request) -> dict[str, Any]:
        return {"user": request.user["name"], "cart": request.session.get("cart")}

    @app.post("/cart")
    async def fill(request: Request) -> None:
        request.session["cart"] = "full"

    @app.websocket("/socket")
    @auth()
    async def listen(ws: Any) -> None:
        await ws.accept()
        await ws.send_json(ws.user["name"])

    @app.get("/plain")
    async def plain() -> str:
        return "the same for all"

    return app


each_store = pytest.mark.parametrize("store", ["memory", "cookie"])


@each_store
async def test_a_session_stands_for_a_user_from_login_to_logout(store: str) -> None:
    async with TestClient(make_app(store)) as client:
        before = await client.get("/me")
        entered = await client.post("/login/1")
        during = await client.get("/me")
        async with client.websocket_connect("/socket") as socket:
            heard = await socket.receive_json()
        left = await client.post("/logout")
        after = await client.get("/me")

    assert (before.status_code, before.headers["www-authenticate"]) == (401, "Cookie")
    assert entered.json() == {"user": "Ada"}
    assert during.json() == {"user": "Ada", "cart": None}
    assert heard == "Ada"
    assert left.json() == {"user": None}
    assert after.status_code == 401
    for answer in (before, entered, during, left, after):
        assert "Cookie" in answer.headers["vary"]


@each_store
async def test_a_login_gives_the_session_a_new_id_and_the_old_one_is_dead(store: str) -> None:
    """Fixation (security.md, class 34): who has planted a session id has nothing of it after the login."""
    async with TestClient(make_app(store)) as client:
        await client.post("/cart")
        planted = client.cookies["session"]
        await client.post("/login/1")
        mine = client.cookies["session"]
        client.cookies.clear()
        attacker = await client.get("/me", headers={"cookie": f"session={planted}"})
        owner = await client.get("/me", headers={"cookie": f"session={mine}"})

    assert planted != mine
    assert attacker.status_code == 401
    assert owner.json() == {"user": "Ada", "cart": "full"}


@pytest.mark.parametrize("planted", ["x" * 43, "../../x", "A" * 43 + "\u212a", "", "a.b.c", "0" * 5000])
@each_store
async def test_an_id_that_a_client_has_made_up_is_never_used(store: str, planted: str) -> None:
    async with TestClient(make_app(store)) as client:
        entered = await client.post("/login/1", headers={b"cookie": f"session={planted}".encode()})
        assert entered.status_code == 200
        assert f"session={planted};" not in entered.headers["set-cookie"]
        client.cookies.clear()
        again = await client.get("/me", headers={b"cookie": f"session={planted}".encode()})

    assert again.status_code == 401


async def test_requests_with_the_old_id_that_come_during_the_login_are_anonymous() -> None:
    app = make_app()
    is_inside, may_go_on = anyio.Event(), anyio.Event()

    @app.post("/slow-login")
    async def slow(request: Request) -> None:
        await login(request, USERS[1])
        is_inside.set()
        await may_go_on.wait()

    async with TestClient(app) as client:
        await client.post("/cart")
        old = {"cookie": f"session={client.cookies['session']}"}
        client.cookies.clear()
        statuses: list[int] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: client.post("/slow-login", headers=old))
            await is_inside.wait()
            statuses.append((await client.get("/me", headers=old)).status_code)
            may_go_on.set()
        client.cookies.clear()
        statuses.append((await client.get("/me", headers=old)).status_code)

    assert statuses == [401, 401]


async def test_the_next_user_does_not_get_what_the_last_one_had_in_the_session() -> None:
    async with TestClient(make_app()) as client:
        await client.post("/login/1")
        await client.post("/cart")
        await client.post("/login/2")
        bob = (await client.get("/me")).json()
        await client.post("/cart")
        await client.post("/login/2")
        again = (await client.get("/me")).json()

    assert bob == {"user": "Bob", "cart": None}
    assert again == {"user": "Bob", "cart": "full"}


@each_store
async def test_logging_out_deletes_the_session_and_not_only_the_cookie(store: str) -> None:
    async with TestClient(make_app(store)) as client:
        await client.post("/login/1")
        kept = {"cookie": f"session={client.cookies['session']}"}
        left = await client.post("/logout")
        client.cookies.clear()
        again = await client.get("/me", headers=kept)

    assert "max-age=0" in left.headers["set-cookie"].lower()
    assert again.status_code == 401


async def test_a_user_who_is_gone_or_has_changed_the_password_is_logged_out(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = {1: "a", 2: "b"}
    async with TestClient(make_app(stamp=lambda user: passwords[user["id"]])) as client:
        await client.post("/login/1")
        known = (await client.get("/me")).status_code
        passwords[1] = "c"
        changed = (await client.get("/me")).status_code
        await client.post("/login/2")
        monkeypatch.delitem(USERS, 2)
        gone = (await client.get("/me")).status_code

    assert (known, changed, gone) == (200, 401, 401)


async def test_a_visitor_without_cookies_costs_no_session() -> None:
    async with TestClient(make_app()) as client:
        answer = await client.get("/plain")

    assert "vary" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_a_scheme_that_a_route_names_is_found_behind_another_one() -> None:
    app = make_app()

    @app.get("/token")
    @auth(["token"])
    async def with_token(request: Request) -> str:
        return str(request.user.name)

    async with TestClient(app) as client:
        await client.post("/login/2")
        without = await client.get("/token")
        client.with_token("ada")
        answer = await client.get("/token")
        still = (await client.get("/me")).json()["user"]

    assert (without.status_code, without.headers["www-authenticate"]) == (401, "Bearer")
    assert (answer.text, still) == ("Ada", "Bob")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("held", ["text", ["list"], {}, {"id": None}, {"name": 1}, 7, None])
async def test_what_stands_in_the_session_and_is_no_login_is_nobody(held: Any, protocol: str) -> None:
    app = make_app()

    @app.post("/plant")
    async def plant(request: Request) -> None:
        request.session["nexios.auth"] = held

    async with TestClient(app) as client:
        await client.post("/plant")
        assert (await knock(client, "/socket" if protocol == "websocket" else "/me", protocol)).status_code == 401


async def test_logging_in_over_a_socket_is_an_error() -> None:
    app = make_app()
    seen: list[str] = []

    @app.websocket("/login")
    async def enter(ws: Any) -> None:
        with pytest.raises(ConfigurationError, match="a WebSocket has no answer that could set a cookie"):
            await login(ws, USERS[1])
        seen.append("refused")
        await ws.accept()

    async with TestClient(app) as client:
        assert (await knock(client, "/login", "websocket")).status_code == OPENED
    assert seen == ["refused"]


async def test_logging_in_without_a_session_backend_names_the_cure() -> None:
    app = NexiosApp(plugins=["auth"])
    app.auth_backend = TokenAuth()

    @app.post("/login")
    async def enter(request: Request) -> None:
        await login(request, USERS[1])

    async with TestClient(app) as client:
        with pytest.raises(ConfigurationError, match=r"needs its backend: app.auth_backend = SessionBackend"):
            await client.post("/login")


class Elsewhere(dict[str, Any]):
    """A session of somebody else's."""


class Changing(Elsewhere):
    changed = 0

    def regenerate(self) -> None:
        Changing.changed += 1


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (Elsewhere(), r"request.session cannot change its id, so a login could be planted \(session fixation\)"),
        ([], "request.session is a list: logging in needs a mapping"),
        (None, "request.session is a NoneType"),
    ],
)
async def test_a_session_that_cannot_change_its_id_is_not_logged_in_with(session: Any, said: str) -> None:
    async with TestClient(_with_session(session)) as client:
        with pytest.raises(ConfigurationError, match=said):
            await client.post("/login")


async def test_any_mapping_with_regenerate_will_do() -> None:
    session: MutableMapping[str, Any] = Changing()

    async with TestClient(_with_session(session), headers={"cookie": "a=b"}) as client:
        await client.post("/login")
        assert dict(session) == {"nexios.auth": {"id": 1, "stamp": None}}
        assert (await client.get("/")).text == "1"
        await client.post("/logout")

    assert dict(session) == {}
    assert Changing.changed >= 1


def _with_session(session: Any) -> NexiosApp:
    app = NexiosApp(plugins=["auth"])

    @app.middleware
    async def give(request: Request, response: Response, call_next: CallNext) -> Response:
        request.session = session
        return await call_next()

    app.add_middleware(AuthenticationMiddleware(SessionBackend(lambda number: {"id": number})))

    @app.post("/login")
    async def enter(request: Request) -> None:
        await login(request, {"id": 1})

    @app.post("/logout")
    async def leave(request: Request) -> None:
        await logout(request)

    @app.get("/")
    @auth()
    async def show(request: Request) -> str:
        return str(request.user["id"])

    return app


@pytest.mark.parametrize("user", [{"name": "Ada"}, object(), {"id": None}, {"id": ""}, {"id": True}])
async def test_a_user_without_an_id_cannot_be_remembered(user: Any) -> None:
    app = make_app()

    @app.post("/enter")
    async def enter(request: Request) -> None:
        await login(request, user)

    async with TestClient(app) as client:
        with pytest.raises(ConfigurationError, match=r"has no id to remember: give SessionBackend\(identify=...\)"):
            await client.post("/enter")


async def test_the_order_of_session_and_authentication_is_checked_at_the_start() -> None:
    from nexios.session import SessionMiddleware

    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET), plugins=["session", "auth"])
    app.add_middleware(AuthenticationMiddleware(SessionBackend(load_user)))
    app.add_middleware(SessionMiddleware())

    with pytest.raises(Exception, match="middleware 'authentication' must come after 'session'"):
        async with TestClient(app):
            pass


def test_a_backend_needs_a_function_that_loads_users() -> None:
    with pytest.raises(ConfigurationError, match="give a function from a user's id to the user"):
        SessionBackend({})  # type: ignore[arg-type]  # what somebody may try

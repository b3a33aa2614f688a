"""``request.session`` after nothing but ``pip install nexios-session``."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from nexios import Depend, MakeConfig, NexiosApp, Request, Response, Router
from nexios.exceptions import ConfigurationError, MissingPluginError
from nexios.http.connection import Connection
from nexios.session import SessionError, SessionMiddleware
from nexios.testing import SyncTestClient
from tests.session.conftest import SECRET


def counting(**config: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(config))

    @app.get("/visits")
    async def visits(request: Request) -> dict[str, int]:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return {"visits": request.session["visits"]}

    @app.get("/plain")
    async def plain(request: Request) -> str:
        return "plain"

    return app


def test_in_debug_it_works_at_once_and_one_warning_asks_for_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "nexios.session"), SyncTestClient(counting(debug=True)) as client:
        assert client.get("/plain").text == "plain"
        assert not caplog.records
        client.get("/visits")
        assert client.get("/visits").json() == {"visits": 2}
        assert list(client.cookies) == ["session"]
    (record,) = caplog.records
    assert "set secret_key in the config" in record.getMessage()


def test_outside_debug_it_works_with_a_secret() -> None:
    with SyncTestClient(counting(secret_key=SECRET), base_url="https://example.com") as client:
        answer = client.get("/visits")
        assert answer.headers["set-cookie"].startswith("__Host-session=")
        assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Cookie", "no-store")
        assert client.get("/visits").json() == {"visits": 2}


def test_outside_debug_nothing_is_opened_without_a_secret() -> None:
    with SyncTestClient(counting()) as client:
        assert client.get("/plain").status_code == 200
        with pytest.raises(ConfigurationError, match=r"set secret_key in the config or NEXIOS_SECRET_KEY"):
            client.get("/visits")


def test_the_environment_chooses_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXIOS_SESSION__STORE", "memory")
    with SyncTestClient(counting(debug=True)) as client:
        client.get("/visits")
        assert len(client.cookies["session"]) == 43
        assert client.get("/visits").json() == {"visits": 2}


def test_routes_that_mention_no_session_have_no_layer() -> None:
    app = counting(debug=True)

    layers = {served.path: app.assembly.layer_names(served) for served in app.routes}

    assert (layers["/visits"], layers["/plain"]) == (("session on demand",), ())


def test_what_the_author_adds_is_all_there_is() -> None:
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET))
    inner = Router(prefix="/inner")
    inner.add_middleware(SessionMiddleware(session_cookie="inner"))

    @inner.get("/")
    async def visits(request: Request) -> str:
        request.session["a"] = 1
        return "kept"

    app.mount_router(inner)
    with SyncTestClient(app) as client:
        client.get("/inner/")
        assert list(client.cookies) == ["inner"]


def touch(request: Request) -> str:
    request.session["who"] = "ann"
    return "ann"


def test_dependencies_and_functions_that_a_handler_calls_are_looked_through() -> None:
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET))

    @app.get("/depends")
    async def depends(who: str = Depend(touch)) -> str:
        return who

    @app.get("/calls")
    async def calls(request: Request) -> str:
        return touch(request)

    with SyncTestClient(app) as client:
        for path in ("/depends", "/calls"):
            assert client.get(path).headers["set-cookie"].startswith("session=")


def test_middleware_in_front_of_the_handler_shares_its_session() -> None:
    app = counting(debug=True, secret_key=SECRET)

    @app.middleware
    async def look(request: Request, response: Response, call_next: Any) -> Response:
        if request.path == "/visits":
            request.session["visits"] = request.session.get("visits", 0) + 10
        answer: Response = await call_next()
        return answer

    with SyncTestClient(app) as client:
        assert client.get("/visits").json() == {"visits": 11}
        assert client.get("/visits").json() == {"visits": 22}


@pytest.mark.parametrize("is_first", [True, False])
def test_middleware_that_comes_after_the_answer_can_only_read(is_first: bool) -> None:
    app = counting(debug=True, secret_key=SECRET)

    @app.get("/seldom")
    async def seldom(request: Request) -> str:
        return "seldom" if not request.query_params else str(request.session)

    @app.middleware
    async def look(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        if request.path == "/seldom":
            assert request.session == ({} if is_first else {"visits": 1})
            request.session["late"] = True
        return answer

    with SyncTestClient(app) as client:
        if not is_first:
            client.get("/visits")
        with pytest.raises(SessionError, match="change it before"):
            client.get("/seldom")


def test_a_use_that_nobody_could_foresee_names_the_cure() -> None:
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET))
    name = "".join(["ses", "sion"])

    @app.get("/")
    async def hidden(request: Request) -> str:
        return str(getattr(request, name))

    with SyncTestClient(app) as client, pytest.raises(MissingPluginError, match="add_middleware"):
        client.get("/")


def test_a_connection_without_an_answer_reads_it() -> None:
    app = counting(debug=True, secret_key=SECRET)
    with SyncTestClient(app) as client:
        client.get("/visits")
        cookie = f"session={client.cookies['session']}".encode()
        connection = Connection(app, {"type": "websocket", "headers": [(b"cookie", cookie)]}, None, {b"cookie": cookie})  # type: ignore[arg-type]

        session = connection.session

        assert session == {"visits": 1}
        with pytest.raises(SessionError):
            session["a"] = 1

"""What other packages provide, on sockets: ``ws.session`` and ``ws.user``."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request
from nexios.testing import TestClient, WebSocketDenied
from nexios.websockets import WebSocket

pytestmark = pytest.mark.anyio

SECRET = "4f0c9d1b7e6a5d3c2b1a09f8e7d6c5b4"


@pytest.mark.parametrize("store", ["cookie", "memory"])
async def test_the_session_of_the_handshake_is_read(store: str) -> None:
    session = pytest.importorskip("nexios.session")
    config = MakeConfig(debug=True, secret_key=SECRET)
    app = NexiosApp(config, plugins=["session", "websockets"])
    app.add_middleware(session.SessionMiddleware(store=store))

    @app.post("/login/{name}")
    async def login(request: Request, name: str) -> None:
        request.session["name"] = name

    @app.websocket("/")
    async def greet(ws: WebSocket) -> None:
        await ws.accept()
        await ws.send_json(dict(ws.session))

    async with TestClient(app) as client:
        async with client.websocket_connect("/") as stranger:
            assert await stranger.receive_json() == {}
        await client.post("/login/Ann")
        async with client.websocket_connect("/") as ann, client.websocket_connect("/") as again:
            assert await ann.receive_json() == await again.receive_json() == {"name": "Ann"}
            await client.post("/login/Bob")
            async with client.websocket_connect("/") as bob:
                assert await bob.receive_json() == {"name": "Bob"}


@pytest.mark.parametrize("store", ["cookie", "memory"])
async def test_a_session_that_a_socket_changes_is_an_error_and_not_lost(store: str) -> None:
    session = pytest.importorskip("nexios.session")
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET), plugins=["session", "websockets"])
    app.add_middleware(session.SessionMiddleware(store=store))

    @app.websocket("/")
    async def write(ws: WebSocket) -> None:
        await ws.accept()
        ws.session["name"] = "Ann"

    async with TestClient(app) as client:
        with pytest.raises(Exception, match="session"):
            async with client.websocket_connect("/") as socket:
                await socket.receive()


USERS = {
    "an object": lambda id: SimpleNamespace(id=id),
    "a name": lambda id: id,
    "a number": lambda id: len(id),
    "a mapping": lambda id: {"id": id},
    "an object with a name": lambda id: SimpleNamespace(username=id),
}


@pytest.mark.parametrize("make", USERS.values(), ids=list(USERS))
async def test_sockets_are_counted_by_their_user_and_nobody_by_the_address(make: Any) -> None:
    auth: Any = pytest.importorskip("nexios.auth")
    app = NexiosApp(MakeConfig(websockets={"connections_per_user": 1}), plugins=["auth", "websockets"])

    class Named(auth.AuthBackend):  # type: ignore[misc]  # a value of any kind, because it may be missing
        scheme = "named"

        async def authenticate(self, connection: Any) -> Any:
            name = connection.query_params.get("name")
            return None if name is None else make(name)

    app.add_middleware(auth.AuthenticationMiddleware(backend=Named()))

    @app.websocket("/")
    async def stay(ws: WebSocket) -> None:
        await ws.accept()
        await ws.until_closed()

    async with TestClient(app) as client:
        async with (
            client.websocket_connect("/?name=Ann"),
            client.websocket_connect("/?name=Robert"),
            client.websocket_connect("/"),
        ):
            for path in ("/?name=Ann", "/?name=Robert", "/"):
                with pytest.raises(WebSocketDenied) as denied:
                    async with client.websocket_connect(path):
                        pass
                assert denied.value.status_code == 429
        async with client.websocket_connect("/?name=Ann"):
            pass

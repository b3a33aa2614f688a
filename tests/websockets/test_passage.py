"""ASGI middleware and applications on the way of a socket."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import HTTPException, NexiosApp, Response, Router
from nexios.testing import TestClient, WebSocketClosed, WebSocketDenied
from nexios.types import ASGIApp, Message, Receive, Scope, Send
from nexios.websockets import WebSocket

pytestmark = pytest.mark.anyio


class Shouts:
    """ASGI middleware that changes the scope and every message, and notes what passes."""

    seen: list[str]

    def __init__(self, app: ASGIApp, name: str = "shouts") -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def shouting(message: Message) -> None:
            Shouts.seen.append(f"{self.name} {message['type']}")
            if message["type"] == "websocket.send":
                message = {**message, "text": f"{message['text']} ({self.name})"}
            await send(message)

        headers = [*scope["headers"], (b"x-through", self.name.encode())]
        await self.app({**scope, "headers": headers}, receive, shouting)


class Guard:
    """ASGI middleware that lets nobody in without a token, and answers with a status of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or b"token" in scope["query_string"]:
            await self.app(scope, receive, send)
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-why", b"no token")]})
        await send({"type": "websocket.http.response.body", "body": b"log ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"in"})


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    Shouts.seen = []


async def echo(ws: WebSocket) -> None:
    await ws.accept(headers={"x-through": ws.headers.getlist("x-through")[-1]} if "x-through" in ws.headers else {})
    async for text in ws.iter_text():
        await ws.send_text(text)


async def plain_echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def denied(client: TestClient, path: str) -> WebSocketDenied:
    with pytest.raises(WebSocketDenied) as refusal:
        async with client.websocket_connect(path):
            pass
    return refusal.value


async def test_middleware_of_a_router_and_of_a_route_sees_every_message() -> None:
    app, router = NexiosApp(), Router("/in")
    router.add_middleware(Shouts, name="router")
    router.websocket("/")(echo)
    app.mount_router(router)

    async with TestClient(app) as client, client.websocket_connect("/in/") as session:
        assert session.headers["x-through"] == "router"
        await session.send_text("hello")
        assert await session.receive_text() == "hello (router)"

    assert Shouts.seen == ["router websocket.accept", "router websocket.send"]


async def test_it_stands_in_its_place_among_the_other_layers() -> None:
    app, router = NexiosApp(), Router("/in")
    app.add_middleware(Shouts, name="app")
    router.add_middleware(Shouts, name="first")

    @router.middleware
    async def between(request: Any, response: Response, call_next: Any) -> Any:
        Shouts.seen.append("between")
        answer = await call_next()
        Shouts.seen.append(f"between {answer.status_code}")
        return answer

    router.add_middleware(Shouts, name="last")

    @router.websocket("/")
    async def close(ws: WebSocket) -> None:
        await ws.accept()
        await ws.close(4000, "bye")

    app.mount_router(router)
    async with TestClient(app) as client, client.websocket_connect("/in/") as session:
        with pytest.raises(WebSocketClosed) as closed:
            await session.receive()

    accept = [f"{name} websocket.accept" for name in ("last", "first", "app")]
    close_ = [f"{name} websocket.close" for name in ("last", "first", "app")]
    assert Shouts.seen == ["between", *accept, *close_, "between 101"]
    assert (closed.value.code, closed.value.reason) == (4000, "bye")


async def test_what_it_guards_it_guards_for_sockets_and_layers_outside_see_its_answer() -> None:
    app, router, seen = NexiosApp(), Router("/in"), []

    @app.middleware
    async def watch(request: Any, response: Response, call_next: Any) -> Any:
        answer = await call_next()
        seen.append(answer.status_code)
        return answer

    router.add_middleware(Guard)
    router.websocket("/")(echo)
    router.mount("/mounted", plain_echo)
    app.mount_router(router)

    async with TestClient(app) as client:
        for path in ("/in/", "/in/mounted/"):
            refusal = await denied(client, path)
            assert (refusal.status_code, refusal.response.text) == (401, "log in")
            assert refusal.response.headers["x-why"] == "no token"
            async with client.websocket_connect(f"{path}?token") as session:
                await session.send_text("x")
                assert await session.receive_text() == "x"

    assert seen == [401, 101, 401, 101]


async def test_a_function_of_a_router_guards_the_sockets_of_what_is_mounted_there() -> None:
    app, router = NexiosApp(), Router("/in")

    @router.middleware
    async def guard(request: Any, response: Response, call_next: Any) -> Any:
        return response.json({"why": "no"}, status_code=403)

    router.mount("/mounted", plain_echo)
    app.mount_router(router)

    async with TestClient(app) as client:
        assert (await denied(client, "/in/mounted/")).response.json() == {"why": "no"}


async def test_without_a_package_for_sockets_what_is_guarded_is_not_served() -> None:
    async def guard(request: Any, response: Response, call_next: Any) -> Any:
        return await call_next()

    app = NexiosApp(plugins=[], middleware=[guard])
    app.mount("/mounted", plain_echo)
    async with TestClient(app) as client:
        with pytest.raises(Exception, match=r"'.*guard' stands in front of .* pip install nexios-websockets"):
            await denied(client, "/mounted/")


async def test_a_denial_and_a_close_of_the_handler_pass_it() -> None:
    app = NexiosApp()

    @app.websocket("/error", middleware=[Shouts])
    async def error(ws: WebSocket) -> None:
        raise HTTPException(402, "pay")

    @app.websocket("/close", middleware=[Shouts])
    async def close(ws: WebSocket) -> None:
        await ws.close()

    @app.websocket("/fails", middleware=[Shouts])
    async def fails(ws: WebSocket) -> None:
        await ws.accept()
        raise ValueError

    async with TestClient(app, raise_server_exceptions=False) as client:
        assert (await denied(client, "/error")).status_code == 402
        assert (await denied(client, "/close")).status_code == 403
        async with client.websocket_connect("/fails") as session:
            with pytest.raises(WebSocketClosed) as closed:
                await session.receive()

    assert closed.value.code == 1011
    assert Shouts.seen == [
        "shouts websocket.http.response.start",
        "shouts websocket.http.response.body",
        "shouts websocket.close",
        "shouts websocket.accept",
        "shouts websocket.close",
    ]


async def test_middleware_that_does_not_answer_is_an_error() -> None:
    class Silent:
        def __init__(self, app: ASGIApp) -> None: ...

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    app = NexiosApp()
    app.websocket("/", middleware=[Silent])(echo)

    async with TestClient(app, raise_server_exceptions=False) as client:
        assert (await denied(client, "/")).status_code == 500


async def test_an_application_that_is_mounted_denies_with_a_status_of_its_own() -> None:
    app = NexiosApp()
    app.mount("/mounted", Guard(plain_echo))

    async with TestClient(app) as client:
        assert (await denied(client, "/mounted/")).status_code == 401

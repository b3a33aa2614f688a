from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from nexios import Depend, HTTPException, MakeConfig, NexiosApp, Request, Response, Router
from nexios.exceptions import RouteError
from nexios.middleware import BaseMiddleware
from nexios.testing import TestClient, WebSocketClosed, WebSocketDenied
from nexios.websockets import Channels, WebSocket, WebSocketsPlugin
from nexios.websockets.plugin import connections_of
from tests.websockets.conftest import Peer

pytestmark = pytest.mark.anyio


async def refusal(client: TestClient, path: str, **options: Any) -> WebSocketDenied:
    with pytest.raises(WebSocketDenied) as denied:
        async with client.websocket_connect(path, **options):
            pass
    return denied.value


async def test_path_parameters_are_converted_and_routers_have_prefixes() -> None:
    app, api = NexiosApp(), Router("/api")

    @api.websocket("/rooms/{room}/{seat:int}")
    async def sit(socket: Any, seat: int, room: str) -> None:
        await socket.accept()
        await socket.send_json([room, seat, socket.path_params.seat, socket.query_params["q"]])

    app.mount_router(api)
    async with TestClient(app) as client:
        async with client.websocket_connect("/api/rooms/tea/7?q=1") as session:
            assert await session.receive_json() == ["tea", 7, 7, "1"]
        assert (await refusal(client, "/api/rooms/tea/seven")).status_code == 404
        assert (await refusal(client, "/rooms/tea/7")).status_code == 404


async def test_dependencies_are_closed_in_reverse_also_when_the_client_leaves() -> None:
    app, seen = NexiosApp(), []

    async def outer() -> AsyncIterator[str]:
        try:
            yield "outer"
        finally:
            seen.append("outer closed")

    async def inner(outer: str = Depend(outer)) -> AsyncIterator[str]:
        try:
            yield f"{outer} inner"
        finally:
            seen.append("inner closed")

    @app.websocket("/")
    async def use(ws: WebSocket, value: str = Depend(inner)) -> None:
        await ws.accept()
        seen.append(value)
        await ws.receive_text()

    async with TestClient(app) as client, client.websocket_connect("/"):
        pass

    assert seen == ["outer inner", "inner closed", "outer closed"]


async def test_a_dependency_may_refuse_the_handshake() -> None:
    app = NexiosApp()

    async def guard(ws: WebSocket) -> None:
        if ws.headers.get("authorization") != "me":
            raise HTTPException(401, "log in", {"www-authenticate": "Bearer"})

    @app.websocket("/", dependencies=[Depend(guard)])
    async def use(ws: WebSocket) -> None:
        await ws.accept()

    async with TestClient(app) as client:
        denied = await refusal(client, "/")
        async with client.websocket_connect("/", headers={"authorization": "me"}):
            pass

    assert denied.status_code == 401
    assert denied.response.headers["www-authenticate"] == "Bearer"


async def test_layers_of_app_router_and_route_surround_the_connection() -> None:
    app, router, seen = NexiosApp(), Router("/in"), []

    def note(name: str) -> Any:
        async def layer(request: Any, response: Response, call_next: Any) -> Any:
            seen.append(name)
            answer = await call_next()
            seen.append(f"{name} end {answer.status_code}")
            return answer

        return layer

    app.add_middleware(note("app"))
    router.add_middleware(note("router"))

    @router.websocket("/", middleware=[note("route")])
    async def use(ws: WebSocket) -> None:
        await ws.accept()
        seen.append("handler")

    app.mount_router(router)
    async with TestClient(app) as client, client.websocket_connect("/in/") as session:
        with pytest.raises(WebSocketClosed):
            await session.receive()

    assert seen == ["app", "router", "route", "handler", "route end 101", "router end 101", "app end 101"]


async def test_a_layer_that_guards_a_path_guards_its_sockets() -> None:
    app = NexiosApp()

    @app.middleware
    async def guard(request: Any, response: Response, call_next: Any) -> Any:
        if request.path.startswith("/admin"):
            return response.json({"why": "no"}, status_code=403)
        return await call_next()

    @app.websocket("/admin/live")
    async def live(ws: WebSocket) -> None:
        await ws.accept()

    inner = NexiosApp()
    inner.websocket("/")(live)
    app.mount("/admin/app", inner)

    async with TestClient(app) as client:
        for path in ("/admin/live", "/admin/app/", "/admin/nowhere"):
            denied = await refusal(client, path)
            assert (denied.status_code, denied.response.json()) == (403, {"why": "no"})


async def test_a_layer_may_say_that_it_is_for_requests_alone() -> None:
    app, seen = NexiosApp(), []

    class Timing(BaseMiddleware):
        protocols = ("http",)

        async def process_request(self, request: Request, response: Response) -> None:
            seen.append(request.path)

    app.add_middleware(Timing)

    @app.websocket("/ws")
    async def use(ws: WebSocket) -> None:
        await ws.accept()

    async with TestClient(app) as client:
        async with client.websocket_connect("/ws"):
            pass
        await client.get("/http")

    assert seen == ["/http"]


async def test_exception_handlers_answer_for_sockets_too() -> None:
    app, seen = NexiosApp(), []

    class Forbidden(Exception):
        pass

    @app.add_exception_handler(Forbidden)
    async def forbidden(request: Any, response: Response, error: Forbidden) -> Any:
        seen.append(type(request).__name__)
        return response.json({"why": "forbidden"}, status_code=403)

    @app.websocket("/early")
    async def early(ws: WebSocket) -> None:
        raise Forbidden

    @app.websocket("/late")
    async def late(ws: WebSocket) -> None:
        await ws.accept()
        raise Forbidden

    async with TestClient(app) as client:
        denied = await refusal(client, "/early")
        async with client.websocket_connect("/late") as session:
            with pytest.raises(WebSocketClosed) as closed:
                await session.receive()

    assert denied.response.json() == {"why": "forbidden"}
    assert closed.value.code == 1011
    assert seen == ["WebSocket", "WebSocket"]


async def test_events_tell_of_the_beginning_and_the_end() -> None:
    app, seen = NexiosApp(), []
    app.events.on("websocket", lambda ws: seen.append(("begin", ws.path, ws.phase)))
    app.events.on("websocket.closed", lambda ws: seen.append(("end", ws.path, ws.phase)))

    @app.websocket("/a")
    async def use(ws: WebSocket) -> None:
        await ws.accept()

    async with TestClient(app) as client, client.websocket_connect("/a"):
        pass

    assert seen == [("begin", "/a", "connecting"), ("end", "/a", "closed")]


async def test_the_urls_of_sockets_have_their_scheme() -> None:
    app = NexiosApp()

    @app.websocket("/ws/{room}", name="room")
    async def use(ws: WebSocket) -> None:
        await ws.accept()
        await ws.send_json([ws.url_for("room", room="b"), ws.url_for("home")])

    @app.get("/", name="home")
    async def home(request: Request) -> str:
        return request.url_for(use, room="a")

    async with TestClient(app, base_url="https://testserver") as client:
        assert (await client.get("/")).text == "wss://testserver/ws/a"
        async with client.websocket_connect("/ws/x") as session:
            assert await session.receive_json() == ["wss://testserver/ws/b", "https://testserver/"]


async def test_a_mounted_application_serves_its_own_sockets() -> None:
    app, inner = NexiosApp(), NexiosApp()

    @inner.websocket("/echo/{word}")
    async def echo(ws: WebSocket, word: str) -> None:
        await ws.accept()
        await ws.send_text(word)

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": scope["root_path"]})
        await send({"type": "websocket.close", "code": 4000})

    app.mount("/in", inner)
    app.mount("/foreign", foreign)
    async with TestClient(app) as client:
        async with client.websocket_connect("/in/echo/hi") as session:
            assert await session.receive_text() == "hi"
        async with client.websocket_connect("/foreign/x") as session:
            assert await session.receive_text() == "/foreign"
        assert (await refusal(client, "/in/nowhere")).status_code == 404


async def test_a_mounted_application_is_told_the_root_path_that_the_server_left_out_of_the_path() -> None:
    app, inner, seen = NexiosApp(), NexiosApp(), []

    @inner.websocket("/echo/{word}")
    async def echo(ws: WebSocket, word: str) -> None:
        seen.append((ws.scope["root_path"], ws.scope["path"], word))
        await ws.accept()

    app.mount("/in", inner)
    for path in ("/in/echo/hi", "/root/in/echo/hi"):
        peer = Peer(app, path)
        peer.scope["root_path"] = "/root"
        await peer.run()

    assert seen == [("/root/in", "/root/in/echo/hi", "hi")] * 2


async def test_a_page_of_the_same_path_and_a_socket_are_no_conflict() -> None:
    app = NexiosApp()

    @app.get("/live")
    async def page() -> str:
        return "page"

    @app.websocket("/live")
    async def live(ws: WebSocket) -> None:
        await ws.accept()

    async with TestClient(app) as client:
        assert (await client.get("/live")).text == "page"
        async with client.websocket_connect("/live"):
            pass


async def test_a_handler_that_cannot_wait_is_refused_at_the_start() -> None:
    app = NexiosApp()

    @app.websocket("/")
    def plain(ws: WebSocket) -> None: ...

    with pytest.raises(RouteError, match="make it an async def"):
        await app.startup()


def test_an_option_that_nobody_reads_is_refused() -> None:
    app = NexiosApp()

    with pytest.raises(RouteError, match="max_mesage"):
        app.websocket("/", max_mesage=1)(lambda ws: None)


@pytest.mark.parametrize("host", [b"", b"a/b", b"u@h", b"[::1", b"x:99999"])
async def test_a_malformed_host_is_refused_as_for_requests(peers: Any, host: bytes) -> None:
    app, seen = NexiosApp(), []

    @app.websocket("/")
    async def use(ws: WebSocket) -> None:
        seen.append(ws)

    @app.websocket("/ok")
    async def ok(ws: WebSocket) -> None:
        await ws.accept()

    async with peers(app, "/ok") as (peer,):
        wrong = type(peer)(app, "/")
        wrong.scope["headers"] = [(b"host", host)]
        await wrong.run()

    assert [message["type"] for message in wrong.sent] == ["websocket.close"]
    assert not seen


async def test_draining_closes_every_socket_with_1012_and_refuses_new_ones() -> None:
    app, cleaned = NexiosApp(), []

    @app.websocket("/")
    async def wait(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await ws.receive_text()
        finally:
            cleaned.append(True)

    async with TestClient(app) as client:  # noqa: SIM117  # one line a step
        async with client.websocket_connect("/") as one, client.websocket_connect("/") as two:
            await app.drain()
            for session in (one, two):
                with pytest.raises(WebSocketClosed) as closed:
                    await session.receive()
                assert (closed.value.code, closed.value.reason) == (1012, "the server restarts")
            assert (await refusal(client, "/")).status_code == 503

    assert cleaned == [True, True]


async def test_a_handler_that_ignores_the_end_is_cancelled_after_the_grace() -> None:
    app, cleaned = NexiosApp(MakeConfig(limits={"shutdown_grace": 0.05})), []

    @app.websocket("/")
    async def stubborn(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await anyio.sleep_forever()
        finally:
            cleaned.append(True)

    async with TestClient(app) as client, client.websocket_connect("/"):
        with anyio.fail_after(3):
            await app.drain()
            while connections_of(app).served:  # noqa: ASYNC110  # nothing tells of it
                await anyio.sleep(0.01)  # nothing tells of the end of the last handler

    assert cleaned == [True]


async def test_channels_are_injected_and_found_by_an_application_that_is_given_the_plugin() -> None:
    app = NexiosApp(plugins=[WebSocketsPlugin(max_message=5)])

    @app.websocket("/")
    async def use(ws: WebSocket, channels: Channels) -> None:
        await ws.accept()
        await ws.send_json([channels is ws.channels, ws.terms.max_message])

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        assert await session.receive_json() == [True, 5]

"""Connections that are no HTTP requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nexios import NexiosApp, Plugin, Registry, Request, Response, Router
from nexios.exceptions import MissingPluginError, NexiosError
from nexios.testing import TestClient
from nexios.types import Message, Receive, Scope, Send
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio


async def nothing() -> None: ...


async def mounted(scope: Scope, receive: Receive, send: Send) -> None: ...


@pytest.mark.parametrize("path", ["/nowhere", "/sub"])
@pytest.mark.parametrize("headers", [[(b"host", b"testserver")], [], [(b"host", b"a/b")]])
@pytest.mark.parametrize("extended", [True, False])
async def test_a_websocket_that_nobody_serves_is_refused(
    app: NexiosApp, path: str, headers: list[tuple[bytes, bytes]], extended: bool
) -> None:
    app.get("/sub")(nothing)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    extensions: dict[str, Any] = {"websocket.http.response": {}} if extended else {}
    scope = make_scope(path, type="websocket", scheme="ws", headers=headers, extensions=extensions)
    del scope["method"]
    await app(scope, receive, send)

    if extended:
        assert sent[0]["type"] == "websocket.http.response.start"
        assert sent[0]["status"] == (404 if headers == [(b"host", b"testserver")] else 400)
        assert b"about:blank" in sent[1]["body"]
    else:
        assert [message["type"] for message in sent] == ["websocket.close"]


class Mail(Plugin):
    """Serves sockets, each of which is answered with one message."""

    name = "mail"

    def register(self, registry: Registry) -> None:
        registry.protocol("websocket", self)

    def compile(self, app: NexiosApp, route: Any, recover: Any) -> Any:
        handle = app.compile_handler(route)

        async def endpoint(connection: Any, response: Response) -> Response:
            try:
                return response.text(await handle(connection, response))
            except Exception as error:
                answer: Response = await recover(connection, error)
                return answer

        return endpoint

    async def serve(self, app: NexiosApp, scope: Scope, receive: Receive, send: Send, fields: Any) -> None:
        connection = Request(app, scope, receive, send, fields)
        answer = await app.answer(connection, Response())
        await send({"type": "mail.answer", "status": answer.status_code, "text": answer.content.decode()})

    async def hand_over(self, connection: Any, mounted: Any, place: Mapping[str, Any]) -> Response:
        return Response.text(f"handed over at {place['root_path']}")

    async def pass_through(self, connection: Any, around: Any, call_next: Any) -> Response:
        raise NotImplementedError("ASGI middleware does not know letters")


async def test_a_protocol_of_a_plugin_passes_the_layers_and_routers_of_the_application() -> None:
    app = NexiosApp(plugins=[Mail])
    log: list[str] = []

    async def layer(request: Any, response: Response, call_next: Any) -> Any:
        log.append("router" if request.path.startswith("/r/") else "app")
        return await call_next()

    class HTTPOnly:
        protocols = ("http",)

        async def __call__(self, request: Any, response: Response, call_next: Any) -> Any:
            raise AssertionError

    router = Router("/r", middleware=[layer, HTTPOnly()])
    app.add_middleware(HTTPOnly())
    app.mount_router(router)
    app.mount("/sub", mounted)
    app.add_exception_handler(LookupError, lambda request, response, error: response.text("lost", status=410))

    @router.websocket("/box/{name}", name="box")
    async def box(mail: Any, name: str) -> str:
        if name == "lost":
            raise LookupError
        return f"{name} {mail.path_params.name} {mail.url_for('box', name='x')}"

    async def send_to(path: str) -> Message:
        scope = make_scope(path, type="websocket")
        del scope["method"]
        return (await call_with(app, scope))[0]

    async with TestClient(app):
        assert await send_to("/r/box/ada") == {
            "type": "mail.answer",
            "status": 200,
            "text": "ada ada ws://testserver/r/box/x",
        }
        assert (await send_to("/r/box/lost"))["text"] == "lost"
        assert (await send_to("/nowhere"))["status"] == 404
        assert (await send_to("/sub/x"))["text"] == "handed over at /sub"
    assert log == ["router", "router"]


async def call_with(app: NexiosApp, scope: Scope) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_a_layer_that_cannot_look_at_a_socket_does_not_let_it_pass_to_what_is_mounted(app: NexiosApp) -> None:
    reached: list[str] = []

    async def guard(request: Request, response: Response, call_next: Any) -> Any:
        return await call_next()

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["type"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None: ...

    class OfHTTPAlone:
        protocols = ("http",)

        async def __call__(self, request: Request, response: Response, call_next: Any) -> Any:
            return await call_next()

    app.mount("/x", mounted)
    app.add_middleware(OfHTTPAlone())
    await app(make_scope("/x", type="websocket"), receive, send)
    app.provide(LookupError, LookupError)
    app.add_middleware(guard)
    with pytest.raises(
        MissingPluginError, match="stands in front of what is mounted at /x, and cannot look at a websocket"
    ):
        await app(make_scope("/x", type="websocket"), receive, send)

    assert reached == ["websocket"]


async def test_a_protocol_nobody_knows_is_an_error(app: NexiosApp) -> None:
    with pytest.raises(NexiosError, match="a connection of the type 'mqtt', which no plugin serves"):
        await call(app, type="mqtt")

"""Below a root path, and mounted: the application sees itself at the root."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from nexios import NexiosApp, Request, Router
from nexios.root_path import below_root
from nexios.testing import TestClient
from nexios.types import Receive, Scope, Send
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio


async def nothing() -> None: ...


@pytest.mark.parametrize(
    ("path", "root_path", "below"),
    [
        ("/a", "", "/a"),
        ("/root/a", "/root", "/a"),
        ("/a", "/root", "/a"),
        ("/root", "/root", "/"),
        ("/rooted", "/root", "/rooted"),
    ],
)
def test_the_root_path_may_stand_in_front_and_need_not(path: str, root_path: str, below: str) -> None:
    assert below_root(make_scope(path, root_path=root_path)) == below


@pytest.mark.parametrize("keeps", [True, False])
async def test_below_a_root_path_everything_works_whether_the_server_leaves_it_in_front_or_not(
    app: NexiosApp, keeps: bool
) -> None:
    @app.get("/items/{id:int}", name="item")
    async def item(request: Request, id: int) -> list[str]:
        return [request.url_for("item", id=id), request.base_url]

    async def ask(path: str, method: str = "GET") -> Any:
        return await call(app, ("/root" if keeps else "") + path, method, root_path="/root")

    found = await ask("/items/7")
    assert found.body == b'["http://testserver/root/items/7","http://testserver/root"]'
    assert (await ask("/items/7", "POST")).header("allow") == "GET, HEAD, OPTIONS"
    assert (await ask("/items/7", "OPTIONS")).status == 204
    assert (await ask("/items/7/")).header("location") == ("/root/items/7" if keeps else "/items/7")
    assert (await ask("/nowhere")).status == 404
    assert (await call(app, "/rooted", root_path="/root")).status == 404


@pytest.mark.parametrize("raw_path", [b"/su%62/a%2Fb", None])
async def test_a_mounted_application_is_told_the_root_path_that_the_server_left_out(
    app: NexiosApp, raw_path: bytes | None
) -> None:
    seen: list[Scope] = []
    inner = NexiosApp(plugins=[])
    inner.get("/items")(lambda: "found")
    app.mount("/sub", mirror(seen))
    app.mount("/inner", inner)

    await call(app, "/sub/a/b", root_path="/r t", raw_path=raw_path)

    assert (seen[0]["root_path"], seen[0]["path"]) == ("/r t/sub", "/r t/sub/a/b")
    assert seen[0]["raw_path"] == (b"/r%20t/su%62/a%2Fb" if raw_path else None)
    assert (await call(app, "/inner/items", root_path="/root")).body == b"found"
    assert (await call(app, "/root/inner/items", root_path="/root")).body == b"found"


def mirror(seen: list[Scope]) -> Any:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        seen.append(scope)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
            return
        await send({"type": "http.response.start", "status": 203, "headers": [(b"x-mounted", b"yes")]})
        for chunk in (b"one ", b"", b"two"):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    return application


@pytest.mark.parametrize("root_path", ["", "/root"])
async def test_a_mounted_application_sees_itself_at_the_root(app: NexiosApp, root_path: str) -> None:
    seen: list[Scope] = []
    router = Router("/in")
    app.mount("/sub", mirror(seen))
    app.mount_router(router)
    router.mount("/{tenant}", mirror(seen))

    async with TestClient(app, root_path=root_path) as client:
        for path in ("/sub", "/sub/", "/sub/a/b"):
            answer = await client.get(path)
            assert (answer.status_code, answer.text, answer.headers["x-mounted"]) == (203, "one two", "yes")
        assert (await client.post("/in/acme/x")).status_code == 203
        async with client.websocket_connect("/sub/ws"):
            pass
        assert (await client.get("/subway")).status_code == 404

    assert [(scope["root_path"], scope["path"]) for scope in seen] == [
        (root_path + "/sub", root_path + "/sub"),
        (root_path + "/sub", root_path + "/sub/"),
        (root_path + "/sub", root_path + "/sub/a/b"),
        (root_path + "/in/acme", root_path + "/in/acme/x"),
        (root_path + "/sub", root_path + "/sub/ws"),
    ]


async def test_an_application_within_an_application_works_as_on_its_own(app: NexiosApp) -> None:
    inner, innermost = NexiosApp(plugins=[]), NexiosApp(plugins=[])
    app.mount("/in", inner)
    inner.mount("/most", innermost)

    @innermost.get("/items/{id:int}", name="item")
    async def item(request: Request, id: int) -> list[Any]:
        return [request.url_for("item", id=id), id, request.app is innermost]

    @innermost.post("/echo")
    async def echo(request: Request) -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            yield chunk

    innermost.add_exception_handler(404, lambda request, response, error: response.text("inner 404", status=404))

    async with TestClient(app) as client:
        assert (await client.get("/in/most/items/7")).json() == ["http://testserver/in/most/items/7", 7, True]
        assert (await client.post("/in/most/echo", content=b"abc")).content == b"abc"
        assert (await client.get("/in/most/nowhere")).text == "inner 404"
        assert (await client.put("/in/most/echo")).headers["allow"] == "OPTIONS, POST"
        assert (await client.get("/in/most/items/7/")).headers["location"] == "/in/most/items/7"
        assert (await client.get("/in/nowhere")).status_code == 404


async def test_a_mount_at_the_root_serves_what_nobody_else_does(app: NexiosApp) -> None:
    seen: list[Scope] = []
    app.mount("/", mirror(seen))
    app.get("/own")(nothing)

    async with TestClient(app) as client:
        assert (await client.get("/own")).status_code == 204
        for path in ("/", "/a/b"):
            assert (await client.get(path)).status_code == 203
    assert [(scope["root_path"], scope["path"]) for scope in seen] == [("", "/"), ("", "/a/b")]

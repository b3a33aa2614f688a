"""What is answered where no route serves the method and the path."""

from __future__ import annotations

import pytest

from nexios import NexiosApp, Response
from nexios.testing import TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio


async def nothing() -> None: ...


async def test_head_options_and_wrong_methods_are_answered(app: NexiosApp) -> None:
    @app.get("/")
    async def show() -> str:
        return "hello"

    @app.post("/items/{id:int}")
    async def item() -> None: ...
    @app.put("/items/{name}")
    async def named() -> None: ...

    async with TestClient(app) as client:
        head = await client.head("/")
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")
        options = await client.options("/")
        assert (options.status_code, options.content, options.headers["allow"]) == (204, b"", "GET, HEAD, OPTIONS")
        for method in ("POST", "DELETE", "NONSENSE"):
            wrong = await client.request(method, "/")
            assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
            assert wrong.json()["status"] == 405
        assert (await client.get("/items/1")).headers["allow"] == "OPTIONS, POST, PUT"
        assert (await client.get("/items/x")).headers["allow"] == "OPTIONS, PUT"
        assert (await client.get("/")).text == "hello"


async def test_options_of_no_resource_is_a_question_to_the_server(app: NexiosApp) -> None:
    answer = await call(app, "*", "OPTIONS")

    assert (answer.status, answer.body) == (204, b"")
    assert (await call(app, "*", "GET")).status == 404


async def test_own_head_and_options_handlers_come_first(app: NexiosApp) -> None:
    @app.get("/")
    async def show() -> str:
        return "hello"

    @app.head("/")
    async def head(response: Response) -> Response:
        return response.set_header("x-head", "own").empty(200)

    @app.options("/")
    async def options() -> dict[str, str]:
        return {"own": "options"}

    async with TestClient(app) as client:
        assert (await client.head("/")).headers["x-head"] == "own"
        assert (await client.options("/")).json() == {"own": "options"}
        assert (await client.get("/")).text == "hello"


async def test_a_slash_more_or_less_is_redirected_to_the_declared_form(app: NexiosApp) -> None:
    app.get("/less")(nothing)
    app.post("/more/")(nothing)
    app.get("/items/{id:int}/")(nothing)

    async with TestClient(app) as client:
        for path, location in {
            "/less/": "/less",
            "/less/?a=1&b=%20": "/less?a=1&b=%20",
            "/more": "/more/",
            "/items/7": "/items/7/",
        }.items():
            answer = await client.request("GET", path)
            assert (answer.status_code, answer.headers["location"], answer.content) == (308, location, b"")
        for path in ("/less//", "/items/x", "/items/x/", "/"):
            assert (await client.get(path)).status_code == 404


async def test_a_strict_application_redirects_nothing() -> None:
    app = NexiosApp(plugins=[], trailing_slash="strict")
    app.get("/less")(nothing)

    async with TestClient(app) as client:
        assert (await client.get("/less/")).status_code == 404

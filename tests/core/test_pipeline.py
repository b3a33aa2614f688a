"""The onion: functions around functions."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import anyio
import pytest

from nexios import HTTPException, NexiosApp, Request, Response, Router
from nexios.testing import TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio


def layer(log: list[str], name: str) -> Any:
    async def run(request: Request, response: Response, call_next: Any) -> Any:
        log.append(f"> {name}")
        answer = await call_next()
        log.append(f"< {name}")
        return answer

    return run


async def test_the_first_added_is_outermost_and_those_of_routers_and_routes_lie_inside() -> None:
    log: list[str] = []
    app = NexiosApp(plugins=[], middleware=[layer(log, "app given")])
    app.add_middleware(layer(log, "app added"))
    outer, inner = Router("/o", middleware=[layer(log, "outer")]), Router("/i")
    app.mount_router(outer)
    outer.mount_router(inner)
    inner.add_middleware(layer(log, "inner"))

    @inner.get("/", middleware=[layer(log, "route 1"), layer(log, "route 2")])
    async def show() -> None:
        log.append("handler")

    async with TestClient(app) as client:
        await client.get("/o/i/")

    names = ["app given", "app added", "outer", "inner", "route 1", "route 2"]
    assert log == [f"> {name}" for name in names] + ["handler"] + [f"< {name}" for name in reversed(names)]


async def test_the_layers_of_the_app_surround_the_lookup_and_those_of_a_route_only_their_own() -> None:
    log: list[str] = []
    app = NexiosApp(plugins=[], middleware=[layer(log, "app")])

    @app.get("/", middleware=[layer(log, "route")])
    async def show() -> None: ...

    async with TestClient(app) as client:
        await client.get("/nowhere")

    assert log == ["> app", "< app"]


async def test_a_layer_that_does_not_call_next_answers_itself() -> None:
    app = NexiosApp(plugins=[])

    @app.middleware
    async def shut(request: Request, response: Response, call_next: Any) -> Any:
        return {"closed": True}, 503

    @app.get("/")
    async def show() -> None:
        raise AssertionError("reached")

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.json()) == (503, {"closed": True})


async def test_the_third_argument_may_have_any_name_and_be_called_twice() -> None:
    app = NexiosApp(plugins=[])
    calls: list[int] = []

    @app.middleware
    async def retry(req: Request, res: Response, next_handler: Any) -> Any:
        first = await next_handler()
        return first if first.status_code == 200 else await next_handler()

    @app.get("/")
    async def show() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise HTTPException(503)
        return "second time"

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "second time"


async def test_a_layer_that_forgets_to_return_is_told() -> None:
    app = NexiosApp(plugins=[])

    @app.middleware
    async def forgetful(request: Request, response: Response, call_next: Any) -> None:
        await call_next()

    async with TestClient(app) as client:
        with pytest.raises(
            TypeError, match=r"middleware .*forgetful returned None: return the response of call_next\(\)"
        ):
            await client.get("/")


async def test_headers_and_cookies_set_before_the_call_are_in_the_answer() -> None:
    app = NexiosApp(plugins=[])

    @app.middleware
    async def marks(request: Request, response: Response, call_next: Any) -> Any:
        response.set_header("x-request-id", "7").set_cookie("seen", "yes").headers.vary("cookie")
        return await call_next()

    @app.middleware
    async def answers(request: Request, response: Response, call_next: Any) -> Any:
        return Response.json({"a": 1}) if request.path == "/early" else await call_next()

    @app.get("/returned")
    async def returned() -> dict[str, int]:
        return {"a": 1}

    @app.get("/made")
    async def made() -> Response:
        return Response.json({"a": 1}, headers={"x-own": "1", "vary": "accept"})

    async with TestClient(app) as client:
        for path in ("/returned", "/made", "/early"):
            answer = await client.get(path)
            assert answer.headers["x-request-id"] == "7"
            assert [line[:8] for line in answer.headers.get_list("set-cookie")] == ["seen=yes"]
            assert answer.headers["vary"] == ("accept, cookie" if path == "/made" else "cookie")
            assert answer.json() == {"a": 1}


async def test_what_a_layer_said_before_the_call_is_in_the_answer_to_an_error_and_what_failed_said_is_not() -> None:
    app = NexiosApp(plugins=[])

    @app.middleware
    async def marks(request: Request, response: Response, call_next: Any) -> Any:
        response.set_header("x-request-id", "7").set_header("etag", '"of another body"').set_cookie("seen", "yes")
        return await call_next()

    @app.get("/fails")
    async def fails(response: Response) -> None:
        response.set_header("x-half-done", "1").set_cookie("session", "never begun").set_header("x-request-id", "8")
        raise LookupError

    @app.get("/refuses")
    async def refuses() -> None:
        raise HTTPException(402, headers={"x-request-id": "its own"})

    for path, status, marked in (("/fails", 500, "7"), ("/refuses", 402, "its own"), ("/nowhere", 404, "7")):
        answer = await call(app, path)
        assert (answer.status, answer.header("x-request-id")) == (status, marked)
        assert (answer.header("set-cookie") or "").startswith("seen=yes; ")
        assert "session" not in (answer.header("set-cookie") or "")
        assert answer.header("x-half-done") is answer.header("etag") is None


async def test_the_route_is_known_before_the_call_and_a_rewritten_path_is_looked_up_anew() -> None:
    app = NexiosApp(plugins=[])
    seen: list[Any] = []

    @app.middleware
    async def rewrites(request: Request, response: Response, call_next: Any) -> Any:
        seen.append((request.route and request.route.path, dict(request.path_params)))
        if request.path.startswith("/old/"):
            request.path = request.path.replace("/old/", "/new/")
        seen.append((request.route and request.route.path, dict(request.path_params)))
        return await call_next()

    @app.get("/new/{id}", name="new", meta={"public": True})
    async def new(request: Request, id: int) -> list[Any]:
        assert request.route is not None
        return [id, request.route.name, request.route.meta["public"], request.path_params["id"], request.url.path]

    async with TestClient(app) as client:
        assert (await client.get("/old/7")).json() == [7, "new", True, 7, "/new/7"]
        assert (await client.get("/nowhere")).status_code == 404

    assert seen == [(None, {}), ("/new/{id}", {"id": 7}), (None, {}), (None, {})]


async def test_context_variables_pass_straight_through() -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")
    app = NexiosApp(plugins=[])

    @app.middleware
    async def outer(request: Request, response: Response, call_next: Any) -> Any:
        name.set("outer")
        answer = await call_next()
        return answer.set_header("x-name", name.get())

    @app.get("/")
    async def show() -> str:
        found = name.get()
        name.set("handler")
        return found

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert (answer.text, answer.headers["x-name"]) == ("outer", "handler")


async def test_layers_added_after_the_start_take_effect() -> None:
    app = NexiosApp(plugins=[])
    log: list[str] = []
    router = Router("/r")
    app.mount_router(router)

    @router.get("/")
    async def show() -> None: ...

    async with TestClient(app) as client:
        await client.get("/r/")
        app.add_middleware(layer(log, "app"))
        router.add_middleware(layer(log, "router"))
        await client.get("/r/")

    assert log == ["> app", "> router", "< router", "< app"]


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
async def test_what_guards_a_router_guards_it_against_other_methods_too(method: str) -> None:
    app = NexiosApp(plugins=[])
    prepared: list[int] = []

    class Guard:
        def prepare(self, app: Any) -> None:
            prepared.append(1)

        async def __call__(self, request: Request, response: Response, call_next: Any) -> Any:
            if request.headers.get("x-key") != "right":
                raise HTTPException(403)
            return (await call_next()).set_header("x-guarded", "yes")

    router = Router("/r", middleware=[Guard()])
    app.mount_router(router)

    @router.get("/{id}")
    async def show(id: int) -> None: ...

    async with TestClient(app) as client:
        refused = await client.request(method, "/r/1")
        let_in = await client.request(method, "/r/1", headers={"x-key": "right"})

    assert refused.status_code == 403
    assert let_in.status_code == (405 if method == "POST" else 204)
    assert let_in.headers["allow"] == "GET, HEAD, OPTIONS"
    assert let_in.headers["x-guarded"] == "yes"
    assert len(prepared) <= 2


async def test_a_cancelled_layer_is_not_answered_for() -> None:
    app = NexiosApp(plugins=[])
    seen: list[str] = []

    @app.middleware
    async def limited(request: Request, response: Response, call_next: Any) -> Any:
        with anyio.move_on_after(0.01):
            return await call_next()
        return response.text("too slow", status=504)

    @app.get("/")
    async def show() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            seen.append("cancelled")

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "too slow"
    assert seen == ["cancelled"]


@pytest.mark.parametrize("by", ["handler", "layer", "exception handler"])
async def test_an_answer_that_everybody_gets_holds_nobody_s_cookies(by: str) -> None:
    """One Response returned to two clients: what layers write for the first must not reach the second (class 47)."""
    app = NexiosApp(plugins=[])
    same = Response.json({"shared": True}, headers={"x-mine": "1"}).background(list)

    @app.middleware
    async def sign(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        return answer.set_cookie("user", request.path[1:]).background(list)

    @app.middleware
    async def guard(request: Request, response: Response, call_next: Any) -> Any:
        return same if by == "layer" else await call_next()

    @app.get("/{name}")
    async def show(name: str) -> Response:
        if by == "exception handler":
            raise LookupError
        return same

    app.add_exception_handler(LookupError, lambda request, response, error: same)

    async with TestClient(app) as client:
        for name in ("ann", "bob"):
            answer = await client.get(f"/{name}")
            assert answer.headers.get_list("set-cookie") == [f"user={name}; Path=/; SameSite=Lax"]
            assert (answer.json(), answer.headers["x-mine"]) == ({"shared": True}, "1")
    assert same.headers.getlist("set-cookie") == []
    assert len(same.jobs or ()) == 1

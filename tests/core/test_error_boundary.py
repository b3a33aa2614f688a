from __future__ import annotations

import logging
from typing import Any

import pytest

from nexios import Depend, HTTPException, NexiosApp, Request, Response, Router
from nexios.exceptions import ClientDisconnect, NotFound
from nexios.testing import TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio


@pytest.fixture
def app() -> NexiosApp:
    app = NexiosApp(plugins=[])

    @app.get("/lookup")
    async def lookup() -> None:
        raise KeyError("k")

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418, "short and stout", {"x-tea": "earl grey"}, blend="strong")

    return app


def client(app: NexiosApp) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


async def test_an_http_exception_is_a_problem_document(app: NexiosApp) -> None:
    async with client(app) as session:
        answer = await session.get("/teapot")

    assert answer.status_code == 418
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-tea"] == "earl grey"
    assert answer.json() == {
        "type": "about:blank", "title": "I'm a Teapot", "status": 418, "detail": "short and stout", "blend": "strong"
    }  # fmt: skip


async def test_an_unexpected_error_is_a_500_that_tells_nothing_and_is_logged_once(
    app: NexiosApp, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with client(app) as session:
            answer = await session.get("/lookup")

    assert answer.json() == {"type": "about:blank", "title": "Internal Server Error", "status": 500}
    records = [record for record in caplog.records if record.exc_info]
    assert len(records) == 1
    assert "lookup while answering GET '/lookup'" in records[0].getMessage()


async def test_an_error_before_the_lookup_of_the_route_is_logged_as_well(
    app: NexiosApp, caplog: pytest.LogCaptureFixture
) -> None:
    @app.middleware
    async def fails(request: Request, response: Response, call_next: Any) -> Response:
        raise LookupError("outside")

    async with client(app) as session:
        assert (await session.get("/lookup")).status_code == 500

    assert "unhandled error while answering GET '/lookup'" in caplog.text


async def test_the_handler_of_the_most_specific_class_answers(app: NexiosApp) -> None:
    @app.add_exception_handler(LookupError)
    async def general(request: Request, response: Response, error: Exception) -> Response:
        return response.text("lookup", status=500)

    @app.add_exception_handler(KeyError)
    def special(request: Request, response: Response, error: KeyError) -> dict[str, Any]:
        response.status(404)
        return {"missing": error.args[0], "at": request.path}

    app.add_exception_handler(Exception, general)

    async with client(app) as session:
        answer = await session.get("/lookup")

    assert (answer.status_code, answer.json()) == (404, {"missing": "k", "at": "/lookup"})


async def test_a_status_has_a_handler_of_its_own_also_where_nothing_was_found(app: NexiosApp) -> None:
    async def lost(request: Request, response: Response, error: HTTPException) -> Response:
        return response.text(f"no {request.path}", status=404)

    app.add_exception_handler(404, lost)

    async with client(app) as session:
        answer = await session.get("/nowhere")

    assert (answer.status_code, answer.text) == (404, "no /nowhere")


async def test_a_status_says_more_than_http_exception_and_less_than_its_class(app: NexiosApp) -> None:
    def answers(text: str) -> Any:
        return lambda request, response, error: response.text(text, status=400)

    app.add_exception_handler(HTTPException, answers("any"))
    async with client(app) as session:
        assert (await session.get("/nowhere")).text == "any"
        app.add_exception_handler(404, answers("status"))
        assert (await session.get("/nowhere")).text == "status"
        app.add_exception_handler(NotFound, answers("class"))
        assert (await session.get("/nowhere")).text == "class"
        assert (await session.get("/teapot")).text == "any"


async def test_a_handler_for_exception_does_not_see_http_exceptions_but_500_sees_errors(app: NexiosApp) -> None:
    app.add_exception_handler(Exception, lambda request, response, error: response.text("exception", status=500))
    async with client(app) as session:
        assert (await session.get("/teapot")).status_code == 418
        assert (await session.get("/lookup")).text == "exception"

    other = NexiosApp(plugins=[])
    other.add_exception_handler(500, lambda request, response, error: response.text("five", status=500))

    @other.get("/")
    async def fails() -> None:
        raise LookupError

    async with client(other) as session:
        assert (await session.get("/")).text == "five"


async def test_a_router_has_its_own_handlers_and_hands_on_what_it_has_none_for(app: NexiosApp) -> None:
    router = Router("/r")
    app.mount_router(router)

    @router.get("/value")
    async def value() -> None:
        raise ValueError("v")

    @router.get("/key")
    async def key() -> None:
        raise KeyError("k")

    router.add_exception_handler(ValueError, lambda request, response, error: response.text("router", status=400))
    app.add_exception_handler(ValueError, lambda request, response, error: response.text("app", status=400))
    app.add_exception_handler(KeyError, lambda request, response, error: response.text("app key", status=400))

    async with client(app) as session:
        assert (await session.get("/r/value")).text == "router"
        assert (await session.get("/r/key")).text == "app key"


async def test_a_handler_that_fails_is_answered_for_by_the_router_around_it(
    app: NexiosApp, caplog: pytest.LogCaptureFixture
) -> None:
    router = Router("/r")
    app.mount_router(router)

    @router.get("/")
    async def value() -> None:
        raise ValueError("first")

    @router.add_exception_handler(ValueError)
    async def fails(request: Request, response: Response, error: ValueError) -> None:
        raise KeyError("second")

    async with client(app) as session:
        assert (await session.get("/r/")).status_code == 500
        assert "first" in caplog.text
        assert "second" in caplog.text

        app.add_exception_handler(KeyError, lambda request, response, error: response.text(str(error.__context__)))
        assert (await session.get("/r/")).text == "first"


async def test_a_handler_that_raises_the_same_error_again_leaves_it_to_the_next(app: NexiosApp) -> None:
    @app.add_exception_handler(HTTPException)
    async def again(request: Request, response: Response, error: HTTPException) -> None:
        raise error

    async with client(app) as session:
        assert (await session.get("/teapot")).status_code == 418


@pytest.mark.parametrize("headers", [{"x-a": "a\r\nb"}, {"bad name": "a"}, {"x-a": "☃"}])
async def test_an_error_that_no_answer_can_hold_is_a_500(
    app: NexiosApp, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/header")
    async def header() -> None:
        raise HTTPException(400, headers=headers)

    @app.get("/member")
    async def member() -> None:
        raise HTTPException(400, it=object())

    @app.get("/detail")
    async def detail() -> None:
        raise HTTPException(400, "\ud800")

    # What is logged is no UTF-8 either: not every reader of a log would bear it.
    caplog.set_level(logging.CRITICAL, "nexios")
    async with client(app) as session:
        for path in ("/header", "/member", "/detail"):
            answer = await session.get(path)
            assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")


async def test_errors_of_dependencies_layers_and_encoders_are_answered_alike(app: NexiosApp) -> None:
    def fails() -> None:
        raise HTTPException(402)

    @app.get("/dependency")
    async def dependency(it: None = Depend(fails)) -> None: ...

    async def layer(request: Request, response: Response, call_next: Any) -> Response:
        raise HTTPException(402)

    @app.get("/layer", middleware=[layer])
    async def layered() -> None: ...

    @app.get("/encoder")
    async def encoder() -> Any:
        return object()

    async with client(app) as session:
        assert [(await session.get(path)).status_code for path in ("/dependency", "/layer", "/encoder")] == [
            402,
            402,
            500,
        ]


async def test_every_layer_sees_the_error_as_an_answer(app: NexiosApp) -> None:
    @app.middleware
    async def adds(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        return answer.set_header("x-seen", str(answer.status_code))

    async with client(app) as session:
        for path, status in (("/lookup", 500), ("/teapot", 418), ("/nowhere", 404)):
            assert (await session.get(path)).headers["x-seen"] == str(status)


async def test_a_client_that_left_is_neither_logged_nor_handled(
    app: NexiosApp, caplog: pytest.LogCaptureFixture
) -> None:
    handled = []
    app.add_exception_handler(500, lambda *args: handled.append(args))
    app.add_exception_handler(Exception, lambda *args: handled.append(args))

    @app.post("/upload")
    async def upload(request: Request) -> None:
        await request.body

    answer = await call(app, "/upload", "POST", body=[b"half"], leaves=True)

    assert answer.status == 499
    assert handled == caplog.records == []


async def test_the_error_itself_reaches_a_test_that_asks_for_it(app: NexiosApp) -> None:
    sink: list[BaseException] = []

    await call(app, "/lookup", extensions={"nexios.exceptions": sink})

    assert [type(error) for error in sink] == [KeyError]


async def test_malformed_requests_go_through_the_handlers_too(app: NexiosApp) -> None:
    app.add_exception_handler(400, lambda request, response, error: response.text(f"own {error.status}", status=400))

    answer = await call(app, headers=[])

    assert (answer.status, answer.body) == (400, b"own 400")


@pytest.mark.parametrize(("version", "connection"), [("1.1", "close"), ("2", None), ("3", None)])
async def test_only_http_1_is_told_that_the_connection_ends(
    app: NexiosApp, version: str, connection: str | None
) -> None:
    answer = await call(app, headers=[(b"host", b"a"), (b"host", b"b")], http_version=version)

    assert (answer.status, answer.header("connection")) == (400, connection)


@pytest.mark.parametrize("name", ["connection", "Connection"])
async def test_an_error_names_the_connection_in_any_case(app: NexiosApp, name: str) -> None:
    @app.get("/")
    async def refuses() -> None:
        raise HTTPException(400, headers={name: "close", "x-other": "1"})

    for version, connection in (("1.1", "close"), ("1.0", "close"), ("2", None), ("3", None)):
        answer = await call(app, http_version=version)
        assert (answer.header("connection"), answer.header("x-other")) == (connection, "1")


async def test_a_failing_listener_of_errors_changes_nothing(app: NexiosApp) -> None:
    @app.events.on("error")
    async def fails(request: Request, error: Exception) -> None:
        raise LookupError

    async with client(app) as session:
        assert (await session.get("/teapot")).status_code == 418


def test_client_disconnect_is_no_http_exception() -> None:
    assert not issubclass(ClientDisconnect, HTTPException)

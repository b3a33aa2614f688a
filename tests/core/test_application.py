"""The application as a whole: the request's path from the server and back."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import (
    HTTPException,
    MakeConfig,
    NexiosApp,
    Request,
    Response,
    Router,
    Secret,
    get_application,
    register_path_converter,
)
from nexios.exceptions import ConfigurationError
from nexios.routing.converters import path_converters
from nexios.testing import TestClient
from nexios.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


async def nothing() -> None: ...


# -- making one ----------------------------------------------------------------------------------------------------


def test_every_way_to_make_an_application() -> None:
    assert NexiosApp(plugins=[]).debug is False
    assert NexiosApp(config=MakeConfig(debug=True), plugins=[]).debug is True
    assert NexiosApp({"debug": True, "secret_key": "x" * 32}, plugins=[]).secret_key == Secret("x" * 32)
    made = get_application(MakeConfig({"debug": True}), title="Ours", plugins=[])
    assert (made.debug, made.title, made.config.debug) == (True, "Ours", True)
    assert made.events is made.event_emitter
    made.state.anything = 1
    assert made.state["anything"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trailing_slash": "always"}, r'trailing_slash=\'always\': give "redirect" or "strict"'),
        ({"config": {"limits": {"body": 0}}}, "body"),
        ({"config": {"limits": {"bdy": 1}}}, "body"),
        ({"config": {"debug": "perhaps"}}, "debug"),
        ({"prefix": "x"}, "a prefix starts with"),
    ],
)
def test_what_could_not_be_served_as_configured_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        NexiosApp(plugins=[], **options)


# -- routing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turned_round", [False, True])
async def test_the_most_specific_route_wins_whatever_the_order(app: NexiosApp, turned_round: bool) -> None:
    paths = ["/users/me", "/users/{id:int}", "/users/{name}", "/users/{rest:path}", "/{rest:path}"]
    for path in reversed(paths) if turned_round else paths:
        app.get(path)(_tells(path))

    async with TestClient(app) as client:
        for request, path in zip(("/users/me", "/users/7", "/users/ada", "/users/a/b", "/other/x"), paths, strict=True):
            assert (await client.get(request)).text == path


def _tells(path: str) -> Any:
    async def show() -> str:
        return path

    return show


async def test_percent_encoding_is_decoded_once(app: NexiosApp) -> None:
    @app.get("/files/{name}")
    async def show(name: str) -> str:
        return name

    async with TestClient(app) as client:
        for sent, name in {"%2541": "%41", "a%2Bb": "a+b", "a+b": "a+b", "%C3%A4": "ä"}.items():
            assert (await client.get("/", extensions={"target": b"/files/" + sent.encode()})).text == name


async def test_a_converter_is_registered_for_all_applications_or_for_one(
    app: NexiosApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_converters, "_own", dict(path_converters._own))

    class Even:
        def convert(self, text: str) -> int:
            if int(text) % 2:
                raise ValueError(text)
            return int(text)

        def format(self, value: int) -> str:
            return str(value)

    app.register_path_converter("even", Even())
    register_path_converter("shout", str.upper)

    @app.get("/{number:even}", name="even")
    async def even(number: int) -> int:
        return number

    @app.get("/s/{text:shout}")
    async def shout(text: str) -> str:
        return text

    async with TestClient(app) as client:
        assert (await client.get("/4")).json() == 4
        assert (await client.get("/5")).status_code == 404
        assert (await client.get("/s/a")).text == "A"
    assert app.url_for("even", number=6) == "/6"
    with pytest.raises(ConfigurationError, match="even"):
        NexiosApp(plugins=[]).get("/{number:even}")(nothing)


async def test_routes_added_after_the_start_are_served(app: NexiosApp) -> None:
    async with TestClient(app) as client:
        assert (await client.get("/late")).status_code == 404
        app.get("/late")(nothing)
        assert (await client.get("/late")).status_code == 204


async def test_routes_are_served_without_a_lifespan(app: NexiosApp) -> None:
    done: list[str] = []

    @app.get("/")
    async def show(response: Response) -> Response:
        return response.text("hello").background(done.append, "job")

    async with TestClient(app, lifespan=False) as client:
        assert (await client.get("/")).text == "hello"
    assert done == ["job"]


# -- around routes -------------------------------------------------------------------------------------------------


async def test_layers_and_errors_of_routers_hold_for_their_mounts(app: NexiosApp) -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raise LookupError("inside")

    async def layer(request: Request, response: Response, call_next: Any) -> Any:
        return (await call_next()).set_header("x-layer", "1")

    router = Router("/r", middleware=[layer])
    app.mount_router(router)
    router.mount("/sub", breaks)
    router.add_exception_handler(LookupError, lambda request, response, error: response.text(str(error), status=502))

    async with TestClient(app) as client:
        answer = await client.get("/r/sub/x")
    assert (answer.status_code, answer.text, answer.headers["x-layer"]) == (502, "inside", "1")


def test_the_layers_of_a_route_are_listed_outermost_first(app: NexiosApp) -> None:
    async def outer(request: Any, response: Any, call_next: Any) -> Any: ...
    async def inner(request: Any, response: Any, call_next: Any) -> Any: ...

    app.add_middleware(outer)
    app.get("/", middleware=[inner])(nothing)

    assert [name.rsplit(".", 1)[-1] for name in app.layers_of(app.routes[0])] == ["outer", "inner"]


async def test_an_http_exception_of_a_handler_is_its_answer(app: NexiosApp) -> None:
    @app.get("/")
    async def refuses() -> None:
        raise HTTPException(402, "pay first", headers={"x-price": "5"})

    async with TestClient(app) as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()["detail"], answer.headers["x-price"]) == (402, "pay first", "5")

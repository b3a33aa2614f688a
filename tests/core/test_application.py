"""The application as a whole: the request's path from the server and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from nexios import (
    HTTPException,
    MakeConfig,
    NexiosApp,
    Plugin,
    Registry,
    Request,
    Response,
    Router,
    Secret,
    get_application,
    register_path_converter,
)
from nexios.exceptions import ConfigurationError, MissingPluginError, NexiosError
from nexios.routing.converters import path_converters
from nexios.testing import TestClient
from nexios.types import Message, Receive, Scope, Send
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio


@pytest.fixture
def app() -> NexiosApp:
    return NexiosApp(plugins=[])


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


# -- below a root path and mounted ---------------------------------------------------------------------------------


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


# -- other protocols -----------------------------------------------------------------------------------------------


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

    async def hand_over(self, connection: Any, mounted: Any, root_path: str) -> Response:
        return Response.text(f"handed over at {root_path}")

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
    app.mount("/sub", mirror([]))
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


# -- bad input -----------------------------------------------------------------------------------------------------


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

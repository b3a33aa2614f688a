"""ASGI middleware as a layer: as foreign code writes it, with nothing that knows this framework."""

from __future__ import annotations

import gc
import logging
import zlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nexios import Depend, NexiosApp, Request, Response, Router
from nexios.exceptions import NexiosError
from nexios.testing import TestClient
from nexios.types import ASGIApp, Message, Receive, Scope, Send
from tests.core.raw import call

pytestmark = pytest.mark.anyio


class AddsHeader:
    def __init__(self, app: ASGIApp, name: str = "x-added", value: str = "yes") -> None:
        self.app = app
        self.field = (name.encode(), value.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], self.field]}
            await send(message)

        await self.app(scope, receive, send_with_header)


class Compresses:
    """Rewrites bodies as they come, and the headers when it has seen the first."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        packer = zlib.compressobj()
        start: Message = {}

        async def compress(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            more = message.get("more_body", False)
            data = packer.compress(message.get("body", b"")) + packer.flush(
                zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH
            )
            if start:
                fields = [field for field in start["headers"] if field[0] != b"content-length"]
                await send({**start, "headers": [*fields, (b"content-encoding", b"deflate")]})
                start = {}
            await send({**message, "body": data})

        await self.app(scope, receive, compress)


class RunsInATaskGroup:
    """Runs the rest in a child task and sends from the parent, as dispatching base classes do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        put, take = anyio.create_memory_object_stream[Message]()

        async def run() -> None:
            async with put:
                await self.app(scope, receive_in_scopes, put.send)

        async def receive_in_scopes() -> Message:
            with anyio.fail_after(5):
                async with anyio.create_task_group():
                    await anyio.lowlevel.checkpoint()
                    message = await receive()
            return message

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            async with take:
                async for message in take:
                    await send(message)


async def test_a_header_is_added_to_answers_and_to_errors() -> None:
    app = NexiosApp(plugins=[])
    app.add_middleware(AddsHeader, name="x-one", value="1")

    @app.get("/")
    async def index() -> str:
        return "hello"

    async with TestClient(app) as client:
        answer, missing = await client.get("/"), await client.get("/missing")

    assert (answer.text, answer.headers["x-one"], answer.headers["content-length"]) == ("hello", "1", "5")
    assert (missing.status_code, missing.headers["x-one"]) == (404, "1")


@pytest.mark.parametrize("path", ["/whole", "/stream", "/empty"])
async def test_a_body_is_rewritten_whole_and_in_pieces(path: str) -> None:
    app = NexiosApp(plugins=[])
    app.add_middleware(Compresses)

    @app.get("/whole")
    async def whole() -> str:
        return "body" * 100

    @app.get("/stream")
    async def stream() -> AsyncIterator[str]:
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
            yield "body"

    @app.get("/empty")
    async def empty() -> str:
        return ""

    async with TestClient(app) as client:
        answer = await client.get(path)

    assert answer.text == ("" if path == "/empty" else "body" * 100)
    assert answer.headers["content-encoding"] == "deflate"


async def test_pieces_arrive_while_the_handler_still_runs() -> None:
    app = NexiosApp(plugins=[], middleware=[AddsHeader, RunsInATaskGroup])
    heard = anyio.Event()

    @app.get("/")
    async def stream() -> AsyncIterator[bytes]:
        yield b"first"
        await heard.wait()
        yield b"second"

    async with TestClient(app) as client, client.stream("GET", "/") as answer:
        pieces = answer.aiter_raw()
        assert await anext(pieces) == b"first"
        heard.set()
        assert await anext(pieces) == b"second"
        assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("lifespan", [True, False])
async def test_middleware_may_use_tasks_and_scopes_around_one_that_has_a_deadline(lifespan: bool) -> None:
    app = NexiosApp(plugins=[])

    @app.middleware
    async def limited(request: Request, response: Response, call_next: Any) -> Response:
        with anyio.fail_after(5):
            answer: Response = await call_next()
            return answer

    app.add_middleware(RunsInATaskGroup)

    @app.post("/")
    async def echo(request: Request) -> AsyncIterator[bytes]:
        body = await request.body
        yield body[:3]
        await anyio.lowlevel.checkpoint()
        yield body[3:]

    async with TestClient(app, lifespan=lifespan) as client:
        answer = await client.post("/", content=b"abcdef")

    assert answer.content == b"abcdef"


async def test_the_scope_may_be_rewritten_and_the_route_is_looked_up_anew() -> None:
    class Strips:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(
                {**scope, "path": scope["path"].removeprefix("/v1"), "query_string": b"q=new"}, receive, send
            )

    app = NexiosApp(plugins=[])
    seen = []

    @app.middleware
    async def outside(request: Request, response: Response, call_next: Any) -> Response:
        before = (request.path, request.path_params, request.query_params.get("q"))
        answer: Response = await call_next()
        seen.append((before, (request.path, request.query_params.get("q"))))
        return answer

    app.add_middleware(Strips)

    @app.get("/items/{id}")
    async def item(request: Request, id: int) -> dict[str, Any]:
        return {"id": id, "path": request.path, "q": request.query_params["q"], "also": request.path_params.id}

    async with TestClient(app) as client:
        answer = await client.get("/v1/items/7?q=old")

    assert answer.json() == {"id": 7, "path": "/items/7", "q": "new", "also": 7}
    assert seen == [(("/v1/items/7", {}, "old"), ("/v1/items/7", "old"))]


async def test_the_host_may_be_rewritten_and_decides_anew() -> None:
    class Renames:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app({**scope, "headers": [(b"host", b"api.example.com")]}, receive, send)

    app = NexiosApp(plugins=[])

    @app.middleware
    async def outside(request: Request, response: Response, call_next: Any) -> Response:
        assert request.route is not None
        answer: Response = await call_next()
        return answer

    app.add_middleware(Renames)

    @app.get("/")
    async def index() -> str:
        return "any"

    @app.get("/", host="api.example.com")
    async def api() -> str:
        return "api"

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert answer.text == "api"


async def test_receive_may_be_wrapped_also_after_an_outer_layer_has_read_the_body() -> None:
    class Upper:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def upper() -> Message:
                message = await receive()
                return {**message, "body": message.get("body", b"").upper()}

            await self.app(scope, upper, send)

    app = NexiosApp(plugins=[])
    read = []

    @app.middleware
    async def reads(request: Request, response: Response, call_next: Any) -> Response:
        read.append(await request.body)
        answer: Response = await call_next()
        read.append(await request.body)
        return answer

    app.add_middleware(Upper)

    @app.post("/")
    async def echo(request: Request) -> str:
        return await request.text

    async with TestClient(app) as client:
        answer = await client.post("/", content=b"abc")

    assert answer.text == "ABC"
    assert read == [b"abc", b"abc"]


async def test_middleware_may_answer_itself() -> None:
    class Refuses:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"x-why", b"no")]})
            await send({"type": "http.response.body", "body": b"refused"})

    app = NexiosApp(plugins=[], middleware=[Refuses])
    reached = []

    @app.get("/")
    async def index() -> None:
        reached.append(1)

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.text, answer.headers["x-why"], reached) == (403, "refused", "no", [])


async def test_an_error_of_the_middleware_is_answered_by_the_boundary() -> None:
    class Fails:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            raise LookupError("broken")

    app = NexiosApp(plugins=[], middleware=[Fails])

    @app.add_exception_handler(LookupError)
    async def answer_it(request: Request, response: Response, error: LookupError) -> Response:
        return response.text(f"lookup: {error}", status=503)

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.text) == (503, "lookup: broken")


async def test_an_error_of_the_middleware_in_the_middle_of_a_stream_cuts_the_answer() -> None:
    class FailsLater:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def send_once(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.body":
                    raise LookupError("in the middle")

            await self.app(scope, receive, send_once)

    app = NexiosApp(plugins=[], middleware=[FailsLater])
    closed = []

    @app.get("/")
    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.append("stream")

    async with TestClient(app) as client:
        with pytest.raises(LookupError, match="in the middle"):
            await client.get("/")

    assert closed == ["stream"]


async def test_middleware_that_sends_nothing_is_an_error_that_names_it() -> None:
    class Silent:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    app = NexiosApp(plugins=[], middleware=[Silent])

    async with TestClient(app) as client:
        with pytest.raises(NexiosError, match=r"Silent.*returned without sending a response"):
            await client.get("/")


async def test_an_answer_that_is_not_ended_must_not_look_whole() -> None:
    class Truncates:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})

    app = NexiosApp(plugins=[], middleware=[Truncates])

    answer = await call(app)

    assert answer.body == b"half"
    assert not answer.is_complete


async def test_context_variables_of_outer_layers_are_seen_inside() -> None:
    user: ContextVar[str] = ContextVar("user", default="nobody")
    app = NexiosApp(plugins=[])

    @app.middleware
    async def sets(request: Request, response: Response, call_next: Any) -> Response:
        user.set("ada")
        answer: Response = await call_next()
        return answer

    app.add_middleware(RunsInATaskGroup)

    @app.get("/")
    async def index() -> str:
        return user.get()

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "ada"


async def test_work_after_the_answer_and_cleanups_of_dependencies_are_not_lost() -> None:
    app = NexiosApp(plugins=[], middleware=[AddsHeader])
    done = []

    async def resource() -> AsyncIterator[str]:
        try:
            yield "r"
        finally:
            done.append("closed")

    @app.get("/")
    async def index(response: Response, it: str = Depend(resource)) -> Response:
        return response.text(it).background(done.append, "job")

    @app.get("/stream")
    async def stream(it: str = Depend(resource)) -> AsyncIterator[str]:
        yield it
        done.append("streamed")
        yield it

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "r"
        assert (await client.get("/stream")).text == "rr"

    assert done == ["closed", "job", "streamed", "closed"]


async def test_a_client_that_leaves_ends_the_stream_inside() -> None:
    app = NexiosApp(plugins=[], middleware=[AddsHeader, RunsInATaskGroup])
    closed = anyio.Event()

    @app.get("/")
    async def stream() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
                await anyio.sleep(0.001)
        finally:
            closed.set()

    async with TestClient(app) as client:
        async with client.stream("GET", "/") as answer:
            assert await anext(answer.aiter_raw()) == b"tick"
        with anyio.fail_after(5):
            await closed.wait()


async def test_a_stream_that_an_outer_layer_drops_is_ended() -> None:
    app = NexiosApp(plugins=[])
    closed = anyio.Event()

    @app.middleware
    async def replaces(request: Request, response: Response, call_next: Any) -> Response:
        await call_next()
        return Response.text("instead")

    app.add_middleware(AddsHeader)

    @app.get("/")
    async def stream() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
        finally:
            closed.set()

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "instead"
        gc.collect()
        with anyio.fail_after(5):
            await closed.wait()


async def test_pieces_that_an_outer_layer_drops_end_middleware_that_listens_to_nobody() -> None:
    ended = anyio.Event()

    class Answers:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                while True:
                    await send({"type": "http.response.body", "body": b"tick", "more_body": True})
            finally:
                ended.set()

    app = NexiosApp(plugins=[])

    @app.middleware
    async def replaces(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        return answer.text("instead") if request.path == "/same" else Response.text("instead")

    app.add_middleware(Answers)

    async with TestClient(app) as client:
        for path in ("/same", "/another"):
            assert (await client.get(path)).text == "instead"
            gc.collect()
            with anyio.fail_after(5):
                await ended.wait()
            ended = anyio.Event()


async def test_an_answer_that_is_given_up_while_a_piece_waits_still_sends_that_piece() -> None:
    ended = anyio.Event()

    class GivesUp:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            with anyio.move_on_after(0):
                await send({"type": "http.response.body", "body": b"half", "more_body": True})
            ended.set()

    app = NexiosApp(plugins=[])

    @app.middleware
    async def waits(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        await ended.wait()
        return answer

    app.add_middleware(GivesUp)

    answer = await call(app)

    assert answer.body == b"half"
    assert not answer.is_complete


async def test_work_after_the_last_piece_goes_on_when_the_answer_is_gone() -> None:
    gone, done = anyio.Event(), anyio.Event()

    class Afterwards:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)
            await gone.wait()
            done.set()

    app = NexiosApp(plugins=[], middleware=[Afterwards])

    @app.get("/")
    async def stream() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    async with TestClient(app) as client:
        assert (await client.get("/")).content == b"onetwo"
        gc.collect()
        gone.set()
        with anyio.fail_after(5):
            await done.wait()


async def test_a_failure_after_the_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class FailsAfterwards:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)
            raise LookupError("afterwards")

    app = NexiosApp(plugins=[], middleware=[FailsAfterwards])

    @app.get("/")
    async def index() -> str:
        return "fine"

    with caplog.at_level(logging.ERROR, "nexios"):
        async with TestClient(app) as client:
            assert (await client.get("/")).text == "fine"

    assert "FailsAfterwards" in caplog.text
    assert "failed after its answer" in caplog.text


async def test_the_middleware_surrounds_other_protocols_and_routers_too() -> None:
    seen = []

    class Watches:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope["type"])
            await self.app(scope, receive, send)

    async def sockets(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})

    app = NexiosApp(plugins=[], middleware=[Watches])
    app.mount("/ws", sockets)
    router = Router("/api", middleware=[AddsHeader])
    app.mount_router(router)

    @router.get("/")
    async def index() -> str:
        return "api"

    async with TestClient(app) as client:
        async with client.websocket_connect("/ws/x"):
            pass
        answer = await client.get("/api/")

    assert seen == ["websocket", "http"]
    assert answer.headers["x-added"] == "yes"


async def test_what_the_server_offers_beyond_plain_messages_stays_with_the_outermost_writer(tmp_path: Any) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(b"x" * 300_000)
    app = NexiosApp(plugins=[], middleware=[AddsHeader])

    @app.get("/")
    async def index(response: Response) -> Response:
        return response.file(file)

    answer = await call(app, extensions={"http.response.pathsend": {}})

    assert answer.body == b"x" * 300_000
    assert {message["type"] for message in answer.messages} == {"http.response.start", "http.response.body"}


async def test_a_request_that_is_cancelled_while_the_middleware_works_cancels_it() -> None:
    began, ended = anyio.Event(), anyio.Event()

    class Slow:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            began.set()
            try:
                await anyio.sleep_forever()
            finally:
                ended.set()

    app = NexiosApp(plugins=[], middleware=[Slow])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, app)
        await began.wait()
        tasks.cancel_scope.cancel()
    with anyio.fail_after(5):
        await ended.wait()


async def test_messages_that_are_no_answer_are_ignored() -> None:
    class Chatty:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.body", "body": b"too early"})
            await send({"type": "http.response.debug"})
            await self.app(scope, receive, send)

    app = NexiosApp(plugins=[], middleware=[Chatty])

    @app.get("/")
    async def index() -> str:
        return "answer"

    assert (await call(app)).body == b"answer"


class Passes:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


async def test_head_says_behind_middleware_what_it_says_without(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x" * 10)
    (tmp_path / "big").write_bytes(b"x" * 300_000)
    plain, behind = NexiosApp(plugins=[]), NexiosApp(plugins=[], middleware=[Passes])
    for app in (plain, behind):
        app.get("/text")(lambda response: response.text("hello"))
        app.get("/none")(lambda response: response.empty())
        app.get("/stream")(lambda response: response.stream([b"a", b"b"]))
        app.get("/file/{name}")(lambda response, name: response.file(tmp_path / name))

    for path in ("/text", "/none", "/stream", "/file/small", "/file/big", "/missing"):
        with_it, without = await call(behind, path, "HEAD"), await call(plain, path, "HEAD")
        assert (with_it.messages[0], with_it.body) == (without.messages[0], b"")


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ([(b"content-length", b"5")], "5"),
        ([(b"Content-Length", b"5"), (b"CONTENT-LENGTH", b"6")], "5"),
        ([(b"content-length", b"+5")], None),
        ([], None),
    ],
)
@pytest.mark.parametrize("pieces", [[b""], [b"hello"], [b"he", b"llo"]])
async def test_a_mounted_application_alone_knows_how_long_the_answer_to_get_is(
    fields: list[tuple[bytes, bytes]], length: str | None, pieces: list[bytes]
) -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})

    app = NexiosApp(plugins=[])
    app.mount("/x", mounted)

    head = await call(app, "/x", "HEAD")

    assert (head.status, head.header("content-length"), head.body) == (200, length, b"")
    assert head.is_complete


async def test_what_replaces_the_answer_to_head_has_a_length_of_its_own() -> None:
    app = NexiosApp(plugins=[])

    async def replaces(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        return answer.text("other")

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"500")]})
        await send({"type": "http.response.body", "body": b""})

    app.add_middleware(replaces)
    app.mount("/x", mounted)

    assert (await call(app, "/x", "HEAD")).header("content-length") == "5"


async def test_the_fields_of_a_mounted_application_are_written_in_lower_case_and_framed_once() -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        fields = [(b"Content-Length", b"50"), (b"Transfer-Encoding", b"chunked"), (b"X-Name", b"\xc3\x80\t!")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"hello"})

    app = NexiosApp(plugins=[])
    app.mount("/x", mounted)

    assert (await call(app, "/x")).messages[0]["headers"] == [(b"x-name", b"\xc3\x80\t!"), (b"content-length", b"5")]


@pytest.mark.parametrize(
    "field",
    [
        (b"x-a", b"1\r\nset-cookie: a=b"),
        (b"x-a", b"1\n2"),
        (b"x-a", b"\x00"),
        (b"x-a:", b"1"),
        (b"x\r\n", b""),
        (b"", b""),
    ],
)
async def test_a_mounted_application_cannot_split_the_answer(field: tuple[bytes, bytes]) -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [field]})
        await send({"type": "http.response.body", "body": b""})

    app = NexiosApp(plugins=[])
    app.mount("/x", mounted)

    answer = await call(app, "/x")

    assert (answer.status, answer.header("content-type")) == (500, "application/problem+json")
    assert field not in answer.messages[0]["headers"]


@pytest.mark.parametrize("status", [99, 100, 600, 1000, "200"])
async def test_a_mounted_application_cannot_answer_with_what_is_no_status(status: Any) -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = NexiosApp(plugins=[])
    app.mount("/x", mounted)

    assert (await call(app, "/x")).status == 500


async def test_no_answer_of_http_switches_protocols() -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 101, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = NexiosApp(plugins=[])
    app.mount("/x", mounted)

    assert (await call(app, "/x")).status == 500

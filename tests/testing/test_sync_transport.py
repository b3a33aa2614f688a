from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import anyio
import httpx
import pytest

from nexios.testing import ASGIProtocolError, LifespanError, SyncTestClient
from nexios.types import Receive, Scope, Send
from tests.testing.apps import BODY, read_body, respond, send_part, serving, start, until_disconnect

backends = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@serving
async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, b"hello")


@backends
def test_the_application_starts_and_stops_with_the_client(backend: str) -> None:
    seen = list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await respond(send)
            return
        for phase in ("startup", "shutdown"):
            seen.append((await receive())["type"])
            await send({"type": f"lifespan.{phase}.complete"})

    with SyncTestClient(app, backend=backend) as client:
        assert seen == ["lifespan.startup"]
        assert client.get("/").status_code == 200

    assert seen == ["lifespan.startup", "lifespan.shutdown"]


@backends
def test_a_failed_startup_is_raised_and_leaves_no_thread_behind(backend: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    threads = threading.active_count()
    with pytest.raises(LifespanError, match="no database"), SyncTestClient(app, backend=backend):
        pytest.fail("entered")

    assert threading.active_count() == threads


@backends
def test_an_answer_is_read_while_the_handler_still_runs(backend: str) -> None:
    heard = threading.Event()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await send_part(send, b"first")
        await anyio.to_thread.run_sync(heard.wait)
        await send({"type": BODY, "body": b"second"})

    with SyncTestClient(app, backend=backend) as client, client.stream("GET", "/") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        heard.set()
        assert next(parts) == b"second"


@backends
def test_an_answer_may_be_left_half_way(backend: str) -> None:
    heard = list[str]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await send_part(send, b"first")
        await until_disconnect(receive)
        heard.append("disconnect")

    with SyncTestClient(app, backend=backend) as client:
        with client.stream("GET", "/") as answer:
            for part in answer.iter_bytes():
                assert part == b"first"
                break
        assert heard == ["disconnect"]


@backends
def test_a_streamed_body_may_wait_for_the_answer(backend: str) -> None:
    heard = threading.Event()

    def body() -> Iterator[bytes]:
        yield b"question"
        heard.wait()
        yield b"thanks"

    @serving
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        while (message := await receive())["more_body"]:
            await send_part(send, message["body"])
        await send({"type": BODY})

    with SyncTestClient(echo, backend=backend) as client, client.stream("POST", "/", content=body()) as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"question"
        heard.set()
        assert list(parts) == [b"thanks"]


def test_a_body_of_bytes_or_a_form_is_sent() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"".join(await read_body(receive)))

    with SyncTestClient(app) as client:
        assert client.post("/", content=b"abc").text == "abc"
        assert "content" in client.post("/", files={"f": b"content"}).text


@backends
def test_errors_of_the_application_are_raised(backend: str) -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            raise ZeroDivisionError
        await send({"type": BODY})

    with SyncTestClient(app, backend=backend) as client:
        with pytest.raises(ZeroDivisionError):
            client.get("/")
        with pytest.raises(ASGIProtocolError):
            client.get("/breach")


def test_a_failed_shutdown_is_a_note_on_the_failure_of_the_test() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise ZeroDivisionError

    with pytest.raises(AssertionError) as raised, SyncTestClient(app):
        raise AssertionError("of the test")

    assert raised.value.__notes__ == ["The application also failed with ZeroDivisionError()"]


def test_a_client_that_is_not_entered_says_so() -> None:
    client = SyncTestClient(hello)

    with pytest.raises(RuntimeError, match=r"the application is not running: with SyncTestClient\(app\) as client"):
        client.get("/")
    client.close()


def test_a_client_may_be_closed_by_hand() -> None:
    client = SyncTestClient(hello)
    client.__enter__()
    assert client.get("/").text == "hello"

    client.close()

    with pytest.raises(RuntimeError, match="the client has been closed"):
        client.get("/")


def test_the_options_of_the_event_loop_are_passed_on() -> None:
    loops = list[asyncio.AbstractEventLoop]()

    def make_loop() -> asyncio.AbstractEventLoop:
        loops.append(asyncio.new_event_loop())
        return loops[0]

    with SyncTestClient(hello, backend_options={"loop_factory": make_loop}) as client:
        assert client.get("/").text == "hello"

    assert len(loops) == 1


@backends
def test_a_silent_application_is_a_timeout(backend: str) -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await until_disconnect(receive)

    with SyncTestClient(app, backend=backend, timeout=0.01) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/")

from __future__ import annotations

import asyncio

import anyio
import httpx
import pytest

from nexios.testing import ASGIProtocolError, TestClient
from nexios.testing.exchange import HIGH_WATER
from nexios.types import Receive, Scope, Send
from tests.testing.apps import BODY, respond, send_part, serving, start, until_disconnect

pytestmark = pytest.mark.anyio


async def test_an_answer_has_its_status_headers_and_body() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, (b"x-a", b"1"), (b"x-a", b"2"))
        await send_part(send, b"one ")
        await send({"type": BODY, "body": b"two"})

    async with TestClient(app) as client:
        answer = await client.get("/")

    assert answer.status_code == 200
    assert answer.headers.get_list("x-a") == ["1", "2"]
    assert answer.text == "one two"


async def test_an_answer_is_read_while_the_handler_still_runs() -> None:
    heard = anyio.Event()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await send_part(send, b"first")
        await heard.wait()
        await send({"type": BODY, "body": b"second"})

    async with TestClient(app) as client, client.stream("GET", "/") as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"first"
        heard.set()
        assert await anext(parts) == b"second"


async def test_the_headers_arrive_before_any_body() -> None:
    go_on = anyio.Event()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await go_on.wait()
        await send({"type": BODY})

    async with TestClient(app) as client, client.stream("GET", "/") as answer:
        assert answer.status_code == 200
        go_on.set()
        assert await answer.aread() == b""


async def test_the_application_waits_for_a_client_that_does_not_read() -> None:
    sent = list[int]()
    part = bytes(HIGH_WATER // 4)

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        for number in range(100):
            await send_part(send, part)
            sent.append(number)
        await send({"type": BODY})

    async with TestClient(app) as client, client.stream("GET", "/") as answer:
        await anyio.wait_all_tasks_blocked()
        assert len(sent) == 4
        await answer.aread()

    assert len(sent) == 100


async def test_the_application_hears_a_disconnect_only_when_the_client_leaves() -> None:
    heard = list[str]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append((await receive())["type"])
        await start(send)
        await send_part(send, b"x")
        heard.append((await receive())["type"])
        heard.append((await receive())["type"])

    async with TestClient(app) as client:
        async with client.stream("GET", "/"):
            await anyio.wait_all_tasks_blocked()
            assert heard == ["http.request"]
        assert heard == ["http.request", "http.disconnect", "http.disconnect"]


async def test_the_application_hears_a_disconnect_once_its_answer_is_complete() -> None:
    heard = list[str]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        heard.append((await receive())["type"])

    async with TestClient(app) as client:
        await client.get("/")

    assert heard == ["http.disconnect"]


async def test_what_is_sent_after_the_client_has_left_is_lost_without_an_error() -> None:
    sent = list[bytes]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await until_disconnect(receive)
        await send_part(send, bytes(HIGH_WATER + 1))
        await send({"type": BODY, "body": b"end"})
        sent.append(b"end")

    async with TestClient(app) as client:
        async with client.stream("GET", "/"):
            pass
        assert sent == [b"end"]


async def test_a_request_returns_after_the_call_of_the_application() -> None:
    done = list[str]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        await anyio.wait_all_tasks_blocked()
        done.append("afterwards")

    async with TestClient(app) as client:
        await client.get("/")
        assert done == ["afterwards"]


async def test_a_request_does_not_wait_for_ever_for_a_call_that_goes_on() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"done")
        await anyio.sleep_forever()

    async with TestClient(app, grace=0.01) as client:
        answer = await client.get("/")

    assert answer.text == "done"


async def test_an_error_of_the_application_is_raised_by_the_request() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("in the application")

    async with TestClient(app) as client:
        with pytest.raises(ZeroDivisionError, match="in the application"):
            await client.get("/")


async def test_an_error_in_the_middle_of_the_answer_is_raised_where_it_breaks_off() -> None:
    go_on = anyio.Event()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await start(send)
        await send_part(send, b"first")
        await go_on.wait()
        raise ZeroDivisionError

    async with TestClient(app) as client, client.stream("GET", "/") as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"first"
        go_on.set()
        with pytest.raises(ZeroDivisionError):
            await anext(parts)


async def test_an_error_that_the_core_has_answered_is_raised() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"]["nexios.exceptions"].append(ZeroDivisionError("told"))
        await respond(send, b"problem", status=500)

    async with TestClient(app) as client:
        with pytest.raises(ZeroDivisionError, match="told"):
            await client.get("/")


async def test_further_errors_are_notes_on_the_first() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"]["nexios.exceptions"] += [ZeroDivisionError("first"), KeyError("second")]
        await respond(send, status=500)

    async with TestClient(app) as client:
        with pytest.raises(ZeroDivisionError) as raised:
            await client.get("/")

    assert raised.value.__notes__ == ["The application also failed with KeyError('second')"]


class TestWithoutRaisingServerExceptions:
    async def test_an_error_before_the_answer_is_a_500(self) -> None:
        @serving
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            raise ZeroDivisionError

        async with TestClient(app, raise_server_exceptions=False) as client:
            answer = await client.get("/")

        assert (answer.status_code, answer.text) == (500, "Internal Server Error")

    async def test_an_error_in_the_middle_of_the_answer_breaks_it_off(self) -> None:
        @serving
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await start(send)
            await send_part(send, b"first")
            raise ZeroDivisionError

        async with TestClient(app, raise_server_exceptions=False) as client:
            with pytest.raises(httpx.RemoteProtocolError, match="the answer broke off before its end"):
                await client.get("/")

    async def test_an_error_that_the_core_has_answered_is_its_answer(self) -> None:
        @serving
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"]["nexios.exceptions"].append(ZeroDivisionError())
            await respond(send, b"problem", status=500)

        async with TestClient(app, raise_server_exceptions=False) as client:
            answer = await client.get("/")

        assert (answer.status_code, answer.text) == (500, "problem")

    async def test_a_breach_of_the_protocol_is_raised_all_the_same(self) -> None:
        @serving
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await start(send)
            await start(send)

        async with TestClient(app, raise_server_exceptions=False) as client:
            with pytest.raises(ASGIProtocolError, match="after the answer was started"):
                await client.get("/")


async def test_a_request_under_way_fails_when_its_client_is_closed() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    async def get() -> None:
        with pytest.raises(httpx.ReadError, match="the client was closed before the end of the answer"):
            await client.get("/")

    async with anyio.create_task_group() as tasks, TestClient(app, grace=0) as client:
        tasks.start_soon(get)
        await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_application_that_cancels_itself_gives_no_answer() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    async with TestClient(app) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="the application was cancelled before it answered"):
            await client.get("/")


async def test_a_silent_application_is_a_timeout() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await until_disconnect(receive)

    async with TestClient(app, timeout=0.01) as client:
        with pytest.raises(httpx.ReadTimeout, match=r"GET http://testserver/slow: waited 0\.01 seconds") as raised:
            await client.get("/slow")

    assert raised.value.request.url.path == "/slow"

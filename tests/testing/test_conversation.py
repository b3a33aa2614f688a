from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio
import httpx
import pytest

from nexios.testing import ASGIProtocolError, TestClient, WebSocketClosed, WebSocketDenied, WebSocketSession
from nexios.testing.call import ConnectionLost
from nexios.testing.conversation import HIGH_WATER
from nexios.types import Message, Receive, Scope, Send
from tests.testing.apps import serving

pytestmark = pytest.mark.anyio

DENIAL = "websocket.http.response"


async def accept(receive: Receive, send: Send) -> None:
    assert await receive() == {"type": "websocket.connect"}
    await send({"type": "websocket.accept"})


async def until_disconnect(receive: Receive) -> Message:
    while (message := await receive())["type"] != "websocket.disconnect":
        pass
    return message


async def test_messages_arrive_in_both_directions() -> None:
    heard: list[Message] = []

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        heard.append(await receive())
        await send({"type": "websocket.send", "text": "a"})
        heard.append(await receive())
        await send({"type": "websocket.send", "bytes": b"b"})
        await send({"type": "websocket.close"})

    async with TestClient(app) as client, client.websocket_connect("/") as ws:
        await ws.send_text("1")
        assert await ws.receive() == "a"
        await ws.send_bytes(b"2")
        assert await ws.receive() == b"b"

    assert heard == [{"type": "websocket.receive", "text": "1"}, {"type": "websocket.receive", "bytes": b"2"}]


async def test_the_application_closes() -> None:
    heard: list[Message] = []

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await send({"type": "websocket.send", "text": "last"})
        await send({"type": "websocket.close", "code": 4001, "reason": "enough"})
        heard.append(await receive())

    async with TestClient(app) as client, client.websocket_connect("/") as ws:
        await ws.send_text("never read")
        assert await ws.receive() == "last"
        with pytest.raises(WebSocketClosed, match="the WebSocket is closed: 4001 enough") as closed:
            await ws.receive()
        with pytest.raises(WebSocketClosed):
            await ws.send_text("too late")

    assert (closed.value.code, closed.value.reason) == (4001, "enough")
    assert heard == [{"type": "websocket.disconnect", "code": 4001, "reason": "enough"}]


@serving
async def listener(scope: Scope, receive: Receive, send: Send) -> None:
    await accept(receive, send)
    scope["state"]["heard"].append(await until_disconnect(receive))


def listening(heard: list[Message]) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["heard"] = heard
            await send({"type": "lifespan.startup.complete"})
        else:
            await listener(scope, receive, send)

    return app


async def test_the_client_closes() -> None:
    heard: list[Message] = []

    async with TestClient(listening(heard)) as client, client.websocket_connect("/") as ws:
        await ws.close(4002, "bye")
        assert heard == [{"type": "websocket.disconnect", "code": 4002, "reason": "bye"}]
        with pytest.raises(WebSocketClosed, match="4002 bye"):
            await ws.receive()
        await ws.close()

    assert len(heard) == 1


async def test_leaving_the_block_closes_normally() -> None:
    heard: list[Message] = []

    async with TestClient(listening(heard)) as client:
        async with client.websocket_connect("/"):
            pass
        assert heard == [{"type": "websocket.disconnect", "code": 1000, "reason": ""}]


async def test_leaving_the_block_by_a_failure_is_a_lost_connection() -> None:
    heard: list[Message] = []

    with pytest.raises(AssertionError, match="of the test"):
        async with TestClient(listening(heard)) as client, client.websocket_connect("/"):
            raise AssertionError("of the test")

    assert heard == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}]


async def test_messages_sent_before_the_close_are_delivered_before_it() -> None:
    heard: list[str] = []
    go_on = anyio.Event()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await go_on.wait()
        heard.extend([(await receive())["type"], (await receive())["type"]])

    async with TestClient(app) as client, client.websocket_connect("/") as ws:
        await ws.send_text("x")
        go_on.set()

    assert heard == ["websocket.receive", "websocket.disconnect"]


async def test_several_websockets_are_open_at_once() -> None:
    sockets: list[Send] = []

    @serving
    async def broadcast(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        sockets.append(send)
        while (message := await receive())["type"] == "websocket.receive":
            for other in sockets:
                await other({"type": "websocket.send", "text": message["text"]})

    async with (
        TestClient(broadcast) as client,
        client.websocket_connect("/") as first,
        client.websocket_connect("/") as second,
    ):
        await anyio.wait_all_tasks_blocked()
        await first.send_text("hello")
        assert await first.receive() == await second.receive() == "hello"


async def test_a_close_instead_of_an_accept_is_a_403() -> None:
    heard: list[Message] = []

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})
        heard.append(await receive())

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied, match="ws://testserver/ was denied with status 403") as denied:
            async with client.websocket_connect("/"):
                pytest.fail("connected")

    assert denied.value.status_code == 403
    assert heard == [{"type": "websocket.disconnect", "code": 1000, "reason": ""}]


async def test_a_denial_has_its_own_answer() -> None:
    heard: list[Message] = []

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": f"{DENIAL}.start", "status": 401, "headers": headers})
        await send({"type": f"{DENIAL}.body", "body": b'{"title": ', "more_body": True})
        await send({"type": f"{DENIAL}.body", "body": b'"who?"}'})
        heard.extend([await receive(), await receive()])

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied) as denied:
            async with client.websocket_connect("/"):
                pytest.fail("connected")

    assert denied.value.status_code == 401
    assert denied.value.response.json() == {"title": "who?"}
    assert heard[1] == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


async def test_a_silent_application_is_a_timeout() -> None:
    async with TestClient(listening([]), timeout=0.5) as client, client.websocket_connect("/ws") as ws:
        with pytest.raises(httpx.ReadTimeout, match=r"GET ws://testserver/ws: waited 0\.5 seconds"):
            await ws.receive()


async def test_a_client_that_sends_too_much_waits_for_the_application() -> None:
    go_on = anyio.Event()
    heard = list[int]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await go_on.wait()
        while (message := await receive())["type"] == "websocket.receive":
            heard.append(len(message["bytes"]))

    async def send_all() -> None:
        for _ in range(3):
            await ws.send_bytes(bytes(HIGH_WATER))
            sent.append(1)

    sent = list[int]()
    async with TestClient(app) as client, client.websocket_connect("/") as ws, anyio.create_task_group() as tasks:
        tasks.start_soon(send_all)
        await anyio.wait_all_tasks_blocked()
        assert len(sent) == 1
        go_on.set()

    assert heard == [HIGH_WATER] * 3


async def test_an_application_that_sends_too_much_waits_for_the_client() -> None:
    sent = list[int]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        for number in range(3):
            await send({"type": "websocket.send", "bytes": bytes(HIGH_WATER)})
            sent.append(number)
        await send({"type": "websocket.close"})

    async with TestClient(app) as client, client.websocket_connect("/") as ws:
        await anyio.wait_all_tasks_blocked()
        assert sent == [0]
        assert [len(message) async for message in ws] == [HIGH_WATER] * 3


Ending: TypeAlias = Callable[[Send], Awaitable[None]]


async def returns(send: Send) -> None:
    pass


async def raises(send: Send) -> None:
    raise ZeroDivisionError


async def breaks_the_protocol(send: Send) -> None:
    await send({"type": "websocket.accept"})


def ending(end: Ending) -> Any:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        await end(send)

    return app


async def test_an_application_that_returns_without_a_close_loses_the_connection() -> None:
    async with TestClient(ending(returns)) as client, client.websocket_connect("/") as ws:
        await ws.send_text("x")
        with pytest.raises(WebSocketClosed, match="the WebSocket is closed: 1006"):
            await ws.receive()
        with pytest.raises(WebSocketClosed):
            await ws.send_text("y")


@pytest.mark.parametrize(("end", "error"), [(raises, ZeroDivisionError), (breaks_the_protocol, ASGIProtocolError)])
async def test_an_error_of_the_application_is_raised_by_the_next_receive(end: Ending, error: type[Exception]) -> None:
    async with TestClient(ending(end)) as client, client.websocket_connect("/") as ws:
        await ws.send_text("x")
        with pytest.raises(error):
            await ws.receive()


async def test_an_error_of_the_application_is_raised_at_the_exit() -> None:
    async with TestClient(ending(raises)) as client:
        with pytest.raises(ZeroDivisionError):
            async with client.websocket_connect("/") as ws:
                await ws.send_text("x")


async def fail_after_sending(ws: WebSocketSession) -> None:
    await ws.send_text("x")
    raise AssertionError("of the test")


async def test_an_error_of_the_application_is_a_note_on_the_failure_of_the_test() -> None:
    async with TestClient(ending(raises)) as client:
        with pytest.raises(AssertionError) as raised:
            async with client.websocket_connect("/") as ws:
                await fail_after_sending(ws)

    assert raised.value.__notes__ == ["The application also failed with ZeroDivisionError()"]


async def test_an_error_of_the_application_is_a_1011_for_a_client_that_does_not_raise_it() -> None:
    async with TestClient(ending(raises), raise_server_exceptions=False) as client, client.websocket_connect("/") as ws:
        await ws.send_text("x")
        with pytest.raises(WebSocketClosed, match="1011"):
            await ws.receive()


async def test_an_error_before_the_accept_is_raised_by_the_handshake() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async with TestClient(app) as client:
        with pytest.raises(ZeroDivisionError):
            async with client.websocket_connect("/"):
                pytest.fail("connected")


async def test_an_error_before_the_accept_is_a_500_for_a_client_that_does_not_raise_it() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async with TestClient(app, raise_server_exceptions=False) as client:
        with pytest.raises(WebSocketDenied, match="status 500"):
            async with client.websocket_connect("/"):
                pytest.fail("connected")


async def test_an_application_that_returns_before_the_accept_is_found_out() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    async with TestClient(app) as client:
        with pytest.raises(ASGIProtocolError, match="without answering the WebSocket handshake"):
            async with client.websocket_connect("/"):
                pytest.fail("connected")


@pytest.mark.parametrize("kind", ["websocket.send", "websocket.close"])
async def test_what_is_sent_to_a_client_that_has_left_is_an_error_of_the_system(kind: str) -> None:
    raised: list[Exception] = []

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await until_disconnect(receive)
        try:
            await send({"type": kind, **({"text": "x"} if kind == "websocket.send" else {})})
        except OSError as lost:
            raised.append(lost)

    async with TestClient(app) as client, client.websocket_connect("/"):
        pass

    assert [type(lost) for lost in raised] == [ConnectionLost]


async def test_an_application_that_lets_that_error_pass_has_not_failed() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await until_disconnect(receive)
        await send({"type": "websocket.send", "text": "x"})

    async with TestClient(app) as client, client.websocket_connect("/"):
        pass

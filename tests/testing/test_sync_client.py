from __future__ import annotations

import inspect
import json

import pytest

from nexios.testing import (
    EventStreamError,
    MessageEvent,
    SyncTestClient,
    TestClient,
    WebSocketClosed,
    WebSocketDenied,
    WebSocketSession,
)
from nexios.testing.websocket import SyncWebSocketSession
from nexios.types import Receive, Scope, Send
from tests.testing.apps import respond, send_part, serving, start, until_disconnect

COOKIE = (b"set-cookie", b"seen=1")


@serving
async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await (deny if scope["path"] == "/deny" else echo)(scope, receive, send)
    elif scope["path"] == "/events":
        await start(send, (b"content-type", b"text/event-stream"))
        await send_part(send, b"data: 1\n\ndata: 2\n\n")
        await until_disconnect(receive)
    else:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await respond(send, json.dumps({"path": scope["path"], "headers": headers}).encode(), COOKIE)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0], "headers": [COOKIE]})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4000})
            break
        await send({**message, "type": "websocket.send"})


async def deny(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.http.response.start", "status": 401, "headers": [COOKIE]})
    await send({"type": "websocket.http.response.body"})


def test_both_clients_take_the_same_options() -> None:
    twins = [inspect.signature(client).parameters for client in (TestClient, SyncTestClient)]

    assert [name for name in twins[1] if not name.startswith("backend")] == list(twins[0])


@pytest.mark.parametrize("name", ["websocket_connect", "sse"])
def test_both_clients_connect_in_the_same_way(name: str) -> None:
    twins = [inspect.signature(getattr(client, name)).parameters for client in (TestClient, SyncTestClient)]

    assert list(twins[0].values()) == list(twins[1].values())


def test_both_websockets_have_the_same_methods() -> None:
    twins = [{name for name in dir(session) if name[0] != "_"} for session in (WebSocketSession, SyncWebSocketSession)]

    assert twins[0] <= twins[1]


def test_a_request_is_answered() -> None:
    with SyncTestClient(app, base_url="http://a", headers={"x": "1"}, cookies={"id": "7"}) as client:
        seen = client.get("/path").json()
        assert client.cookies["seen"] == "1"
        assert client.app is app

    assert seen["path"] == "/path"
    assert seen["headers"].items() >= {"host": "a", "x": "1", "cookie": "id=7", "user-agent": "nexios-testing"}.items()


def test_messages_go_there_and_back() -> None:
    with SyncTestClient(app) as client:
        with (
            client.websocket_connect("/", subprotocols=["chat"]) as ws,
            client.websocket_connect("/", subprotocols=["json"]) as other,
        ):
            ws.send_text("a")
            other.send_bytes(b"b")
            assert ws.receive_text() == "a"
            assert other.receive_bytes() == b"b"
            ws.send_json({"c": 1})
            assert ws.receive_json() == {"c": 1}
            assert (ws.subprotocol, other.headers["sec-websocket-protocol"]) == ("chat", "json")
            assert ws.response.status_code == 101
            other.close(4001)
            ws.send_text("last")
            ws.send_text("close")
            assert list(ws) == ["last"]
            with pytest.raises(WebSocketClosed, match="4000"):
                ws.receive()
        assert client.cookies["seen"] == "1"


def test_a_denied_websocket_is_raised() -> None:
    with SyncTestClient(app) as client:
        with pytest.raises(WebSocketDenied, match="401"), client.websocket_connect("/deny"):
            pytest.fail("connected")
        assert client.cookies["seen"] == "1"


def test_events_are_read_while_the_application_goes_on() -> None:
    with SyncTestClient(app) as client, client.sse("/events", last_event_id="0", headers={"x": "1"}) as events:
        assert [next(events), next(events)] == [MessageEvent("1"), MessageEvent("2")]
        assert events.response.request.headers["last-event-id"] == "0"
        assert iter(events) is events


def test_an_answer_that_is_no_event_stream_is_refused() -> None:
    with SyncTestClient(app) as client, pytest.raises(EventStreamError), client.sse("/"):
        pytest.fail("connected")

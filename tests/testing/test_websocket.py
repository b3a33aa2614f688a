from __future__ import annotations

import json

import pytest

from nexios.testing import TestClient, WebSocketDenied
from nexios.types import Receive, Scope, Send
from tests.testing.apps import serving

pytestmark = pytest.mark.anyio


@serving
async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


@serving
async def describe(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    subprotocol = next(iter(scope["subprotocols"]), None)
    await send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": [(b"set-cookie", b"seen=1")]})
    url = f"{scope['scheme']}://{headers['host']}{scope['path']}?{scope['query_string'].decode()}"
    await send({"type": "websocket.send", "text": json.dumps({"url": url, "headers": headers})})
    await send({"type": "websocket.close"})


async def test_text_bytes_and_json_go_there_and_back() -> None:
    async with TestClient(echo) as client, client.websocket_connect("/") as ws:
        await ws.send_text("grüße")
        assert await ws.receive_text() == "grüße"
        await ws.send_bytes(b"\0")
        assert await ws.receive_bytes() == b"\0"
        await ws.send_json({"a": ["é"]})
        assert await ws.receive_text() == '{"a":["é"]}'
        await ws.send_json([1], mode="binary")
        assert await ws.receive_bytes() == b"[1]"
        await ws.send_json(None)
        assert await ws.receive_json() is None
        await ws.send_json(None, mode="binary")
        assert await ws.receive_json() is None


async def test_a_message_of_the_other_kind_fails_the_test() -> None:
    async with TestClient(echo) as client, client.websocket_connect("/") as ws:
        await ws.send_text("x")
        with pytest.raises(AssertionError, match="expected a message of type bytes, the application sent 'x'"):
            await ws.receive_bytes()
        await ws.send_bytes(b"x")
        with pytest.raises(AssertionError, match="expected a message of type str, the application sent b'x'"):
            await ws.receive_text()


async def test_a_message_that_is_no_json_says_so() -> None:
    async with TestClient(echo) as client, client.websocket_connect("/") as ws:
        await ws.send_text("{")
        with pytest.raises(json.JSONDecodeError):
            await ws.receive_json()


async def test_iterating_ends_with_the_connection() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        for text in "abc":
            await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close"})

    async with TestClient(app) as client, client.websocket_connect("/") as ws:
        assert [message async for message in ws] == ["a", "b", "c"]


async def test_a_handshake_has_the_headers_of_one() -> None:
    async with (
        TestClient(describe, headers={"x-client": "1"}, cookies={"id": "7"}) as client,
        client.websocket_connect("/ws", headers={"origin": "http://a"}, params={"q": "ab"}) as ws,
    ):
        seen = await ws.receive_json()

    assert seen["url"] == "ws://testserver/ws?q=ab"
    expected = {
        "host": "testserver",
        "origin": "http://a",
        "x-client": "1",
        "cookie": "id=7",
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert seen["headers"].items() >= expected.items()
    assert "sec-websocket-protocol" not in seen["headers"]


@pytest.mark.parametrize(
    ("base_url", "url", "expected"),
    [
        ("https://a", "/", "wss://a/?"),
        ("http://a:8000/api", "/ws", "ws://a:8000/api/ws?"),
        ("http://a", "wss://b/ws", "wss://b/ws?"),
    ],
)
async def test_the_url_is_that_of_a_websocket(base_url: str, url: str, expected: str) -> None:
    async with TestClient(describe, base_url=base_url) as client, client.websocket_connect(url) as ws:
        assert (await ws.receive_json())["url"] == expected


async def test_the_subprotocol_is_the_one_that_the_application_chose() -> None:
    async with TestClient(describe) as client:
        async with client.websocket_connect("/", subprotocols=["chat", "json"]) as ws:
            assert ws.subprotocol == "chat"
            assert ws.headers["sec-websocket-protocol"] == "chat"
            assert (await ws.receive_json())["headers"]["sec-websocket-protocol"] == "chat, json"
        async with client.websocket_connect("/") as ws:
            assert ws.subprotocol is None


async def test_cookies_of_the_handshake_are_kept() -> None:
    async with TestClient(describe) as client:
        async with client.websocket_connect("/") as ws:
            assert ws.response.status_code == 101
        assert client.cookies["seen"] == "1"


async def test_cookies_of_a_denial_are_kept() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"set-cookie", b"seen=2")]
        await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await send({"type": "websocket.http.response.body"})

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied):
            async with client.websocket_connect("/"):
                pytest.fail("connected")
        assert client.cookies["seen"] == "2"

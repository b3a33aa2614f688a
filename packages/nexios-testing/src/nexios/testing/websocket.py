from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, Self, TypeAlias, TypeVar

import httpx
from anyio.from_thread import BlockingPortal

from nexios.testing.conversation import Conversation
from nexios.testing.exceptions import WebSocketClosed
from nexios.testing.strict.websocket import Accept

T = TypeVar("T", str, bytes)
Mode: TypeAlias = Literal["text", "binary"]

_SCHEMES = {"http": "ws", "https": "wss"}
# What a client adds to a request to open a WebSocket (RFC 6455 section 4.1); the key is that RFC's own example.
_HANDSHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class WebSocketSession:
    """A client's end of an open WebSocket.

    What is received after the application's close, or sent after either close, raises `WebSocketClosed`; what the
    application raised is raised instead, where there is such a thing. A wait for the application ends with
    `httpx.ReadTimeout` after the client's timeout.
    """

    def __init__(self, conversation: Conversation, response: httpx.Response, subprotocol: str | None) -> None:
        self._conversation = conversation
        self.response = response
        self.subprotocol = subprotocol

    @property
    def headers(self) -> httpx.Headers:
        """Those with which the application accepted."""
        return self.response.headers

    async def send_text(self, text: str) -> None:
        await self._conversation.send(text)

    async def send_bytes(self, data: bytes) -> None:
        await self._conversation.send(data)

    async def send_json(self, value: object, mode: Mode = "text") -> None:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        await self._conversation.send(text if mode == "text" else text.encode())

    async def receive(self) -> str | bytes:
        return await self._conversation.receive()

    async def receive_text(self) -> str:
        """Raises AssertionError if the next message is binary."""
        return _expect(str, await self.receive())

    async def receive_bytes(self) -> bytes:
        """Raises AssertionError if the next message is text."""
        return _expect(bytes, await self.receive())

    async def receive_json(self) -> Any:
        """Decode the next message, text or binary; raises json.JSONDecodeError if it is not JSON."""
        return json.loads(await self.receive())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close and let the application finish; 1006 is a client that vanishes without a close frame."""
        await self._conversation.hang_up(code, reason)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.receive()
        except WebSocketClosed:
            raise StopAsyncIteration from None


class SyncWebSocketSession:
    """`WebSocketSession` for synchronous code."""

    def __init__(self, session: WebSocketSession, portal: BlockingPortal) -> None:
        self._session = session
        self._portal = portal

    @property
    def response(self) -> httpx.Response:
        return self._session.response

    @property
    def subprotocol(self) -> str | None:
        return self._session.subprotocol

    @property
    def headers(self) -> httpx.Headers:
        return self._session.headers

    def send_text(self, text: str) -> None:
        self._portal.call(self._session.send_text, text)

    def send_bytes(self, data: bytes) -> None:
        self._portal.call(self._session.send_bytes, data)

    def send_json(self, value: object, mode: Mode = "text") -> None:
        self._portal.call(self._session.send_json, value, mode)

    def receive(self) -> str | bytes:
        return self._portal.call(self._session.receive)

    def receive_text(self) -> str:
        return self._portal.call(self._session.receive_text)

    def receive_bytes(self) -> bytes:
        return self._portal.call(self._session.receive_bytes)

    def receive_json(self) -> Any:
        return self._portal.call(self._session.receive_json)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self._portal.call(self._session.close, code, reason)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str | bytes:
        try:
            return self.receive()
        except WebSocketClosed:
            raise StopIteration from None


def handshake(request: httpx.Request, subprotocols: Sequence[str]) -> httpx.Request:
    """Turn *request* into one that opens a WebSocket."""
    headers = request.headers.copy()
    headers.update(_HANDSHAKE)
    if subprotocols:
        headers["sec-websocket-protocol"] = ", ".join(subprotocols)
    scheme = _SCHEMES.get(request.url.scheme, request.url.scheme)
    url = request.url.copy_with(scheme=scheme)
    return httpx.Request("GET", url, headers=headers, extensions=request.extensions)


def accepted(accept: Accept, request: httpx.Request) -> httpx.Response:
    headers = list(accept.headers)
    if accept.subprotocol is not None:
        headers.append((b"sec-websocket-protocol", accept.subprotocol.encode("ascii")))
    return httpx.Response(101, headers=headers, request=request)


def _expect(kind: type[T], message: str | bytes) -> T:
    if isinstance(message, kind):
        return message
    raise AssertionError(f"expected a message of type {kind.__name__}, the application sent {message!r}")

from __future__ import annotations

from collections import deque
from typing import NoReturn

import httpx
from anyio.lowlevel import checkpoint

from nexios.testing.call import Call, ConnectionLost, Surroundings
from nexios.testing.exceptions import WebSocketClosed, WebSocketDenied
from nexios.testing.strict.http import ResponseStart
from nexios.testing.strict.websocket import Accept, Close, Data, WebSocketEvent, WebSocketRules
from nexios.types import Message, Scope

# As servers do, either side waits while the other is more than this many bytes behind.
HIGH_WATER = 65_536

# RFC 6455 section 7.4.1: no close frame came; the server failed.
ABNORMAL = Close(1006, "")
INTERNAL_ERROR = Close(1011, "")


class Mail:
    """Messages under way in one direction."""

    def __init__(self) -> None:
        self._messages: deque[str | bytes] = deque()
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._messages)

    @property
    def is_full(self) -> bool:
        return self._size > HIGH_WATER

    def put(self, message: str | bytes) -> None:
        self._messages.append(message)
        self._size += len(message)

    def take(self) -> str | bytes:
        message = self._messages.popleft()
        self._size -= len(message)
        return message


class Conversation(Call[WebSocketEvent]):
    """One WebSocket, from the handshake to the close."""

    def __init__(self, surroundings: Surroundings, scope: Scope, request: httpx.Request) -> None:
        super().__init__(surroundings, scope, WebSocketRules(scope["subprotocols"]))
        self._request = request
        self._is_announced = False
        self._to_app = Mail()
        self._to_client = Mail()
        self._accept: Accept | None = None
        self._denial: ResponseStart | None = None
        self._denial_body = b""
        self._is_denied = False
        self._app_close: Close | None = None
        self._client_close: Close | None = None

    # The application's side

    async def _receive(self) -> Message:
        await checkpoint()
        if not self._is_announced:
            self._is_announced = True
            return {"type": "websocket.connect"}
        await self._changes.until(lambda: bool(self._to_app) or self._is_over())
        if self._to_app and self._app_close is None:
            return self._next_message()
        code, reason = self._app_close or self._client_close or ABNORMAL
        return {"type": "websocket.disconnect", "code": code, "reason": reason}

    def _next_message(self) -> Message:
        message = self._to_app.take()
        self._changes.notify()
        return {"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message}

    async def _take(self, event: WebSocketEvent) -> None:
        if self._left:
            raise ConnectionLost("the client has left the WebSocket")
        match event:
            case Accept():
                self._accept = event
            case Data(value):
                self._to_client.put(value)
            case Close():
                self._app_close = event
            case ResponseStart():
                self._denial = event
            case _:
                self._denial_body += event.body
                self._is_denied = not event.more
        self._changes.notify()
        await self._changes.until(lambda: not self._to_client.is_full or self._left)

    def _is_over(self) -> bool:
        return self._left or self._is_denied or self._app_close is not None

    # The client's side

    async def handshake(self) -> Accept:
        """Wait for the application to accept; WebSocketDenied if it answers anything else."""
        await self._wait(lambda: self._accept is not None or self._is_over(), self._request)
        if self._accept is not None and not self._problems():
            return self._accept
        await self._settle()
        self.raise_problem()
        raise WebSocketDenied(self._denial_response())

    async def receive(self) -> str | bytes:
        """Wait for the next message; WebSocketClosed once there is none to come."""
        await self._wait(lambda: bool(self._to_client) or self._is_over(), self._request)
        if self._to_client:
            message = self._to_client.take()
            self._changes.notify()
            return message
        return await self._tell_the_end()

    async def send(self, message: str | bytes) -> None:
        """Send *message*, and wait while the application is too far behind; WebSocketClosed after the close."""
        if self._is_over() or self.ended:
            await self._tell_the_end()
        self._to_app.put(message)
        self._changes.notify()
        await self._wait(lambda: not self._to_app.is_full or self._is_over(), self._request)

    async def hang_up(self, code: int, reason: str) -> None:
        """Close with *code*, unless the application has done so; raises what it did wrong until its end."""
        if not self._is_over():
            self._client_close = Close(code, reason)
        await self.close()

    async def _tell_the_end(self) -> NoReturn:
        await self._settle()
        self.raise_problem()
        without_frame = ABNORMAL if self._failure is None else INTERNAL_ERROR
        raise WebSocketClosed(*(self._app_close or self._client_close or without_frame))

    def _denial_response(self) -> httpx.Response:
        status, headers = self._denial or ResponseStart(500 if self._app_close is None else 403, [])
        return httpx.Response(status, headers=headers, content=self._denial_body, request=self._request)

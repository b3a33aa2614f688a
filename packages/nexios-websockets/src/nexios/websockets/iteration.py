"""Iterating over what a socket receives. No generators: one that a handler leaves would want closing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from nexios.websockets.exceptions import WebSocketDisconnect

if TYPE_CHECKING:
    from nexios.websockets.socket import WebSocket

T = TypeVar("T")


class Values(AsyncIterator[T]):
    """What *receive* gives, until the socket is closed."""

    def __init__(self, receive: Callable[[], Awaitable[T]]) -> None:
        self._receive = receive

    async def __anext__(self) -> T:
        try:
            return await self._receive()
        except WebSocketDisconnect:
            raise StopAsyncIteration from None


class Texts(AsyncIterator[str]):
    """As `Values` of `WebSocket.receive_text`, by one call less for each message: most handlers do nothing else."""

    __slots__ = ("_socket",)

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def __anext__(self) -> str:
        wire = self._socket.wire
        try:
            message = await wire.read()
            text: str | None = message.get("text")
            if text is None or len(text) > wire.short:
                return str(await self._socket.unusual(message, str))
        except WebSocketDisconnect:
            raise StopAsyncIteration from None
        wire.is_active = True
        return text

"""A client that is driven by hand: what the server would do is done by the test, so that nothing needs to wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from nexios import NexiosApp
from nexios.types import Message


class Peer:
    """One connection to an application, message by message. While `stalled` is True, it takes nothing."""

    def __init__(self, app: NexiosApp, path: str) -> None:
        self.app = app
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "ws",
            "headers": [(b"host", b"testserver")],
            "subprotocols": [],
            "client": ("127.0.0.1", 50_000),
            "state": {},
            "extensions": {},
        }
        self.sent: list[Message] = []
        self.has_ended = anyio.Event()
        self._changed = anyio.Event()
        self._waiting: list[Message] = [{"type": "websocket.connect"}]
        self._told = anyio.Event()
        self._go = anyio.Event()
        self._go.set()
        self.lost = False

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]

    @property
    def closed(self) -> Message | None:
        return next((message for message in self.sent if message["type"] == "websocket.close"), None)

    def tell(self, message: Message) -> None:
        self._waiting.append(message)
        self._told.set()

    def say(self, text: str) -> None:
        self.tell({"type": "websocket.receive", "text": text})

    def leave(self, code: int = 1001) -> None:
        self.tell({"type": "websocket.disconnect", "code": code, "reason": ""})

    def stall(self) -> None:
        self._go = anyio.Event()

    def go_on(self) -> None:
        self._go.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(5):
            while not condition():
                changed = self._changed
                await changed.wait()

    async def run(self) -> None:
        await self.app(self.scope, self._receive, self._send)
        self.has_ended.set()
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _receive(self) -> Message:
        while not self._waiting:
            self._told = anyio.Event()
            await self._told.wait()
        return self._waiting.pop(0)

    async def _send(self, message: Message) -> None:
        if self.lost:
            raise OSError("the client has gone")
        if message["type"] == "websocket.send":
            await self._go.wait()
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self.leave(message["code"])
        self._notify()


@asynccontextmanager
async def run_peers(app: NexiosApp, *paths: str) -> AsyncIterator[list[Peer]]:
    """Start *app* and connect to *paths*; all have been accepted when the block begins, and leave at its end."""
    await app.startup()
    try:
        async with anyio.create_task_group() as tasks:
            peers = [Peer(app, path) for path in paths]
            for peer in peers:
                tasks.start_soon(peer.run)
                await peer.until(lambda peer=peer: bool(peer.sent))  # type: ignore[misc]
            yield peers
            for peer in peers:
                peer.go_on()
                peer.leave()
    finally:
        await app.shutdown()


@pytest.fixture
def peers() -> Any:
    return run_peers

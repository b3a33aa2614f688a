"""Opens WebSockets to an ASGI application as a server would, and passes messages on for next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.client import WrongAnswer
from benchmarks.scenarios import Scenario
from benchmarks.types import ASGIApp, Message, Scope

# What a browser sends through uvicorn 0.54.
_HEADERS = [
    (b"host", b"localhost:8000"),
    (b"connection", b"Upgrade"),
    (b"upgrade", b"websocket"),
    (b"origin", b"http://localhost:8000"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
]


class Sockets:
    """As many sockets as *scenario* says. The first one says its text again and again, and all of them hear it."""

    def __init__(self, app: ASGIApp, scenario: Scenario) -> None:
        (call,) = scenario.calls
        self._app = app
        self._path = call.path
        self._text = call.content.decode()
        self._is_greeted = False
        self._unsaid = 0
        self._unheard = 0
        self._all_heard: asyncio.Future[None] | None = None
        self._more = asyncio.Event()
        self._is_over = asyncio.Event()
        self._accepted: asyncio.Queue[Message] = asyncio.Queue()
        self._heard: list[str] | None = None
        self._tasks: list[asyncio.Task[Any]] = []
        self._number = scenario.sockets

    async def open(self) -> None:
        """Return when every socket is accepted, and takes part. Raises WrongAnswer."""
        for number in range(self._number):
            receive = self._speak if number == 0 else self._listener()
            task: asyncio.Task[Any] = asyncio.ensure_future(self._app(self._scope(), receive, self._send))
            task.add_done_callback(self._ended)
            self._tasks.append(task)
            answer = await self._accepted.get()
            if answer["type"] != "websocket.accept":
                raise WrongAnswer(f"{self._path} answered the handshake with {answer!r:.300}")
        await asyncio.sleep(0.01)  # they have been accepted; now they join

    def _scope(self) -> Scope:
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "root_path": "",
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "headers": [*_HEADERS],
            "subprotocols": [],
            "state": {},
            "extensions": {"websocket.http.response": {}},
        }

    async def _speak(self) -> Message:
        while not self._unsaid:
            if not self._is_greeted:
                self._is_greeted = True
                return {"type": "websocket.connect"}
            self._more.clear()
            await self._more.wait()
            if self._is_over.is_set():
                return {"type": "websocket.disconnect", "code": 1001, "reason": ""}
        self._unsaid -= 1
        return {"type": "websocket.receive", "text": self._text}

    def _listener(self) -> Callable[[], Awaitable[Message]]:
        opening: list[Message] = [{"type": "websocket.connect"}]

        async def listen() -> Message:
            if opening:
                return opening.pop()
            await self._is_over.wait()
            return {"type": "websocket.disconnect", "code": 1001, "reason": ""}

        return listen

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            if self._heard is not None:
                self._heard.append(message["text"])
            self._unheard -= 1
            if not self._unheard and self._all_heard is not None:
                self._all_heard.set_result(None)
        else:
            self._accepted.put_nowait(message)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        # How a framework ends with its client is its own affair, and to end earlier is a mistake.
        error = None if task.cancelled() else task.exception()
        wrong = WrongAnswer(f"the application has left {self._path}: {error!r}")
        if self._all_heard is not None and not self._all_heard.done():
            self._all_heard.set_exception(wrong)
        self._accepted.put_nowait({"type": str(wrong)})

    async def drive(self, number: int) -> None:
        """Say *number* messages, one after the other; return when every socket has heard all of them."""
        self._all_heard = asyncio.get_running_loop().create_future()
        self._unheard = number * self._number
        self._unsaid = number
        self._more.set()
        await self._all_heard
        self._all_heard = None

    async def verify(self) -> None:
        """Say one message, and look at what is heard. Raises WrongAnswer."""
        self._heard = []
        await self.drive(1)
        heard, self._heard = self._heard, None
        if heard != [self._text] * self._number:
            raise WrongAnswer(f"{self._path} sent {heard!r:.300} to {self._number} sockets")

    async def close(self) -> None:
        self._is_over.set()
        self._more.set()
        _, waiting = await asyncio.wait(self._tasks, timeout=1)
        for task in waiting:  # not every framework tells its handlers that the client has left
            task.cancel()

"""The wire of one socket: one message at a time, in order, and a bounded queue while the client is slow.

The handler's own messages wait for the client, as they would without a queue. Broadcasts never wait: while a message
is on its way they queue up, and when the queue is full the policy decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

import anyio

from nexios.types import Message, Receive, Send
from nexios.websockets.config import SlowConsumer
from nexios.websockets.exceptions import SocketStateError, WebSocketDisconnect


class Wire:
    """The two ends of a socket that messages use, apart from all that a handshake has.

    `busy` is True while nobody else may write: also before the accept, and after the close. `pressed` is True when
    something waits for the message on its way, so that the usual case is two looks.
    """

    __slots__ = ("_free", "_full", "_limit", "_policy", "_start", "busy", "dropped", "is_active", "is_open", "lost",
                 "pressed", "queue", "read", "short", "write")  # fmt: skip

    def __init__(
        self,
        read: Receive,
        write: Send,
        short: int,
        limit: int,
        policy: SlowConsumer,
        full: Callable[[], None],
        start: Callable[..., None],
    ) -> None:
        self.read: Receive = read
        self.write: Send = write
        # Text of so many characters is within the limit of bytes, whatever they are.
        self.short: int = short
        # Whether anything was received since somebody last looked.
        self.is_active: bool = True
        self.busy: bool = True
        self.pressed: bool = False
        self.is_open: bool = False
        # Why nothing can be written any more.
        self.lost: WebSocketDisconnect | None = None
        self.dropped: int = 0
        self.queue: deque[Message] | None = None
        self._limit = limit
        self._policy = policy
        self._full = full
        self._start = start
        self._free: anyio.Event | None = None

    def open(self) -> None:
        self.is_open = True
        self.release()

    def shut(self, why: WebSocketDisconnect) -> None:
        """Nothing more is written; whoever waits is told why."""
        if self.lost is None:
            self.lost = why
        self.is_open = False
        self.busy = True
        self.queue = None
        if isinstance(self.read, Interruptible):
            self.read.interrupt(self.lost)
        self.read = Closed(self.lost)
        self._wake()

    async def turn(self) -> None:
        """Wait until nothing else is on its way. Raises WebSocketDisconnect when the socket is closed meanwhile."""
        while self.busy:
            if self.lost is not None:
                raise WebSocketDisconnect(self.lost.code, self.lost.reason)
            if self._free is None:
                self._free = anyio.Event()
                self.pressed = True
            await self._free.wait()

    def failed(self, error: BaseException) -> BaseException:
        """Take back the turn of a message that *error* kept from being written; return what to raise for it."""
        if not isinstance(error, Exception):  # cancelled: the server has the message or has it not, the socket lives
            if self.lost is None:
                self.release()
            return error
        if self.lost is None:
            self.shut(WebSocketDisconnect(1006, "the connection was lost"))
        lost = self.lost
        return error if lost is None else WebSocketDisconnect(lost.code, lost.reason)

    def release(self) -> None:
        """The message on its way has left: let the next one begin."""
        if self.queue:
            self.busy = True
            self._start(self.flush)
            return
        self.busy = False
        self._wake()

    def _wake(self) -> None:
        self.pressed = False
        if self._free is not None:
            self._free.set()
            self._free = None

    def keep(self, message: Message) -> None:
        """Queue *message* behind the one on its way, as the policy allows."""
        if not self.is_open:
            return
        queue = self.queue
        if queue is None:
            queue = self.queue = deque()
        if len(queue) >= self._limit:
            self.dropped += 1
            if self._policy == "drop_newest":
                return
            if self._policy == "close":
                self._full()
                return
            queue.popleft()
        queue.append(message)
        self.pressed = True

    async def flush(self) -> None:
        """Write what has queued up, then let others write."""
        try:
            while self.queue:
                await self.write(self.queue.popleft())
        except BaseException as error:
            failure = self.failed(error)
            if not isinstance(failure, Exception):
                raise
            return
        if self.lost is None:
            self.queue = None
            self.busy = False
            self._wake()

    def __repr__(self) -> str:
        waiting = 0 if self.queue is None else len(self.queue)
        return f"<Wire {'busy' if self.busy else 'free'}, {waiting} waiting, {self.dropped} dropped>"


class Interruptible:
    """A `read` that ends when the socket is closed from elsewhere, at the cost of a cancel scope for each message."""

    __slots__ = ("_read", "_scope", "_why")

    def __init__(self, read: Receive) -> None:
        self._read = read
        self._scope: anyio.CancelScope | None = None
        self._why = WebSocketDisconnect()

    async def __call__(self) -> Message:
        with anyio.CancelScope() as self._scope:
            return await self._read()
        raise WebSocketDisconnect(self._why.code, self._why.reason)

    def interrupt(self, why: WebSocketDisconnect) -> None:
        self._why = why
        if self._scope is not None:
            self._scope.cancel()


class Closed:
    """What a closed socket receives."""

    __slots__ = ("_why",)

    def __init__(self, why: WebSocketDisconnect) -> None:
        self._why = why

    async def __call__(self) -> NoReturn:
        raise WebSocketDisconnect(self._why.code, self._why.reason)


async def _read_early() -> NoReturn:
    raise SocketStateError("the socket is not accepted yet: await ws.accept() before anything is received")


async def _write_early(message: Message) -> None:
    raise SocketStateError("the socket is not accepted yet: await ws.accept() before anything is sent")


def _ignore(*_: Any) -> None: ...


class Unopened(Wire):
    """The wire of every socket that is not accepted."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(_read_early, _write_early, 0, 1, "close", _ignore, _ignore)

    async def turn(self) -> NoReturn:
        raise SocketStateError("the socket is not accepted yet: await ws.accept() before anything is sent")


UNOPENED = Unopened()


def closed_wire(why: WebSocketDisconnect) -> Wire:
    wire = Wire(_read_early, _write_early, 0, 1, "close", _ignore, _ignore)
    wire.shut(why)
    return wire

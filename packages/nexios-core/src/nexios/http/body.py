"""Reading a request's body: within its size, within its time, once."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, Generic, TypeVar

import anyio

from nexios.exceptions import ClientDisconnect, ContentTooLarge, RequestTimeout
from nexios.types import Message, Receive

T = TypeVar("T")


class Awaited(Generic[T]):
    """A value that is read with ``await request.json`` and with ``await request.json()`` alike."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read

    def __call__(self) -> Awaitable[T]:
        return self._read()

    def __await__(self) -> Generator[Any, Any, T]:
        return self._read().__await__()


class Resumed:
    """The rest of an awaitable whose first step has been taken and has yielded *waiting_for*."""

    __slots__ = ("_steps", "_waiting_for")

    def __init__(self, steps: Iterator[Any], waiting_for: Any) -> None:
        self._steps = steps
        self._waiting_for = waiting_for

    def __await__(self) -> Generator[Any, Any, Any]:
        waiting_for = self._waiting_for
        # What a server written in another language hands out may be an iterator and no more (PEP 380).
        send = getattr(self._steps, "send", None)
        while True:
            try:
                sent = yield waiting_for
            except BaseException as error:  # a cancellation belongs to the code that waits
                resume: Any = getattr(self._steps, "throw", None)
                if resume is None:
                    raise
                sent = error
            else:
                resume = send
            try:
                waiting_for = next(self._steps) if resume is None else resume(sent)
            except StopIteration as done:
                return done.value


async def receive_within(receive: Receive, seconds: float) -> Message:
    """Await *receive* for at most *seconds*, on asyncio; a message that is already there pays for no timer.

    Raises RequestTimeout. A timer costs as much as a whole request, so the first step is taken by hand. The timer that
    is then started must not be a cancel scope: those are left in reverse, and the step may have entered some.
    """
    steps = receive().__await__()
    try:
        waiting_for = next(steps)
    except StopIteration as done:
        message: Message = done.value
        return message
    limit: Any = sys.modules["asyncio"].timeout(seconds)  # it runs, so it is there; importing it costs 20 ms
    try:
        async with limit:
            waited_for: Message = await Resumed(steps, waiting_for)
            return waited_for
    except TimeoutError:
        if limit.expired():
            raise _too_late(seconds) from None
        raise


async def receive_scoped(receive: Receive, seconds: float) -> Message:
    """The same on trio, where every wait may open a scope."""
    with anyio.move_on_after(seconds):
        return await receive()
    raise _too_late(seconds)


def _runs_on_trio() -> bool:
    trio = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())


def _too_late(seconds: float) -> RequestTimeout:
    return RequestTimeout(f"the body did not arrive within {seconds:g} seconds", {"connection": "close"})


# A server that has every chunk at hand never waits; others get their turn after so many, two milliseconds' worth.
BREATH = 1_000


class BodyReader:
    """The body of one request. *limit* is in bytes, *timeout* in seconds for each chunk."""

    __slots__ = (
        "_begun", "_data", "_declared", "_limit", "_pending", "_receive", "_receive_within", "_started", "_timeout",
        "disconnected", "is_complete"
    )  # fmt: skip

    def __init__(self, receive: Receive, fields: dict[bytes, bytes], limit: int, timeout: float) -> None:
        self._receive = receive
        # The common case is decided without a call: trio was never imported.
        self._receive_within = receive_scoped if "trio" in sys.modules and _runs_on_trio() else receive_within
        self._declared = declared = fields.get(b"content-length")
        self._limit = limit
        self._timeout = timeout
        self._data: bytes | None = None
        self._pending: Message | None = None
        self._begun: Resumed | None = None
        self._started = False
        self.disconnected: bool = False
        # No more of the body will come: only then may anyone but its reader call receive.
        self.is_complete: bool = declared in (None, b"0") and b"transfer-encoding" not in fields

    async def read(self) -> bytes:
        """The whole body, remembered. Raises ContentTooLarge, RequestTimeout, ClientDisconnect."""
        data = self._data
        if data is None:
            message = self._begin() or await self._receive_first()
            data = self._take_first(message)
            if message.get("more_body"):
                data = b"".join([data, *[chunk async for chunk in self._rest(len(data))]])
            self._data = data
        return data

    def read_at_hand(self) -> bytes | None:
        """The whole body where the server need not wait for it; None where `read` has to be awaited.

        For handlers: what Content-Length announces has been compared with the limit before.
        """
        if self._started or self._begun is not None or self._pending is not None or self.disconnected:
            return self._data
        if self._receive_within is not receive_within:  # on trio, any step may open a scope
            return None
        receive = self._receive  # not called as a method, which it is not: that costs a lookup in the class
        steps = receive().__await__()
        try:
            self._begun = Resumed(steps, next(steps))
        except StopIteration as done:
            return self._take_whole(done.value)
        return None

    def _take_whole(self, message: Message) -> bytes | None:
        if message["type"] == "http.disconnect" or message.get("more_body"):
            self._pending = message
            return None
        self._started = self.is_complete = True
        data: bytes = message.get("body", b"")
        if len(data) > self._limit:
            raise too_large(self._limit)
        self._data = data
        return data

    async def stream(self) -> AsyncIterator[bytes]:
        """The body as it arrives. A body that was read whole is given again in one piece."""
        if self._data is not None:
            if self._data:
                yield self._data
            return
        message = self._begin() or await self._receive_first()
        chunk = self._take_first(message)
        if chunk:
            yield chunk
        if message.get("more_body"):
            async for following in self._rest(len(chunk)):
                yield following

    def _begin(self) -> Message | None:
        """Begin to read, with the message that was met before, if one was."""
        if self._started:
            raise RuntimeError("the request body was already streamed; keep what request.stream() gave you")
        if self._declared is not None and int(self._declared) > self._limit:
            raise too_large(self._limit)
        self._started = True
        return self._kept()

    def _receive_first(self) -> Awaitable[Message]:
        begun, self._begun = self._begun, None
        return self._receive_within(self._receive if begun is None else lambda: begun, self._timeout)

    def _take_first(self, message: Message) -> bytes:
        data: bytes = self._take(message).get("body", b"")
        if len(data) > self._limit:
            raise too_large(self._limit)
        return data

    async def _rest(self, size: int) -> AsyncIterator[bytes]:
        more = True
        count = 0
        while more:
            message = await self._message()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limit:
                raise too_large(self._limit)
            count += 1
            if not count % BREATH:
                await anyio.sleep(0)  # noqa: ASYNC115  # importing anyio.lowlevel is a twentieth of importing all
            if chunk:
                yield chunk
            more = message.get("more_body", False)

    async def _message(self) -> Message:
        return self._take(self._kept() or await self._receive_within(self._receive, self._timeout))

    def _kept(self) -> Message | None:
        message, self._pending = self._pending, None
        if message is None and self.disconnected:
            raise ClientDisconnect("the client left before its request was read")
        return message

    def _take(self, message: Message) -> Message:
        if message["type"] == "http.disconnect":
            self.disconnected = True
            raise ClientDisconnect("the client left before its request was read")
        if not message.get("more_body"):
            self.is_complete = True
        return message

    def replayed(self) -> Receive:
        """A receive that begins with what was read here already. What was streamed is gone."""
        first = (
            self._pending if self._data is None else {"type": "http.request", "body": self._data, "more_body": False}
        )
        if first is None:
            return self._receive
        kept = [first]

        async def receive() -> Message:
            return kept.pop() if kept else await self._receive()

        return receive

    async def poll_disconnect(self) -> bool:
        """Whether the client has left, without waiting; a chunk of the body met on the way is kept for its reader."""
        if not self.disconnected and self._pending is None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_shortly, tasks.cancel_scope)
                self._keep(await self._receive())
                tasks.cancel_scope.cancel()
        return self.disconnected

    async def until_disconnect(self) -> None:
        """Return when the client leaves. Only for a request whose body nobody reads any more, or that has none."""
        while not self.disconnected:
            self._keep(await self._receive())

    def _keep(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            self.disconnected = True
        elif not self._started:  # the end of a body without bytes, for whoever reads it yet
            self._pending = message


async def _cancel_shortly(scope: anyio.CancelScope) -> None:
    """Cancel *scope* once a message that is there already has had the turns of the event loop that it may need."""
    for _ in range(3):
        await anyio.sleep(0)  # noqa: ASYNC115  # importing anyio.lowlevel is a twentieth of importing all
    scope.cancel()


def too_large(limit: int) -> ContentTooLarge:
    # The rest of the body is not read, so the connection cannot be used again (RFC 9110 section 15.5.14).
    return ContentTooLarge(f"the request content is over the limit of {limit} bytes", {"connection": "close"})

"""A subscription of the application itself: for event streams, and for work in the background."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from nexios.websockets.channels.message import ChannelMessage, order

if TYPE_CHECKING:
    from nexios.websockets.channels.hub import Channels


class Listener:
    """``async for message in channel.listen()``; inside of ``async with`` it hears what is said before the loop, too.

    It hears until it is closed, or nobody holds it any more. At most *limit* messages wait; of more, the oldest are
    dropped and counted.
    """

    def __init__(self, channels: Channels, name: str, last_id: str | None, limit: int) -> None:
        self._channels = channels
        self._name = name
        self._last_id = last_id
        self._waiting: deque[ChannelMessage] = deque()
        self._limit = limit
        self._arrived: anyio.Event | None = None
        self._is_open = False
        self.dropped: int = 0
        # False when messages after *last_id* are no longer kept.
        self.is_complete: bool = True

    def put(self, message: ChannelMessage) -> None:
        if message.is_control or message.to is not None:
            return
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(message)
        if self._arrived is not None:
            self._arrived.set()
            self._arrived = None

    async def __aenter__(self) -> Self:
        if not self._is_open:
            await self._channels.attach(self._name, self)
            self._is_open = True
            if self._last_id is not None:
                await self._replay(self._last_id)
        return self

    async def _replay(self, last_id: str) -> None:
        missed, self.is_complete = await self._channels.history(self._name, last_id)
        last = order(missed[-1].id) if missed else (-1, -1)
        live = [message for message in self._waiting if order(message.id) > last]
        self._waiting = deque([*missed, *live])

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hear no more."""
        if self._is_open:
            self._is_open = False
            self._channels.detach(self._name, self)

    async def aclose(self) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChannelMessage:
        await self.__aenter__()
        while not self._waiting:
            self._arrived = anyio.Event()
            await self._arrived.wait()
        return self._waiting.popleft()

    def __del__(self) -> None:
        # Whoever breaks out of a loop keeps nothing: the room knows its listeners only weakly.
        if self._is_open:
            self._channels.give_up(self._name)

"""Channels within one process: the default, and what tests use."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from nexios.websockets.channels.backends.base import History, Host
from nexios.websockets.channels.message import ChannelMessage, order
from nexios.websockets.channels.presence import Presence

if TYPE_CHECKING:
    from nexios import NexiosApp
    from nexios.websockets.config import WebSocketsConfig

# Names come from clients ("room:{room}"): only so many logs are kept, the least used is forgotten first.
MOST_LOGS = 10_000


class MemoryBackend:
    """Delivers to the members in this process at once."""

    def __init__(self, history_ttl: float = 86_400.0) -> None:
        self._host: Host | None = None
        self._ttl = history_ttl
        # Ids of another run of the process come before all of this one's.
        self._run = time.time_ns() // 1_000_000
        self._number = 0
        self._logs: OrderedDict[str, deque[tuple[float, ChannelMessage]]] = OrderedDict()
        self._present: dict[str, dict[str, Presence]] = {}

    @classmethod
    def make(cls, config: WebSocketsConfig, app: NexiosApp | None) -> MemoryBackend:
        return cls(config.history_ttl)

    def bind(self, host: Host) -> None:
        """Work without being run: nothing here needs to be opened."""
        self._host = host

    @asynccontextmanager
    async def running(self, host: Host) -> AsyncIterator[None]:
        self._host = host
        yield

    async def publish(self, message: ChannelMessage, keep: int) -> str:
        self._number += 1
        message.id = f"{self._run}-{self._number}"
        if keep and not message.is_control and message.to is None:
            self._log(message, keep)
        if self._host is not None:
            await self._host.deliver(message)
        return message.id

    def _log(self, message: ChannelMessage, keep: int) -> None:
        log = self._logs.get(message.channel)
        if log is None or log.maxlen != keep:
            log = self._logs[message.channel] = deque(log or (), maxlen=keep)
        log.append((time.monotonic(), message))
        self._logs.move_to_end(message.channel)
        if len(self._logs) > MOST_LOGS:
            self._logs.popitem(last=False)

    async def subscribe(self, name: str) -> None:
        """Nothing to do: every message is delivered."""

    async def unsubscribe(self, name: str) -> None:
        """Nothing to do."""

    async def history(self, name: str, after: str | None, most: int) -> History:
        return self.history_now(name, after, most)

    def history_now(self, name: str, after: str | None, most: int) -> History:
        """As `history`, with no other task in between."""
        oldest = time.monotonic() - self._ttl
        kept = [message for added, message in self._logs.get(name, ()) if added > oldest]
        if after is None:
            return History(kept[-most:], True)
        mark = order(after)
        newer = [message for message in kept if order(message.id) > mark]
        complete = len(newer) <= most and (len(newer) < len(kept) or mark == (0, 0))
        return History(newer[-most:], complete)

    async def enter(self, name: str, member: Presence) -> None:
        self._present.setdefault(name, {})[member.id] = member

    async def leave(self, name: str, id: str) -> bool:
        members = self._present.get(name, {})
        was_there = members.pop(id, None) is not None
        if not members:
            self._present.pop(name, None)
        return was_there

    async def present(self, name: str) -> list[Presence]:
        return list(self._present.get(name, {}).values())

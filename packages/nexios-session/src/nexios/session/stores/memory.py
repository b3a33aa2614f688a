"""Sessions in the memory of this process: gone when it ends, and not shared with other workers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from nexios import NexiosApp
from nexios.session.stores.protocol import Conflict


class MemoryStore:
    """At most *most* sessions; when there are more, the one that was not used for the longest time goes."""

    is_local = True

    def __init__(self, *, most: int = 10_000, now: Callable[[], float] = time.monotonic) -> None:
        if most < 1:
            raise ValueError(f"most is {most}: a store must hold at least 1 session")
        self._most = most
        self._now = now
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def load_now(self, key: str, seconds: int) -> bytes | None:
        record = self._current(key)
        if record is not None:
            self._put(key, record, seconds)
        return record

    async def load(self, key: str, seconds: int) -> bytes | None:
        return self.load_now(key, seconds)

    async def save(self, key: str, record: bytes, seconds: int, replaces: bytes | None) -> Conflict | None:
        current = self._current(key)
        if current != replaces:
            return Conflict(current)
        self._put(key, record, seconds)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return None

    async def delete(self, key: str) -> None:
        self._kept.pop(key, None)

    def _current(self, key: str) -> bytes | None:
        record, ends = self._kept.get(key, (None, 0.0))
        if record is not None and self._now() >= ends:
            del self._kept[key]
            return None
        return record

    def _put(self, key: str, record: bytes, seconds: int) -> None:
        self._kept[key] = record, self._now() + seconds
        self._kept.move_to_end(key)


def open_store(app: NexiosApp, options: Mapping[str, Any]) -> MemoryStore:
    return MemoryStore(**options)

"""One connection that listens: to a server, or to one primary of a cluster."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, NoReturn

import anyio

from nexios.redis import UNAVAILABLE

# Seconds. A publisher, or a socket that joins, waits no longer than PATIENCE for Redis.
PATIENCE = 0.45
PING = 1.0
SILENCE = 3.0


class Line:
    """*open_pubsub* makes the connection, *wanted* says what is to be heard, *hear* is given each key and its message.

    What this side asks for is counted: an answer more than that says that redis-py has connected anew by itself, or
    that the server has ended a subscription, because the channel lives elsewhere now.
    """

    def __init__(
        self,
        open_pubsub: Callable[[], Any],
        wanted: Callable[[], Iterable[str]],
        hear: Callable[[str, bytes], Awaitable[None]],
        *,
        is_sharded: bool,
    ) -> None:
        self._open = open_pubsub
        self._wanted = wanted
        self._hear = hear
        self._is_sharded = is_sharded
        self._pubsub: Any = None
        self._keys: set[str] = set()
        self._asked: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._waiting: dict[str, anyio.Event] = {}

    async def run(self, came_up: Callable[[], Awaitable[None]]) -> NoReturn:
        """Hear until the connection is lost, which is raised. *came_up* is called once all that is wanted is heard."""
        self._keys, self._asked, self._left = set(), Counter(), Counter()
        pubsub = self._open()
        try:
            with anyio.fail_after(PATIENCE):
                await pubsub.ping()
                # From here on whoever comes asks by itself; no other task has run in between.
                self._pubsub = pubsub
                await self._ask(*self._wanted())
            await self._read(pubsub, came_up)
        finally:
            self._pubsub = None
            with anyio.move_on_after(PATIENCE, shield=True), suppress(*UNAVAILABLE):
                await pubsub.aclose()

    async def _read(self, pubsub: Any, came_up: Callable[[], Awaitable[None]]) -> NoReturn:
        heard = asked = time.monotonic()
        is_up = False
        while True:
            message = await pubsub.get_message(timeout=PING / 2)
            now = time.monotonic()
            if message is not None:
                heard = now
                await self._take(message)
                if not is_up and not self._asked:
                    is_up = True
                    await came_up()
            elif now - heard > SILENCE:
                raise OSError(f"Redis has said nothing for {SILENCE:g} seconds")
            if now - asked > PING:
                asked = now
                with anyio.fail_after(PATIENCE):
                    await pubsub.ping()

    async def _take(self, message: dict[str, Any]) -> None:
        kind: str = message["type"].removeprefix("s") if self._is_sharded else message["type"]
        key = (message["channel"] or b"").decode("utf-8", "replace")
        if kind == "message":
            await self._hear(key, message["data"])
        elif kind == "subscribe":
            _settle(self._asked, key, "the connection was made anew, and may have missed something")
            if key not in self._asked and (waiting := self._waiting.pop(key, None)):
                waiting.set()
        elif kind == "unsubscribe":
            _settle(self._left, key, f"the server has ended the subscription to {key}")

    # -- what is heard ------------------------------------------------------------------------------------------

    async def subscribe(self, key: str) -> None:
        """Return once *key* is heard. Raises OSError where it cannot be now; it will be, when the line runs again."""
        if self._pubsub is None:
            raise OSError("Redis does not answer")
        with anyio.fail_after(PATIENCE):
            await self._ask(key)
            if key in self._asked:
                await self._waiting.setdefault(key, anyio.Event()).wait()

    async def unsubscribe(self, key: str) -> None:
        if self._pubsub is not None and key in self._keys:
            with anyio.fail_after(PATIENCE):
                await self._drop(key)

    async def rearrange(self) -> None:
        """Ask for what is wanted here now, and for nothing else."""
        if self._pubsub is not None:
            with anyio.move_on_after(PATIENCE), suppress(*UNAVAILABLE):
                wanted = set(self._wanted())
                for key in self._keys - wanted:
                    await self._drop(key)
                await self._ask(*wanted)

    async def _ask(self, *keys: str) -> None:
        new = [key for key in keys if key not in self._keys]
        self._keys.update(new)
        self._asked.update(new)
        if not self._is_sharded:
            if new:
                await self._pubsub.subscribe(*new)
            return
        for key in new:  # one command may name the channels of one slot only
            await _send(self._pubsub, "ssubscribe", key)

    async def _drop(self, key: str) -> None:
        self._keys.discard(key)
        self._left[key] += 1
        if self._is_sharded:
            await _send(self._pubsub, "sunsubscribe", key)
        else:
            await self._pubsub.unsubscribe(key)


def _settle(asked: Counter[str], key: str, otherwise: str) -> None:
    if key not in asked:
        raise OSError(otherwise)
    asked[key] -= 1
    if not asked[key]:
        del asked[key]


async def _send(pubsub: Any, command: str, key: str) -> None:
    method = getattr(pubsub, command, None)
    if method is not None:
        await method(key)
    else:  # redis-py before 8 has no word for it
        await pubsub.execute_command(command.upper(), key)

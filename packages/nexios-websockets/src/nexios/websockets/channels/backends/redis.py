"""Channels across processes: pub/sub carries them, streams keep them, and sorted sets know who is there.

asyncio only, because redis-py is. Delivery is at most once: what is published while Redis is away is dropped, and what
was missed in the meantime is in the log, where there is one. On a cluster the pub/sub is sharded.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio

from nexios.http.codecs import dumps, loads
from nexios.redis import UNAVAILABLE, pool_of
from nexios.websockets.channels.backends.base import History, Host
from nexios.websockets.channels.backends.line import PATIENCE
from nexios.websockets.channels.backends.listening import Listening, is_cluster
from nexios.websockets.channels.backends.scripts import ENTER, EXPIRE, LEAVE, PUBLISH
from nexios.websockets.channels.message import ChannelMessage, Foreign, decode, order
from nexios.websockets.channels.presence import ChannelsDown, ChannelsUp, Presence
from nexios.websockets.exceptions import BackendUnavailable, ChannelsError

if TYPE_CHECKING:
    from nexios import NexiosApp
    from nexios.websockets.config import WebSocketsConfig

logger = logging.getLogger("nexios.websockets")

# What a message is longer by than its content: names of members, base64, quotes.
OVERHEAD = 4


class RedisBackend:
    """*client* is a ``redis.asyncio.Redis`` of RESP 2 or 3 that returns bytes."""

    def __init__(
        self,
        client: Any,
        *,
        prefix: str = "nexios",
        ttl: float = 30.0,
        history_ttl: float = 86_400.0,
        most: int = 1_048_576,
    ) -> None:
        self._given = client
        self._prefix = prefix
        self._ttl = round(ttl * 1000)
        self._history_ttl = round(history_ttl * 1000)
        self._most = most * OVERHEAD
        self._host: Host | None = None
        self._listening: Listening | None = None
        self._was_down = False
        self._numbers = itertools.count(1)

    @classmethod
    def make(cls, config: WebSocketsConfig, app: NexiosApp | None) -> RedisBackend:
        if app is None:
            raise ChannelsError("without an application, give the client: open_channels(backend=RedisBackend(client))")
        pool = pool_of(app)
        return cls(
            lambda: pool.client,
            prefix=config.prefix,
            ttl=config.presence_ttl,
            history_ttl=config.history_ttl,
            most=config.max_message,
        )

    @property
    def _client(self) -> Any:
        # A pool makes its client within the event loop that uses it.
        return self._given() if callable(self._given) else self._given

    # -- listening ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self, host: Host) -> AsyncIterator[None]:
        self._host = host
        _ = self._client  # refuses another event loop than asyncio's
        listening = Listening(lambda: self._client, self._wanted, self._hear, self._went_down, self._came_up)
        async with anyio.create_task_group() as tasks:
            self._listening = listening
            tasks.start_soon(listening.run)
            tasks.start_soon(self._keep_present, host)
            with anyio.move_on_after(PATIENCE):  # a start does not depend on Redis, but the first messages may
                await listening.answered.wait()
            try:
                yield
            finally:
                self._listening = None
                tasks.cancel_scope.cancel()

    def _wanted(self) -> list[str]:
        return [] if self._host is None else [self._key(name) for name in self._host.wanted()]

    async def _hear(self, key: str, data: bytes) -> None:
        host = self._host
        if host is None:
            return
        name = key.removeprefix(f"{self._prefix}:{{").removesuffix("}")
        try:
            read = self._decode(name, data)
        except Foreign as reason:
            host.drop("foreign")
            logger.debug("dropped on channel %r: %s", name, reason)
            return
        await host.deliver(read)

    def _decode(self, name: str, data: bytes) -> ChannelMessage:
        head, _, body = data[: self._most + 64].partition(b"\n")
        try:
            order(head.decode("ascii"))
        except ValueError:
            raise Foreign("it has no id") from None
        return decode(name, body, head.decode("ascii"), self._most)

    async def _came_up(self) -> None:
        if self._host is None:
            return
        await self._refresh(self._host)
        if self._was_down:
            self._was_down = False
            await self._host.tell(ChannelsUp())

    async def _went_down(self, error: BaseException) -> None:
        if not self._was_down and self._host is not None:
            self._was_down = True
            await self._host.tell(ChannelsDown(f"{type(error).__name__}: {error}"))

    async def subscribe(self, name: str) -> None:
        if self._listening is None:
            raise BackendUnavailable(f"the channel {name!r} is not subscribed to yet: nothing runs")
        try:
            await self._listening.subscribe(self._key(name))
        except UNAVAILABLE as error:
            raise BackendUnavailable(f"the channel {name!r} is not subscribed to yet: {error}") from error

    async def unsubscribe(self, name: str) -> None:
        if self._listening is not None:
            await self._bounded(self._listening.unsubscribe(self._key(name)))

    # -- messages -----------------------------------------------------------------------------------------------

    async def publish(self, message: ChannelMessage, keep: int) -> str:
        name = message.channel
        kept = keep if message.to is None and not message.is_control else 0
        number = f"{time.time_ns() // 1_000_000}-{next(self._numbers)}"
        word = "SPUBLISH" if is_cluster(self._client) else "PUBLISH"
        arguments = (message.encode(), kept, self._history_ttl, number, word)
        given: bytes = await self._run(PUBLISH, (self._key(name, "log"), self._key(name)), *arguments)
        return given.decode()

    async def history(self, name: str, after: str | None, most: int) -> History:
        key = self._key(name, "log")
        start = "-" if after is None else f"({after}"
        if after is None:
            found = await self._bounded(self._client.xrevrange(key, "+", "-", count=most))
            found.reverse()
            complete = True
        else:
            found = await self._bounded(self._client.xrange(key, start, "+", count=most))
            oldest = await self._bounded(self._client.xrange(key, "-", "+", count=1))
            complete = after == "0" or (bool(oldest) and order(oldest[0][0].decode()) <= order(after))
        return History(list(self._kept(name, found)), complete)

    def _kept(self, name: str, entries: Sequence[Any]) -> Sequence[ChannelMessage]:
        messages = []
        for number, fields in entries:
            try:
                messages.append(decode(name, fields.get(b"m", b""), number.decode(), self._most))
            except Foreign:
                if self._host is not None:
                    self._host.drop("foreign")
        return messages

    # -- presence -----------------------------------------------------------------------------------------------

    async def enter(self, name: str, member: Presence) -> None:
        await self._run(ENTER, self._presence_keys(name), self._ttl, member.id, dumps(member.as_json()))

    async def leave(self, name: str, id: str) -> bool:
        return bool(await self._run(LEAVE, self._presence_keys(name), id))

    async def present(self, name: str) -> list[Presence]:
        await self._expire(name)
        values = await self._bounded(self._client.hvals(self._presence_keys(name)[1]))
        return [_presence(value) for value in values]

    async def _expire(self, name: str) -> None:
        """Say goodbye to those whose process has not seen to them: it has died."""
        for value in await self._run(EXPIRE, self._presence_keys(name)):
            content = dumps(loads(value)).decode()
            await self.publish(ChannelMessage(name, "leave", content, announce=True), 0)

    async def _keep_present(self, host: Host) -> None:
        while True:
            await anyio.sleep(self._ttl / 3000)
            await self._refresh(host)

    async def _refresh(self, host: Host) -> None:
        rooms: dict[str, list[Any]] = {}
        for name, member in host.members():
            rooms.setdefault(name, []).extend((member.id, dumps(member.as_json())))
        with suppress(BackendUnavailable):
            for name, pairs in rooms.items():
                for first in range(0, len(pairs), 1000):
                    await self._run(ENTER, self._presence_keys(name), self._ttl, *pairs[first : first + 1000])
                await self._expire(name)

    # -- commands -----------------------------------------------------------------------------------------------

    def _key(self, name: str, part: str = "") -> str:
        return f"{self._prefix}:{{{name}}}" + (f":{part}" if part else "")

    def _presence_keys(self, name: str) -> tuple[str, str]:
        return self._key(name, "seen"), self._key(name, "who")

    async def _run(self, script: str, keys: Sequence[str], *arguments: Any) -> Any:
        return await self._bounded(self._client.eval(script, len(keys), *keys, *arguments))

    @staticmethod
    async def _bounded(command: Any) -> Any:
        try:
            with anyio.fail_after(PATIENCE):
                return await command
        except UNAVAILABLE as error:  # TimeoutError among them, which is an OSError
            raise BackendUnavailable(f"Redis: {type(error).__name__}: {error}") from error


def _presence(value: bytes) -> Presence:
    fields: Any = loads(value)
    return Presence(fields["id"], fields["info"])

"""Every connection that listens: one to a server, or one to each primary of a cluster.

A cluster is listened to by sharded pub/sub (Redis 7): a message goes to the one node that owns its channel, instead of
to all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import anyio
from anyio.abc import TaskGroup
from redis.asyncio import ConnectionPool
from redis.asyncio.client import PubSub

from nexios.redis import UNAVAILABLE
from nexios.websockets.channels.backends.line import Line

logger = logging.getLogger("nexios.websockets")

# Seconds.
RETRY = 0.2
# Each address that is known is asked, one after the other.
LAYOUT = 2.0
_LAYOUT = "the cluster's layout"


def is_cluster(client: Any) -> bool:
    return hasattr(client, "get_primaries")


class Listening:
    """*wanted* says what is to be heard, *hear* is given it; *went_down* and *came_up* are told of the server.

    It is down as long as any of its parts is.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        wanted: Callable[[], Iterable[str]],
        hear: Callable[[str, bytes], Awaitable[None]],
        went_down: Callable[[BaseException], Awaitable[None]],
        came_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._client = client
        self._wanted = wanted
        self._hear = hear
        self._went_down = went_down
        self._came_up = came_up
        self._lines: dict[str, Line] = {}
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._silent: set[str] = {_LAYOUT}
        self._is_stale = anyio.Event()
        # Set once everything is heard for the first time.
        self.answered = anyio.Event()

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            while True:
                self._is_stale = anyio.Event()
                try:
                    # Shielded: where it is cancelled half way, redis-py leaves connections open.
                    with anyio.fail_after(LAYOUT, shield=True):
                        places = await self._places()
                except UNAVAILABLE as error:
                    await self._lost(_LAYOUT, error)
                else:
                    await self._arrange(places, tasks)
                    await self._is_stale.wait()
                await anyio.sleep(RETRY)

    async def _places(self) -> dict[str, Callable[[], Any]]:
        """How to open a connection to each place there is."""
        client = self._client()
        if not is_cluster(client):
            return {"": client.pubsub}
        await client.initialize()
        if self._lines:
            await client.nodes_manager.initialize()
        return {node.name: partial(_open_node, node) for node in client.get_primaries()}

    async def _arrange(self, places: dict[str, Callable[[], Any]], tasks: TaskGroup) -> None:
        for name in self._lines.keys() - places.keys():
            del self._lines[name]
            self._scopes.pop(name).cancel()
            self._silent.discard(name)
        for name in places.keys() - self._lines.keys():
            wanted = partial(self._wanted_of, name)
            line = self._lines[name] = Line(places[name], wanted, self._hear, is_sharded=name != "")
            scope = self._scopes[name] = anyio.CancelScope()
            self._silent.add(name)
            tasks.start_soon(self._keep, name, line, scope)
        self._silent.discard(_LAYOUT)
        for line in tuple(self._lines.values()):
            await line.rearrange()

    async def _keep(self, name: str, line: Line, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                try:
                    await line.run(partial(self._found, name))
                except UNAVAILABLE as error:
                    await self._lost(name, error)
                except Exception as error:
                    logger.exception("listening to Redis failed")
                    await self._lost(name, error)
                self._is_stale.set()
                await anyio.sleep(RETRY)

    async def _lost(self, name: str, error: BaseException) -> None:
        self._silent.add(name)
        await self._went_down(error)

    async def _found(self, name: str) -> None:
        self._silent.discard(name)
        if not self._silent:
            self.answered.set()
            await self._came_up()

    # -- what is heard ------------------------------------------------------------------------------------------

    def _wanted_of(self, name: str) -> list[str]:
        return [key for key in self._wanted() if self._owner(key) == name]

    def _owner(self, key: str) -> str:
        client = self._client()
        return client.get_node_from_key(key).name if is_cluster(client) else ""

    async def subscribe(self, key: str) -> None:
        """Return once *key* is heard. Raises OSError or a RedisError where it cannot be now."""
        line = self._lines.get(self._owner(key))
        if line is None:
            raise OSError("Redis does not answer")
        await line.subscribe(key)

    async def unsubscribe(self, key: str) -> None:
        line = self._lines.get(self._owner(key))
        if line is not None:
            await line.unsubscribe(key)


def _open_node(node: Any) -> Any:
    # The connections of a node belong to the commands of the cluster's client.
    pool = ConnectionPool(connection_class=node.connection_class, **node.connection_kwargs)
    return PubSub(pool)

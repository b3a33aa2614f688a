"""The one pool of an application, made when it is first asked for."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nexios.exceptions import ConfigurationError
from nexios.redis.config import RedisConfig

if TYPE_CHECKING:
    from nexios import NexiosApp

# What the pool is contributed as, and found by.
KIND = "redis"


class Pool:
    """Clients over shared connections. *is_wanted* tells whether anybody counts on Redis at all."""

    def __init__(self, config: RedisConfig, is_wanted: bool = False) -> None:
        self.config = config
        self.is_wanted = is_wanted
        self._client: Any = None
        self._blocking: Any = None

    @property
    def client(self) -> Any:
        """The client for asyncio. Raises ConfigurationError on another event loop."""
        if self._client is None:
            require_asyncio()
            self._client = _clients().open_client(self.config)
        return self._client

    @property
    def blocking(self) -> Any:
        """A client for code that cannot await; it has its own connections."""
        if self._blocking is None:
            self._blocking = _clients().open_blocking_client(self.config)
        return self._blocking

    async def close(self) -> None:
        """Close every connection; whoever asks afterwards is given new ones, in another event loop too."""
        client, self._client = self._client, None
        blocking, self._blocking = self._blocking, None
        if blocking is not None:
            blocking.close()
        if client is not None:
            await client.aclose()
            await _close_pool(getattr(client, "connection_pool", None))


def _clients() -> Any:
    # Not at the top: redis-py takes a third of a second to import, also where nobody asks for a client.
    return import_module("nexios.redis.client")


async def _close_pool(pool: Any) -> None:
    if pool is None:  # a cluster has closed those of its nodes
        return
    await pool.disconnect()
    manager = getattr(pool, "sentinel_manager", None)
    for sentinel in manager.sentinels if manager is not None else ():
        await sentinel.aclose()


def require_asyncio() -> None:
    """Raise ConfigurationError where the running event loop is not asyncio's, such as trio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(
            "nexios-redis runs on asyncio only, because redis-py does, and this event loop is another (trio?): "
            "run the application on asyncio, or keep its sessions and channels in another store"
        ) from None


def pool_of(app: NexiosApp) -> Pool:
    """The pool of *app*, for packages that keep something in Redis. Raises MissingPluginError without nexios-redis."""
    for _, pool in app.contributions(KIND):
        pool.is_wanted = True
        return pool  # type: ignore[no-any-return]  # nobody else contributes under this name
    raise app.missing("the Redis pool", "nexios-redis")

"""How an application gets its pool: a provider for handlers, the lifespan, a health check."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

from nexios import NexiosApp, Plugin, Registry
from nexios.redis.address import parse_address
from nexios.redis.config import RedisConfig
from nexios.redis.pool import KIND, Pool, require_asyncio

# Redis and RedisCluster of redis.asyncio, by name: whoever annotates with them has imported them.
CLIENTS: Final = ("redis.asyncio.client:Redis", "redis.asyncio.cluster:RedisCluster")


class RedisPlugin(Plugin):
    """``redis: Redis`` in a handler, and one pool for every package that needs Redis."""

    name = "redis"
    config: ClassVar[type | None] = RedisConfig
    settings: RedisConfig
    _pool: Pool

    def register(self, registry: Registry) -> None:
        parse_address(self.settings.url.reveal())  # a mistake is an error now, not at the first command
        self._pool = Pool(self.settings, is_wanted="redis" in registry.app.config)
        registry.contribute(KIND, self._pool)
        for name in CLIENTS:
            registry.provide(name, self._client)

    def _client(self) -> Any:
        return self._pool.client

    @asynccontextmanager
    async def lifespan(self, app: NexiosApp) -> AsyncGenerator[None]:
        if self._pool.is_wanted:
            require_asyncio()
        try:
            yield
        finally:
            await self._pool.close()

    async def health(self) -> None:
        if self._pool.is_wanted:
            await self._pool.client.ping()

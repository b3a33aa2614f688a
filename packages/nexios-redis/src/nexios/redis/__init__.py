"""One resilient Redis pool for an application. ``redis: Redis`` in a handler is its client."""

from __future__ import annotations

from nexios.redis._version import __version__
from nexios.redis.client import UNAVAILABLE
from nexios.redis.config import RedisConfig
from nexios.redis.plugin import RedisPlugin
from nexios.redis.pool import Pool, pool_of
from redis.asyncio import Redis, RedisCluster

__all__ = ["UNAVAILABLE", "Pool", "Redis", "RedisCluster", "RedisConfig", "RedisPlugin", "__version__", "pool_of"]

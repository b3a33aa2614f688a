"""One resilient Redis pool for an application. ``redis: Redis`` in a handler is its client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from nexios.redis._version import __version__
from nexios.redis.config import RedisConfig
from nexios.redis.plugin import RedisPlugin
from nexios.redis.pool import Pool, pool_of

if TYPE_CHECKING:
    from nexios.redis.unavailable import UNAVAILABLE, unavailable_as
    from redis.asyncio import Redis, RedisCluster

__all__ = [
    "UNAVAILABLE",
    "Pool",
    "Redis",
    "RedisCluster",
    "RedisConfig",
    "RedisPlugin",
    "__version__",
    "pool_of",
    "unavailable_as",
]

# Imported when they are first asked for: redis-py takes a third of a second, also of applications that have this
# package installed and no use for it.
_LATER: Final = {
    "Redis": "redis.asyncio",
    "RedisCluster": "redis.asyncio",
    "UNAVAILABLE": "nexios.redis.unavailable",
    "unavailable_as": "nexios.redis.unavailable",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found

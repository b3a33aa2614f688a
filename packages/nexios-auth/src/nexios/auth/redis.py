"""What several workers must agree on, in Redis: dead tokens, refresh tokens, and logins that have failed.

Needs nexios-redis, which nexios-auth does not bring: ``pip install "nexios-auth[redis]"``.
"""

from __future__ import annotations

from typing import Any, Final

from nexios import NexiosApp
from nexios.auth.exceptions import StoreUnavailable
from nexios.auth.jwt.revocation import Replaced
from nexios.auth.throttle import Limit
from nexios.exceptions import MissingPluginError

try:
    from nexios.redis import pool_of, unavailable_as
except ModuleNotFoundError as missing:
    raise MissingPluginError(f'nexios.auth.redis needs {missing.name}: pip install "nexios-auth[redis]"') from None

# Each in one step: what is read between two commands may be wrong already at the second. A refresh token that is there
# already was written by this very call, whose answer was lost before it was tried again.
_REPLACE: Final = """
local current = redis.call('GET', KEYS[1])
if not current then return 'missing' end
if current == ARGV[2] then return 'replaced' end
if current ~= ARGV[1] then return 'other' end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 'replaced'
"""
_COUNT: Final = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then return redis.call('PTTL', KEYS[1]) end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 0
"""
_UNCOUNT: Final = """
if tonumber(redis.call('GET', KEYS[1]) or '0') > 1 then redis.call('DECR', KEYS[1]) else redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisTokenStore:
    """A `nexios.auth.jwt.TokenStore` in the pool of *app*, under ``<prefix>dead:`` and ``<prefix>family:``."""

    def __init__(self, app: NexiosApp, *, prefix: str = "nexios:auth:") -> None:
        self._pool = pool_of(app)
        self._dead = f"{prefix}dead:"
        self._families = f"{prefix}family:"

    async def revoke(self, name: str, seconds: int) -> None:
        with unavailable_as(StoreUnavailable):
            await self._pool.client.set(self._dead + name, b"", ex=max(seconds, 1))

    async def is_revoked(self, *names: str) -> bool:
        with unavailable_as(StoreUnavailable):
            # One command for each key: in a cluster they are on different servers.
            for name in names:
                if await self._pool.client.exists(self._dead + name):
                    return True
        return False

    async def put(self, family: str, current: str, seconds: int) -> None:
        with unavailable_as(StoreUnavailable):
            await self._pool.client.set(self._families + family, current, ex=max(seconds, 1))

    async def replace(self, family: str, expected: str, current: str, seconds: int) -> Replaced:
        with unavailable_as(StoreUnavailable):
            outcome: Any = await self._pool.client.eval(
                _REPLACE, 1, self._families + family, expected, current, max(seconds, 1)
            )
        text = outcome.decode() if isinstance(outcome, bytes) else outcome
        return "replaced" if text == "replaced" else "other" if text == "other" else "missing"

    async def end(self, family: str) -> None:
        with unavailable_as(StoreUnavailable):
            await self._pool.client.delete(self._families + family)


class RedisAttemptStore:
    """A `nexios.auth.throttle.AttemptStore` in the pool of *app*, under ``<prefix>attempts:``."""

    def __init__(self, app: NexiosApp, *, prefix: str = "nexios:auth:") -> None:
        self._pool = pool_of(app)
        self._prefix = f"{prefix}attempts:"

    async def count(self, key: str, limit: Limit) -> float:
        with unavailable_as(StoreUnavailable):
            wait = await self._pool.client.eval(_COUNT, 1, self._prefix + key, limit.attempts, limit.seconds)
        return float(wait) / 1_000

    async def uncount(self, key: str) -> None:
        with unavailable_as(StoreUnavailable):
            await self._pool.client.eval(_UNCOUNT, 1, self._prefix + key)

    async def forget(self, key: str) -> None:
        with unavailable_as(StoreUnavailable):
            await self._pool.client.delete(self._prefix + key)

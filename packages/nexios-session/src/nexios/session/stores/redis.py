"""Sessions in Redis, through the pool of nexios-redis: one round trip to load, one to save."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from nexios import NexiosApp
from nexios.exceptions import MissingPluginError
from nexios.session.exceptions import StoreUnavailable
from nexios.session.stores.protocol import Conflict

try:
    from redis.exceptions import NoScriptError

    from nexios.redis import Pool, pool_of, unavailable_as
except ModuleNotFoundError as missing:
    raise MissingPluginError(
        f'the session store "redis" needs {missing.name}: pip install "nexios-session[redis]"'
    ) from None

# Replaces a record in one step, if it is still the one that was read. One that is there already was written by this
# very call, whose answer was lost before it was tried again.
_SAVE = """
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then
  if redis.sha1hex(current) ~= ARGV[2] then return current end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return nil
"""
_SAVE_NAME = hashlib.sha1(_SAVE.encode(), usedforsecurity=False).hexdigest()


class RedisStore:
    """Records under ``<prefix><key>``, which Redis lets expire. Needs Redis 6.2, Valkey, or what is compatible."""

    is_local = False

    def __init__(self, pool: Pool, *, prefix: str = "nexios:session:") -> None:
        self._pool = pool
        self._prefix = prefix

    def load_now(self, key: str, seconds: int) -> bytes | None:
        with unavailable_as(StoreUnavailable):
            record: bytes | None = self._pool.blocking.getex(self._prefix + key, ex=seconds)
            return record

    async def load(self, key: str, seconds: int) -> bytes | None:
        with unavailable_as(StoreUnavailable):
            record: bytes | None = await self._pool.client.getex(self._prefix + key, ex=seconds)
            return record

    async def save(self, key: str, record: bytes, seconds: int, replaces: bytes | None) -> Conflict | None:
        replaced = hashlib.sha1(replaces or b"", usedforsecurity=False).hexdigest()
        arguments = (1, self._prefix + key, record, replaced, max(seconds, 1))
        with unavailable_as(StoreUnavailable):
            client = self._pool.client
            try:
                current = await client.evalsha(_SAVE_NAME, *arguments)
            except NoScriptError:  # the first save after the server's start
                current = await client.eval(_SAVE, *arguments)
        return None if current is None else Conflict(current or None)

    async def delete(self, key: str) -> None:
        with unavailable_as(StoreUnavailable):
            await self._pool.client.delete(self._prefix + key)


def open_store(app: NexiosApp, options: Mapping[str, Any]) -> RedisStore:
    return RedisStore(pool_of(app), **options)

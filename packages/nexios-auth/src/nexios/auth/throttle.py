"""Slowing down whoever guesses passwords: by the account that is guessed at, and by where the guesses come from."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
import unicodedata
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from nexios import Connection
from nexios.auth.exceptions import TooManyAttempts
from nexios.exceptions import ConfigurationError


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *attempts* that fail within *seconds*."""

    attempts: int
    seconds: int

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.seconds < 1:
            raise ConfigurationError(f"{self!r}: there must be at least one attempt, and one second")


@runtime_checkable
class AttemptStore(Protocol):
    """Counts attempts by key. Each method raises StoreUnavailable when it cannot: then nobody may try."""

    async def count(self, key: str, limit: Limit) -> float:
        """Count one more, in one step, if *limit* allows it; else return in how many seconds it will. 0: counted."""
        ...

    async def uncount(self, key: str) -> None:
        """Take one back: it has succeeded."""
        ...

    async def forget(self, key: str) -> None:
        """Begin anew."""
        ...


class MemoryAttemptStore:
    """In the memory of this process: each worker counts by itself. Of more than *most* keys the oldest go."""

    def __init__(self, *, most: int = 100_000, now: Callable[[], float] = time.monotonic) -> None:
        if most < 1:
            raise ValueError(f"most is {most}: a store must hold at least 1 key")
        self._most = most
        self._now = now
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    async def count(self, key: str, limit: Limit) -> float:
        now = self._now()
        count, ends = self._counts.get(key, (0, 0.0))
        if now >= ends:
            count, ends = 0, now + limit.seconds
            self._counts.pop(key, None)  # it moves to the end, behind those that end before it
        if count >= limit.attempts:
            return ends - now
        self._counts[key] = count + 1, ends
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)
        return 0

    async def uncount(self, key: str) -> None:
        count, ends = self._counts.get(key, (0, 0.0))
        if count > 1:
            self._counts[key] = count - 1, ends
        else:
            self._counts.pop(key, None)

    async def forget(self, key: str) -> None:
        self._counts.pop(key, None)


class LoginThrottle:
    """Lets at most *account* attempts fail for one account, and *address* for one client::

        async with throttle.attempt(request, email):
            user = await check_password(email, password)   # raises AuthenticationFailed

    An attempt is counted before it is made, so a thousand at once are no more than ten one after the other; when the
    block ends without an exception, it is forgiven. A store that cannot be reached lets nobody in (503).
    """

    def __init__(
        self,
        *,
        account: Limit | None = Limit(10, 900),
        address: Limit | None = Limit(100, 900),
        store: AttemptStore | None = None,
    ) -> None:
        if account is None and address is None:
            raise ConfigurationError("LoginThrottle(account=None, address=None) would throttle nothing")
        self._account = account
        self._address = address
        self._store: AttemptStore = MemoryAttemptStore() if store is None else store

    @asynccontextmanager
    async def attempt(self, connection: Connection, account: str) -> AsyncGenerator[None]:
        """Surround the check of a password for *account*. Raises TooManyAttempts (429) and StoreUnavailable (503)."""
        peer = connection.client
        by_account, by_address = account_key(account), address_key(None if peer is None else peer.host)
        await self._count(by_address, self._address)
        await self._count(by_account, self._account)
        yield
        if self._account is not None:
            await self._store.forget(by_account)
        if self._address is not None:
            await self._store.uncount(by_address)

    async def _count(self, key: str, limit: Limit | None) -> None:
        wait = 0 if limit is None else await self._store.count(key, limit)
        if wait > 0:
            raise TooManyAttempts(math.ceil(wait))


def account_key(account: str) -> str:
    """One key for each spelling of an account: of any length, and nothing that a store could misread."""
    folded = unicodedata.normalize("NFKC", account.strip()).casefold()
    return "account:" + hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()


def address_key(host: str | None) -> str:
    """One key for each client: an IPv4 address however it is written, and the /64 of IPv6 that a client has whole."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return "address:unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return f"address:{address.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((address, 64), strict=False).network_address}/64"
    return f"address:{address}"

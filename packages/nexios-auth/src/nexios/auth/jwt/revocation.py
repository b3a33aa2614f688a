"""What has to be remembered of tokens: which are dead before their time, and which refresh token is the current one."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from nexios.auth.exceptions import StoreUnavailable

Replaced: TypeAlias = Literal["replaced", "other", "missing"]


@runtime_checkable
class TokenStore(Protocol):
    """Each method raises StoreUnavailable when it cannot do its work: then nobody is let in.

    Names are our own random ones, times are in seconds.
    """

    async def revoke(self, name: str, seconds: int) -> None:
        """Remember for *seconds* that the token, or the family of tokens, called *name* is dead."""
        ...

    async def is_revoked(self, *names: str) -> bool:
        """Whether any of *names* is dead."""
        ...

    async def put(self, family: str, current: str, seconds: int) -> None:
        """Begin a family; *current* is its refresh token."""
        ...

    async def replace(self, family: str, expected: str, current: str, seconds: int) -> Replaced:
        """Put *current* in the place of *expected*, in one step; tell what was there instead, if it was another."""
        ...

    async def end(self, family: str) -> None:
        """Forget the family: none of its refresh tokens is good any more."""
        ...


class MemoryTokenStore:
    """In the memory of this process: for one worker, and until it ends. At most *most* families and revocations each.

    A family that is pushed out must log in again. A revocation is never pushed out, as that would bring a dead token
    back to life: where they are too many, StoreUnavailable is raised.
    """

    def __init__(self, *, most: int = 100_000, now: Callable[[], float] = time.monotonic) -> None:
        if most < 1:
            raise ValueError(f"most is {most}: a store must hold at least 1")
        self._most = most
        self._now = now
        self._dead: dict[str, float] = {}
        self._families: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._dead) + len(self._families)

    async def revoke(self, name: str, seconds: int) -> None:
        if len(self._dead) >= self._most and name not in self._dead:
            self._sweep()
        self._dead[name] = max(self._now() + seconds, self._dead.get(name, 0))

    async def is_revoked(self, *names: str) -> bool:
        if not self._dead:
            return False
        now = self._now()
        return any(self._dead.get(name, now) > now for name in names)

    async def put(self, family: str, current: str, seconds: int) -> None:
        self._families[family] = current, self._now() + seconds
        self._families.move_to_end(family)
        while len(self._families) > self._most:
            self._families.popitem(last=False)

    async def replace(self, family: str, expected: str, current: str, seconds: int) -> Replaced:
        known, ends = self._families.get(family, ("", 0.0))
        if self._now() >= ends:
            self._families.pop(family, None)
            return "missing"
        if known != expected:
            return "other"
        await self.put(family, current, seconds)
        return "replaced"

    async def end(self, family: str) -> None:
        self._families.pop(family, None)

    def _sweep(self) -> None:
        now = self._now()
        self._dead = {name: ends for name, ends in self._dead.items() if ends > now}
        if len(self._dead) >= self._most:
            raise StoreUnavailable

"""The keys of another issuer, by URL: fetched when they are needed, and never more often than they may be."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import anyio

from nexios.auth.discovery import discover
from nexios.auth.exceptions import StoreUnavailable
from nexios.auth.fetch import FetchError, check_url, fetch, require_httpx
from nexios.auth.jwt.keys import ALGORITHMS, Key, known_algorithm
from nexios.auth.jwt.segments import Header
from nexios.auth.perloop import PerLoop
from nexios.exceptions import ConfigurationError

logger = logging.getLogger("nexios.auth")

# A kid that nobody knows costs its sender nothing; it must not cost the issuer a request each.
PATIENCE: Final = 60.0
# While there is no key at all nobody can be let in, so an issuer that comes back is noticed sooner.
_FIRST_PATIENCE: Final = 5.0
_MOST_MEMBERS: Final = 100
# Nothing private is read, whatever an issuer publishes; nor are certificates, nor where to fetch them.
_PUBLIC_FIELDS: Final = frozenset({"kty", "n", "e", "crv", "x", "y", "alg", "kid"})


class RemoteKeys:
    """The JWK set at *url*, or the one that *issuer* names in its discovery document.

    *algorithms*, of one family, are those that tokens may be signed with. The set is read anew when a token names a
    key that is not in it, at most once a minute, and every *max_age* seconds; while that fails, the last good one
    stays. Only https is asked, or this machine; no redirect is followed; an answer may have 1 MB and take 5 s.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        issuer: str | None = None,
        algorithms: Collection[str] = ("RS256",),
        max_age: float = 3_600,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        require_httpx("RemoteKeys")
        if (url is None) == (issuer is None):
            raise ConfigurationError("RemoteKeys needs a url, or an issuer whose discovery document names one")
        check_url(url if url is not None else str(issuer), "the URL of keys" if url is not None else "the issuer")
        self._url = url
        self._issuer = issuer
        self._algorithms = _checked(algorithms)
        self._max_age = max_age
        self._now = now
        self._keys: Mapping[tuple[str, str | None], Key] = {}
        self._not_before = self._old_at = -float("inf")
        self._lock = PerLoop(anyio.Lock)

    @property
    def algorithms(self) -> frozenset[str]:
        return self._algorithms

    async def find(self, header: Header) -> Sequence[Key]:
        """Raises StoreUnavailable as long as no set could be fetched."""
        keys = self._known(header)
        if not keys or self._now() >= self._old_at:
            await self._refresh(may_wait=not keys)
            keys = self._known(header)
        if not self._keys:
            raise StoreUnavailable
        return keys

    def _known(self, header: Header) -> list[Key]:
        if header.kid is not None:
            named = self._keys.get((header.algorithm, header.kid)) or self._keys.get((header.algorithm, None))
            return [] if named is None else [named]
        # OpenID Connect Core section 10.1: of several keys, a token must say which.
        fitting = [key for (algorithm, _), key in self._keys.items() if algorithm == header.algorithm]
        return fitting if len(fitting) == 1 else []

    async def _refresh(self, *, may_wait: bool) -> None:
        """Fetch, unless it is too early; whoever comes meanwhile waits, or goes on with what is there."""
        lock = self._lock.get()
        if self._now() < self._not_before or (lock.locked() and not may_wait):
            return
        async with lock:
            if self._now() >= self._not_before:
                # A client that leaves must not end what all others are waiting for; fetching has its own deadline.
                with anyio.CancelScope(shield=True):
                    await self._load()

    async def _load(self) -> None:
        try:
            self._keys = await self._fetch()
            self._old_at = self._now() + self._max_age
        except FetchError as error:
            logger.warning("The keys at %s cannot be read: %s", self._url or self._issuer, error.reason)
        self._not_before = self._now() + (PATIENCE if self._keys else _FIRST_PATIENCE)

    async def _fetch(self) -> dict[tuple[str, str | None], Key]:
        url = self._url
        if url is None:
            url = (await discover(str(self._issuer))).jwks_uri
            if url is None:
                raise FetchError("discovery names no jwks_uri")
        answer = await fetch(url)
        if answer.status != 200:
            raise FetchError(f"its answer has status {answer.status}")
        keys = read_key_set(answer.object(), self._algorithms)
        if not keys:
            raise FetchError("its answer has no key that can be used")
        return keys

    def __repr__(self) -> str:
        return f"RemoteKeys({self._url or self._issuer!r}, {len(self._keys)} keys)"


def read_key_set(document: Mapping[str, Any], algorithms: Collection[str]) -> dict[tuple[str, str | None], Key]:
    """The keys of a JWK set that sign with one of *algorithms*; whatever else is in it is skipped (RFC 7517 5)."""
    members = document.get("keys")
    keys: dict[tuple[str, str | None], Key] = {}
    for member in members[:_MOST_MEMBERS] if isinstance(members, list) else ():
        if isinstance(member, dict) and _is_for_signatures(member):
            for name in sorted(algorithms):
                key = _read(member, name)
                if key is not None:
                    keys.setdefault((name, key.kid), key)
    return keys


def _is_for_signatures(member: Mapping[str, Any]) -> bool:
    operations = member.get("key_ops", ["verify"])
    return member.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _read(member: Mapping[str, Any], algorithm: str) -> Key | None:
    if member.get("alg", algorithm) != algorithm or member.get("kty") != ALGORITHMS[algorithm].kty:
        return None
    try:
        return Key.jwk({name: value for name, value in member.items() if name in _PUBLIC_FIELDS}, algorithm)
    except ConfigurationError:
        return None


def _checked(algorithms: Collection[str]) -> frozenset[str]:
    names = [algorithms] if isinstance(algorithms, str) else list(algorithms)
    families = {known_algorithm(name).family for name in names}
    if len(families) != 1 or "HMAC" in families:
        raise ConfigurationError(
            f"algorithms={names}: give those of one family, such as RS256 and PS256; a published secret is none"
        )
    return frozenset(names)

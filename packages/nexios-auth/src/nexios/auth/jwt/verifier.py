"""Whether a token is genuine, current and meant for us."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from nexios.auth.exceptions import InvalidToken
from nexios.auth.jwt.claims import ClaimRules, make_rules
from nexios.auth.jwt.keys import Key
from nexios.auth.jwt.keyset import KeySet, KeySource
from nexios.auth.jwt.segments import Token, read_object, read_token


class Verifier:
    """Verifies tokens with *keys*: one, several of one family, or a source such as `RemoteKeys`.

    *issuer* and *audience* must be what the token says, exactly; *required* names claims that it must have. *leeway*
    is in seconds, at most 60. *typ* is what the header must say, such as "at+jwt" (RFC 9068).
    """

    def __init__(
        self,
        keys: Key | Iterable[Key] | KeySource,
        *,
        issuer: str | None = None,
        audience: str | Collection[str] | None = None,
        leeway: float = 0,
        required: Collection[str] = ("exp",),
        typ: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.keys: KeySource = as_source(keys)
        self.rules: ClaimRules = make_rules(issuer, audience, leeway, required, typ, now)
        self._algorithms = self.keys.algorithms

    async def verify(self, token: str) -> dict[str, Any]:
        """The claims of *token*. Raises InvalidToken, whatever *token* is."""
        parts = read_token(token)
        header = parts.header
        if header.algorithm not in self._algorithms:
            raise InvalidToken("its algorithm is not allowed")
        self.rules.check_kind(header.kind)
        keys = await self.keys.find(header)
        if not any_signed(parts, keys):
            raise InvalidToken("no known key has signed it")
        claims = read_object(parts.payload)
        self.rules.check(claims)
        return claims

    def __repr__(self) -> str:
        return f"Verifier({self.keys!r}, issuer={self.rules.issuer!r}, audience={sorted(self.rules.audiences)!r})"


def as_source(keys: Key | Iterable[Key] | KeySource) -> KeySource:
    if isinstance(keys, Key):
        return KeySet([keys])
    return keys if isinstance(keys, KeySource) else KeySet(keys)


def any_signed(token: Token, keys: Sequence[Key]) -> bool:
    return any(key.verify(token.message, token.signature) for key in keys)

"""What the claims of a token must say (RFC 7519 section 4.1, RFC 8725, RFC 9068)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nexios.auth.exceptions import InvalidToken
from nexios.exceptions import ConfigurationError

MOST_LEEWAY: Final = 60
# What a token for access may call itself; ID tokens, logout tokens and refresh tokens call themselves so, or otherwise.
_ACCESS_KINDS: Final = frozenset({None, "jwt", "at+jwt"})
_TEXTS: Final = ("iss", "sub", "jti")


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What must hold of claims at the time that *now* tells; *leeway* (seconds) is for clocks that differ.

    A token with an audience is refused where none is expected: it is for somebody else (RFC 7519 section 4.1.3).
    """

    issuer: str | None = None
    audiences: frozenset[str] = frozenset()
    leeway: float = 0
    required: frozenset[str] = frozenset({"exp"})
    kinds: frozenset[str | None] = _ACCESS_KINDS
    now: Callable[[], float] = time.time

    def check(self, claims: Mapping[str, Any]) -> None:
        """Raise InvalidToken for the first that does not hold."""
        self._check_times(claims)
        if self.issuer is not None and claims.get("iss") != self.issuer:
            raise InvalidToken("it is of another issuer")
        if self.audiences or "aud" in claims:
            self._check_audience(claims.get("aud"))
        for name in self.required:
            if claims.get(name) in (None, "", [], {}):
                raise InvalidToken(f"it has no {name}")
        for name in _TEXTS:
            if name in claims and not isinstance(claims[name], str):
                raise InvalidToken(f"its {name} is not text")

    def check_kind(self, kind: str | None) -> None:
        if kind not in self.kinds:
            raise InvalidToken("it is of another kind, as its typ says")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self.now()
        if "exp" in claims and now >= _moment(claims, "exp") + self.leeway:
            raise InvalidToken("it has expired")
        if "nbf" in claims and now < _moment(claims, "nbf") - self.leeway:
            raise InvalidToken("it is not valid yet")
        if "iat" in claims and now < _moment(claims, "iat") - self.leeway:
            raise InvalidToken("it was issued in the future")

    def _check_audience(self, given: object) -> None:
        named = [given] if isinstance(given, str) else given
        if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
            raise InvalidToken("its audience is missing or malformed")
        if self.audiences.isdisjoint(named):
            raise InvalidToken("it is for another audience")


def make_rules(
    issuer: str | None,
    audience: str | Collection[str] | None,
    leeway: float,
    required: Collection[str],
    typ: str | None,
    now: Callable[[], float],
) -> ClaimRules:
    """Check what a developer wrote. Raises ConfigurationError."""
    audiences = frozenset([audience] if isinstance(audience, str) else audience or ())
    if issuer == "" or "" in audiences or (audience is not None and not audiences):
        raise ConfigurationError(f"issuer={issuer!r}, audience={audience!r}: leave out what is not to be checked")
    if isinstance(leeway, bool) or not 0 <= leeway <= MOST_LEEWAY:
        raise ConfigurationError(
            f"leeway={leeway!r}: clocks that differ by more than {MOST_LEEWAY} s must be set right"
        )
    if isinstance(required, str):
        raise ConfigurationError(f"required={required!r}: give a list, required=[{required!r}]")
    kinds = _ACCESS_KINDS if typ is None else frozenset({typ.lower().removeprefix("application/")})
    return ClaimRules(issuer, audiences, leeway, frozenset(required), kinds, now)


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate; True, 1e400 and "1700000000" are none (RFC 7519 section 2)."""
    value = claims[name]
    # Not isinstance: True is an int. Beyond 1e15, which infinity is too, float arithmetic would lose what is added.
    if type(value) in (int, float) and 0 <= value <= 1e15:
        return float(value)
    raise InvalidToken(f"its {name} is not a time")

"""Pairs of a short access token and a refresh token that is good once (RFC 9700 section 4.14.2)."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nexios.auth.exceptions import InvalidToken
from nexios.auth.identity import names_in
from nexios.auth.jwt.issuer import TokenIssuer
from nexios.auth.jwt.keys import Key
from nexios.auth.jwt.revocation import TokenStore
from nexios.auth.jwt.verifier import Verifier
from nexios.exceptions import ConfigurationError

# No verifier of access tokens accepts this typ, nor this audience.
_KIND: Final = "rt+jwt"
_AUDIENCE: Final = "refresh"
_DAY: Final = 86_400

Renew = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a login gives a client. Neither token is in its repr."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    scope: str

    def document(self) -> dict[str, Any]:
        """The answer of a token endpoint (RFC 6749 section 5.1)."""
        return {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token,
            **({"scope": self.scope} if self.scope else {}),
        }


class TokenPairs:
    """Issues pairs, and renews them.

    A refresh token lives for *lifetime* seconds and is good once; with each the login goes on, for *longest* seconds
    in all. One that comes a second time was copied: then the whole family is dead, the access tokens too where their
    backend is given the same *store*. *renew* is called with the subject and the claims before a pair is renewed; it
    returns the claims for the new access token, or None to end the login. *former* are keys that have signed refresh
    tokens before the issuer's.
    """

    def __init__(
        self,
        issuer: TokenIssuer,
        store: TokenStore,
        *,
        lifetime: int = 30 * _DAY,
        longest: int = 90 * _DAY,
        renew: Renew | None = None,
        former: Iterable[Key] = (),
    ) -> None:
        if not 0 < lifetime <= longest:
            raise ConfigurationError(
                f"lifetime={lifetime!r}, longest={longest!r}: a pair lives for a part of its login"
            )
        self.issuer: TokenIssuer = issuer
        self.store: TokenStore = store
        self._lifetime = lifetime
        self._longest = longest
        self._renew = renew
        self._verifier = Verifier(
            [issuer.key, *former],
            issuer=issuer.issuer,
            audience=_AUDIENCE,
            required=("exp", "sub", "jti", "sid", "end"),
            typ=_KIND,
            now=issuer.now,
        )

    async def issue(self, subject: str, *, scopes: Iterable[str] | str = (), **claims: Any) -> TokenPair:
        """A pair that begins a login. Raises ValueError for claims that `TokenIssuer.access_token` refuses, and sid."""
        if "sid" in claims:
            raise ValueError("claims sid: it is set by the pairs, and names the login")
        scope = " ".join(sorted(names_in(scopes, "scopes")))
        end = int(self.issuer.now()) + self._longest
        family, name = _new_name(), _new_name()
        pair = self._pair(subject, scope, claims, family, name, end)
        await self.store.put(family, name, self._seconds(end))
        return pair

    async def refresh(self, token: str) -> TokenPair:
        """The next pair. Raises InvalidToken for a token that is not good, or not good any more."""
        known = await self._verifier.verify(token)
        family, subject, claims = known["sid"], known["sub"], known.get("claims", {})
        renewed = claims if self._renew is None else await self._renew(subject, claims)
        if renewed is None:
            await self._end(family)
            raise InvalidToken("the login has ended")
        name, end = _new_name(), known["end"]
        pair = self._pair(subject, known.get("scope", ""), renewed, family, name, end)
        outcome = await self.store.replace(family, known["jti"], name, self._seconds(end))
        if outcome == "other":
            await self._end(family)
        if outcome != "replaced":
            raise InvalidToken("it was used before" if outcome == "other" else "the login has ended")
        return pair

    async def revoke(self, token: str) -> None:
        """End the login that a refresh token belongs to. Raises InvalidToken."""
        await self._end((await self._verifier.verify(token))["sid"])

    async def _end(self, family: str) -> None:
        await self.store.revoke(family, self.issuer.lifetime + 60)  # and for as long as a verifier may be lenient
        await self.store.end(family)

    def _pair(self, subject: str, scope: str, claims: Mapping[str, Any], family: str, name: str, end: int) -> TokenPair:
        access = self.issuer.access_token(subject, scopes=scope, sid=family, **claims)
        now = int(self.issuer.now())
        refresh = {
            "iss": self.issuer.issuer,
            "aud": _AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + self._seconds(end),
            "jti": name,
            "sid": family,
            "end": end,
            "scope": scope or None,
            "claims": dict(claims) or None,
        }
        return TokenPair(access, self.issuer.sign(refresh, _KIND), self.issuer.lifetime, scope)

    def _seconds(self, end: int) -> int:
        return max(1, min(self._lifetime, end - int(self.issuer.now())))


def _new_name() -> str:
    return secrets.token_urlsafe(16)

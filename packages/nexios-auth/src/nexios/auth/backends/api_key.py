"""API keys: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from nexios import Connection, Secret
from nexios.auth.authentication import authentication_of
from nexios.auth.backend import AuthBackend
from nexios.auth.exceptions import AuthenticationFailed
from nexios.auth.identity import Identity
from nexios.exceptions import BadRequest, ConfigurationError
from nexios.http.headers import check_name

# Compared with where there is no such key, so that an unknown id takes as long as a wrong secret.
_NOBODY: Final = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
_LONGEST: Final = 256


@dataclass(frozen=True, slots=True)
class APIKey:
    """A key as it is kept: by *id*, with the *digest* of its secret. *expires_at* has a time zone."""

    id: str
    digest: str = field(repr=False)
    user: Any = field(repr=False)
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    is_revoked: bool = False


class NewAPIKey(NamedTuple):
    """A key that was just made: *key* is for its owner and is kept nowhere, *id* and *digest* are kept."""

    key: Secret
    id: str
    digest: str


def new_api_key(prefix: str = "nx") -> NewAPIKey:
    """Make a key, ``<prefix>_<id>_<secret>``: 256 random bits, under an id that may be shown and searched for."""
    if not prefix.isascii() or not prefix.isalnum():
        raise ConfigurationError(f"new_api_key({prefix!r}): a prefix has letters and digits alone")
    name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    return NewAPIKey(Secret(f"{prefix}_{name}_{secret}"), name, digest_of(secret))


def digest_of(secret: str) -> str:
    # Fast on purpose: nobody guesses 256 random bits, so there is nothing to slow down.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class APIKeyBackend(AuthBackend):
    """Knows users by their keys. *find* takes a key's id and returns its `APIKey`, or None; it may be async.

    Keys are read from the field *header*, and from the *query* parameter and the *cookie* of these names, where given.
    A URL ends up in logs and histories, so a query parameter is for keys that are of little worth.
    """

    scheme = "api_key"

    def __init__(
        self,
        find: Callable[[str], Any],
        *,
        header: str | None = "X-API-Key",
        query: str | None = None,
        cookie: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if header is None and query is None and cookie is None:
            raise ConfigurationError("APIKeyBackend(header=None): name a header, a query parameter or a cookie")
        if header is not None:
            check_name(header)
        self._find = find
        self._header, self._query, self._cookie = header, query, cookie
        self._now = now
        self.vary: tuple[str, ...] = (*((header,) if header else ()), *(("Cookie",) if cookie else ()))

    async def authenticate(self, request: Connection) -> Identity | None:
        presented = self._presented(request)
        if presented is None:
            return None
        name, secret = _parts(presented)
        found = self._find(name)
        if hasattr(found, "__await__"):
            found = await found
        kept: APIKey | None = found
        is_right = hmac.compare_digest(digest_of(secret), _NOBODY if kept is None else kept.digest)
        if kept is None or not is_right:
            raise AuthenticationFailed("the API key is not valid", reason="unknown API key")
        if kept.is_revoked or (kept.expires_at is not None and kept.expires_at <= self._now()):
            raise AuthenticationFailed("the API key is not valid", reason=f"API key {kept.id} has ended")
        trail = authentication_of(request).authenticator.trail
        await trail.note("key_use", request, user=kept.user, scheme=self.scheme, key=kept.id)
        return Identity(kept.user, frozenset(kept.scopes), frozenset(kept.roles), self.scheme)

    def _presented(self, request: Connection) -> str | None:
        """The key, from the one place that has it. Raises BadRequest where there are two: which is meant?"""
        given = request.headers.getlist(self._header) if self._header else []
        if self._query and self._query in request.query_params:
            given += request.query_params.getlist(self._query)
        if self._cookie and self._cookie in request.cookies:
            given.append(request.cookies[self._cookie])
        if len(given) > 1:
            raise BadRequest("the request has more than one API key")
        return given[0] if given else None

    def challenge(self) -> str | None:
        place = f"header={self._header}" if self._header else "query" if self._query else "cookie"
        return f'ApiKey in="{place.partition("=")[0]}", name="{self._header or self._query or self._cookie}"'

    @property
    def security_scheme(self) -> Mapping[str, Any] | None:
        place = "header" if self._header else "query" if self._query else "cookie"
        return {"type": "apiKey", "in": place, "name": self._header or self._query or self._cookie}


def _parts(presented: str) -> tuple[str, str]:
    """The id and the secret. Raises AuthenticationFailed for what no key looks like, before anybody is asked."""
    _, _, rest = presented.strip().partition("_")
    name, _, secret = rest.partition("_")
    if not name or not secret or len(presented) > _LONGEST or not presented.isascii():
        raise AuthenticationFailed("the API key is not valid", reason="malformed API key")
    return name, secret

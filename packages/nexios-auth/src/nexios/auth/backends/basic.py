"""HTTP Basic (RFC 7617): a name and a password with each request."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from nexios import Connection
from nexios.auth.backend import AuthBackend
from nexios.auth.credentials import credentials
from nexios.auth.exceptions import AuthenticationFailed
from nexios.exceptions import BadRequest, ConfigurationError

# Longer ones make a slow hash slower, and are nobody's.
LONGEST_PASSWORD: Final = 1024


class BasicBackend(AuthBackend):
    """Knows users by name and password. *verify* takes both and returns the user; it may be async.

    It may also return what `AuthBackend.authenticate` may, or True: then the name is the user. None and False refuse.
    It is called for each request, so a password's hash belongs into it with a cache or a throttle.
    """

    scheme = "basic"

    def __init__(self, verify: Callable[[str, str], Any], *, realm: str = "api") -> None:
        if not realm.isascii() or not realm.isprintable() or '"' in realm or "\\" in realm:
            raise ConfigurationError(f"BasicBackend(realm={realm!r}): a realm is printable ASCII without quotes")
        self._verify = verify
        self._realm = realm

    async def authenticate(self, request: Connection) -> Any:
        given = credentials(request, "basic")
        if given is None:
            return None
        name, password = decode(given)
        found = self._verify(name, password)
        if hasattr(found, "__await__"):
            found = await found
        if found is None or found is False:
            raise AuthenticationFailed("the name or the password is wrong", reason="wrong name or password")
        return name if found is True else found

    def challenge(self) -> str | None:
        return f'Basic realm="{self._realm}", charset="UTF-8"'

    @property
    def security_scheme(self) -> Mapping[str, Any] | None:
        return {"type": "http", "scheme": "basic"}


def decode(given: str) -> tuple[str, str]:
    """The name and the password in *given*. Raises AuthenticationFailed for what RFC 7617 section 2 does not allow."""
    try:
        text = base64.b64decode(given, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise _malformed() from None
    name, colon, password = text.partition(":")
    if not colon or any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        raise _malformed()
    if len(password.encode("utf-8")) > LONGEST_PASSWORD:
        raise BadRequest(f"a password has at most {LONGEST_PASSWORD} bytes")
    return name, password


def _malformed() -> AuthenticationFailed:
    return AuthenticationFailed("the credentials are malformed", reason="malformed Basic credentials")

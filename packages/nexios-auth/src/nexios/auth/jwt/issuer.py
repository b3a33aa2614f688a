"""Tokens of our own: short-lived, for one audience, in the form of RFC 9068."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from nexios.auth.identity import names_in
from nexios.auth.jwt.keys import Key
from nexios.auth.jwt.segments import LONGEST, encode_segment
from nexios.exceptions import ConfigurationError
from nexios.http.codecs import dumps

ACCESS: Final = "at+jwt"
# Whoever sets these by hand could make a token that lives for ever, or that is for somebody else.
_OURS: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope"})


class TokenIssuer:
    """Signs access tokens with *key* that live for *lifetime* seconds, and cannot be taken back before they end.

    *issuer* and *audience* are what a `Verifier` of these tokens must be told, too.
    """

    def __init__(
        self,
        key: Key,
        *,
        issuer: str | None = None,
        audience: str | None = None,
        lifetime: int = 600,
        now: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(key, Key) or not key.can_sign:
            raise ConfigurationError(f"{key!r} cannot sign: give a secret with Key.hmac, or a private key with Key.pem")
        if lifetime < 1:
            raise ConfigurationError(f"lifetime={lifetime!r}: a token must live for at least a second")
        self.key: Key = key
        self.issuer: str | None = issuer
        self.audience: str | None = audience
        self.lifetime: int = lifetime
        self.now: Callable[[], float] = now
        self._headers: dict[str, bytes] = {}

    def access_token(self, subject: str, *, scopes: Iterable[str] | str = (), **claims: Any) -> str:
        """A token for *subject*, with *claims* besides those that every token has.

        Raises ValueError for a claim that is set here anyway, and for claims that are too long for a header.
        """
        if not isinstance(subject, str) or not subject:
            raise ValueError(f"subject is {subject!r}: a token is for somebody, named by a text such as str(user.id)")
        if taken := sorted(_OURS & claims.keys()):
            raise ValueError(f"claims {', '.join(taken)}: these are set by the issuer")
        issued = int(self.now())
        scope = " ".join(sorted(names_in(scopes, "scopes")))
        return self.sign(
            {
                "iss": self.issuer,
                "aud": self.audience,
                "sub": subject,
                "iat": issued,
                "exp": issued + self.lifetime,
                "jti": secrets.token_urlsafe(16),
                "scope": scope or None,
                **claims,
            },
            ACCESS,
        )

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """A token of kind *typ* with these claims, without those that are None, and with no other."""
        payload = encode_segment(dumps({name: value for name, value in claims.items() if value is not None}))
        message = self._header(typ) + b"." + payload
        token = (message + b"." + encode_segment(self.key.sign(message))).decode("ascii")
        if len(token) > LONGEST:
            raise ValueError(f"the token has {len(token)} characters, verifiers read {LONGEST}: give it fewer claims")
        return token

    def _header(self, typ: str) -> bytes:
        if typ not in self._headers:
            fields = {"alg": self.key.algorithm, "typ": typ}
            if self.key.kid is not None:
                fields["kid"] = self.key.kid
            self._headers[typ] = encode_segment(dumps(fields))
        return self._headers[typ]

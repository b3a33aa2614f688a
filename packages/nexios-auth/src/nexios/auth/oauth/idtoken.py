"""ID tokens: what they must say of the login that they are for (OpenID Connect Core section 3.1.3.7)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from nexios.auth.exceptions import InvalidToken
from nexios.auth.jwt.jwks import RemoteKeys
from nexios.auth.jwt.segments import encode_segment, read_token
from nexios.auth.jwt.verifier import Verifier

_LEEWAY: Final = 30
_REQUIRED: Final = ("iss", "aud", "exp", "iat", "sub", "nonce")


class IDTokens:
    """Verifies the ID tokens that *issuer* makes for *client_id*."""

    def __init__(self, issuer: str, client_id: str, algorithms: Collection[str], now: Callable[[], float]) -> None:
        self._client_id = client_id
        self._verifier = Verifier(
            RemoteKeys(issuer=issuer, algorithms=algorithms),
            issuer=issuer,
            audience=client_id,
            leeway=_LEEWAY,
            required=_REQUIRED,
            now=now,
        )

    async def verify(self, token: str, nonce: str, access_token: str) -> Mapping[str, Any]:
        """The claims. Raises InvalidToken, and StoreUnavailable where the keys of the issuer cannot be had."""
        claims = await self._verifier.verify(token)
        if not _is_same(claims["nonce"], nonce):
            raise InvalidToken("it is for another login")
        # Of several audiences, azp names the one that it was made for.
        if claims.get("azp", self._client_id) != self._client_id or (
            isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims
        ):
            raise InvalidToken("it was made for another client")
        if "at_hash" in claims and not _is_same(claims["at_hash"], _half_hash(token, access_token)):
            raise InvalidToken("it belongs to another access token")
        return claims


def _half_hash(token: str, access_token: str) -> str:
    """OpenID Connect Core section 3.1.3.6: with the hash of the token's algorithm, the left half of it."""
    algorithm = read_token(token).header.algorithm
    size = algorithm[-3:] if algorithm[-3:] in ("256", "384") else "512"
    digest = hashlib.new(f"sha{size}", access_token.encode()).digest()
    return encode_segment(digest[: len(digest) // 2]).decode()


def _is_same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())

"""The compact serialisation of a JWS (RFC 7515 section 7.1), read strictly and before any key is touched."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any, Final, NamedTuple

from nexios.auth.exceptions import InvalidToken
from nexios.exceptions import BadRequest
from nexios.http.codecs import loads

LONGEST: Final = 16_384
# A header of our own has 27 characters, with a kid and x5t some hundred.
_LONGEST_KEPT: Final = 512
_PADDING: Final = ("", "", "==", "=")


class Header(NamedTuple):
    """What of a header is looked at. Keys that it brings along (jwk, jku, x5u, x5c) are not."""

    algorithm: str
    kid: str | None
    kind: str | None


class Token(NamedTuple):
    """A token in parts, of which nothing is proven yet."""

    header: Header
    payload: bytes
    message: bytes
    signature: bytes


def read_token(token: str) -> Token:
    """Take *token* apart. Raises InvalidToken for everything that a strict reader does not accept."""
    if not isinstance(token, str):
        raise InvalidToken("it is not text")
    if len(token) > LONGEST:
        raise InvalidToken(f"it has more than {LONGEST} characters")
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidToken("it does not have three segments")
    first, second, third = parts
    header = _kept_header(first) if len(first) <= _LONGEST_KEPT else _read_header(first)
    try:
        payload = decode_segment(second)
        signature = decode_segment(third)
    except ValueError:
        raise InvalidToken("a segment is not base64url") from None
    if not signature:
        raise InvalidToken("it is not signed")
    return Token(header, payload, token[: len(first) + 1 + len(second)].encode("ascii"), signature)


def decode_segment(segment: str) -> bytes:
    """Decode base64url without padding (RFC 7515 section 2).

    ValueError for any other character, and where the last one has bits that count for nothing: two spellings of one
    token would be two tokens for whoever compares them.
    """
    data = urlsafe_b64decode(segment + _PADDING[len(segment) % 4])
    if urlsafe_b64encode(data).rstrip(b"=") != segment.encode("ascii"):
        raise binascii.Error("not canonical")
    return data


def encode_segment(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def read_object(data: bytes) -> dict[str, Any]:
    """Strict JSON, no key twice, and an object. Raises InvalidToken."""
    try:
        value = loads(data)
    except BadRequest:
        raise InvalidToken("a segment is not strict JSON") from None
    if not isinstance(value, dict):
        raise InvalidToken("a segment is not a JSON object")
    return value


def _read_header(segment: str) -> Header:
    try:
        fields = read_object(decode_segment(segment))
    except ValueError:
        raise InvalidToken("its header is not base64url") from None
    # RFC 7515 section 4.1.11: what is critical and not understood makes a token invalid; nothing is understood here.
    if "crit" in fields:
        raise InvalidToken("its header has crit")
    if fields.get("b64", True) is not True:
        raise InvalidToken("its header has b64 (RFC 7797)")
    algorithm, kid, kind = fields.get("alg"), fields.get("kid"), fields.get("typ")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None) or not isinstance(kind, str | None):
        raise InvalidToken("its header has an alg, kid or typ that is not text")
    return Header(algorithm, kid, None if kind is None else kind.lower().removeprefix("application/"))


# An issuer writes the same header again and again; what a stranger writes fills at most this.
_kept_header: Final = lru_cache(maxsize=256)(_read_header)

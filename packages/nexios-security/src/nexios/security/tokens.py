"""The signed double submit: a seed in a cookie, signed for one session, and tokens that prove to have read the seed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from nexios.keys import derive

_SEED_BYTES = 32
# Without padding; a token is a pad and the seed under it.
_SEED_LENGTH = 43
_TOKEN_LENGTH = 86


class _HMACSHA256(SigningAlgorithm):
    """As that of itsdangerous, in one call of OpenSSL instead of its five."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


class Tokens:
    """Signs seeds in the cookie called *name* with the first of *secrets_*, and believes all of them."""

    def __init__(self, name: str, secrets_: Sequence[bytes]) -> None:
        # itsdangerous signs with the last key. Ours are derived already, for this cookie and nothing else.
        keys = [derive(secret, "csrf", name) for secret in reversed(secrets_)]
        self._signer = Signer(keys, key_derivation="none", algorithm=_HMACSHA256())

    def sign(self, seed: str, session: str) -> str:
        """What the cookie holds. *session* names the session that it is good for, "" where there is none."""
        signature = self._signer.get_signature(_bound(seed, session))
        return f"{seed}.{signature.decode('ascii')}"

    def read(self, cookie: str, session: str) -> str | None:
        """The seed in *cookie*; None where it was not signed with our keys for this session."""
        seed, dot, signature = cookie.partition(".")
        if not dot or len(seed) != _SEED_LENGTH or not cookie.isascii():
            return None
        return seed if self._signer.verify_signature(_bound(seed, session), signature) else None


def _bound(seed: str, session: str) -> bytes:
    # The seed has a fixed length, so that no two pairs are written alike.
    return f"{seed}.".encode("ascii") + hashlib.sha256(session.encode("utf-8", "surrogatepass")).digest()


def make_seed() -> str:
    return _encode(secrets.token_bytes(_SEED_BYTES))


def make_token(seed: str) -> str:
    """A token for *seed*, another each time: what never repeats cannot be guessed from compressed answers (BREACH)."""
    pad = secrets.token_bytes(_SEED_BYTES)
    return _encode(pad + _xor(pad, _decode(seed)))


def is_token_of(token: str, seed: str, cookie: str) -> bool:
    """Whether *token* was made for *seed*, or is the *cookie* itself, which scripts may be allowed to read."""
    if not token.isascii():
        return False
    if hmac.compare_digest(token, cookie):
        return True
    try:
        content = _decode(token) if len(token) == _TOKEN_LENGTH else b""
    except (binascii.Error, ValueError):
        return False
    pad, masked = content[:_SEED_BYTES], content[_SEED_BYTES:]
    return len(masked) == _SEED_BYTES and hmac.compare_digest(_xor(pad, masked), _decode(seed))


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)

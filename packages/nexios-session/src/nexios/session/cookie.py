"""Sessions that live in their cookie: signed, encrypted on request, with nothing kept on the server."""

from __future__ import annotations

import binascii
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from nexios.exceptions import ConfigurationError
from nexios.keys import derive
from nexios.session.config import SessionConfig
from nexios.session.exceptions import CookieTooLarge
from nexios.session.record import Record, decode_signed
from nexios.session.revocations import Revocations
from nexios.session.session import Session

logger = logging.getLogger("nexios.session")

# Name and value together: what browsers keep (RFC 6265bis section 5.6).
_LONGEST = 4_096
_NONCE = 12
# As base64.urlsafe_b64encode, without the four functions in between.
_TO_URL, _TO_STANDARD = bytes.maketrans(b"+/", b"-_"), bytes.maketrans(b"-_", b"+/")


class _HMACSHA256(SigningAlgorithm):
    """As that of itsdangerous, in one call of OpenSSL instead of its five."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


class CookieKeeper:
    """Reads and signs cookies called *name*; with the first of *secrets_* it signs, all of them it believes."""

    def __init__(self, name: str, secrets_: Sequence[bytes], config: SessionConfig, now: Callable[[], float]) -> None:
        self.name = name
        self.now = now
        self._idle = config.idle_timeout
        self._absolute = config.absolute_timeout
        # itsdangerous signs with the last key. Ours are derived already, for this cookie and nothing else.
        keys = [derive(secret, "sign", name, config.salt) for secret in reversed(secrets_)]
        self._signer = Signer(keys, key_derivation="none", algorithm=_HMACSHA256())
        self._ciphers = [_cipher(derive(each, "encrypt", name, config.salt)) for each in secrets_ if config.encrypt]
        self._revoked = Revocations(config.absolute_timeout)

    def open(self, session: Session) -> Record | None:
        cookie = session.connection.cookies.get(self.name)
        if cookie is None:
            return None
        content = self._verify(cookie)
        record = decode_signed(content) if content is not None else None
        if record is None:
            logger.info("a session cookie was refused: it was not made with our keys")
            return None
        now = int(self.now())
        if record.is_over(now, self._absolute, self._idle) or self._revoked.has(record.id, now):
            return None
        session.fetched = content
        if record.expiries:
            record.forget_expired(now)
        return record

    async def load(self, session: Session) -> None:
        """The cookie is here already."""

    async def keep(self, session: Session) -> str | None:
        record = session.record
        now = int(self.now())
        if session.former is not None:
            self._revoked.add(session.former, now)
        if not record.data and not record.flashes:
            return "" if session.written and self.name in session.connection.cookies else None
        # A session that is only read is renewed ten times in its idle timeout, not with every answer.
        if not session.written and now - record.seen < self._idle / 10 and not _changed_inside(session):
            return None
        record.seen = now
        value = self._sign(record.encode())
        if len(self.name) + len(value) > _LONGEST:
            raise CookieTooLarge(
                f"the session has {len(value)} bytes when signed, its cookie {self.name!r} holds "
                f'{_LONGEST - len(self.name)}: keep less, or keep it on the server, with store="redis" say'
            )
        return value

    def _verify(self, cookie: str) -> bytes | None:
        if len(cookie) > _LONGEST or not cookie.isascii():
            return None
        text, _, signature = cookie.encode("ascii").rpartition(b".")
        if not self._signer.verify_signature(text, signature):
            return None
        try:
            content = binascii.a2b_base64(text.translate(_TO_STANDARD) + b"==")
        except binascii.Error:
            return None
        return self._decrypt(content) if self._ciphers else content

    def _sign(self, content: bytes) -> str:
        if self._ciphers:
            nonce = secrets.token_bytes(_NONCE)
            content = nonce + self._ciphers[0].encrypt(nonce, content, None)
        text = binascii.b2a_base64(content, newline=False).translate(_TO_URL)
        return self._signer.sign(text.rstrip(b"=")).decode("ascii")

    def _decrypt(self, content: bytes) -> bytes | None:
        for cipher in self._ciphers:
            try:
                plain: bytes = cipher.decrypt(content[:_NONCE], content[_NONCE:], None)
            except Exception:  # noqa: S112  # InvalidTag, and ValueError for what is too short: not of this key
                continue
            return plain
        return None


def _changed_inside(session: Session) -> bool:
    """Whether a value that can change in place has."""
    record = session.record
    return any(type(value) in (dict, list) for value in record.data.values()) and record.encode() != session.fetched


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # an extra
    except ImportError:
        raise ConfigurationError(
            "session.encrypt needs the package cryptography: pip install 'nexios-session[encryption]'"
        ) from None
    return AESGCM(key)

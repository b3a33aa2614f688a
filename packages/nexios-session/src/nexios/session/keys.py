"""Secrets: whether one can be trusted, and the keys that are made of it for one purpose each."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence

from nexios.config import Secret
from nexios.exceptions import ConfigurationError

logger = logging.getLogger("nexios.session")

# NIST SP 800-107: a key for HMAC-SHA-256 has no fewer bytes than its strength.
SHORTEST = 32
_PLACEHOLDERS = ("changeme", "change-me", "change_me", "your-secret", "your_secret", "placeholder", "replace-me")
_CURE = "make one with: python -c 'import secrets; print(secrets.token_hex())'"


def check_secrets(given: Sequence[Secret], debug: bool) -> list[bytes]:
    """The secrets as bytes. Raises ConfigurationError for one that could be guessed; in debug it is a warning."""
    if not given:
        complaint = "sessions in cookies need a secret: set secret_key in the config or NEXIOS_SECRET_KEY; " + _CURE
        if not debug:
            raise ConfigurationError(complaint)
        logger.warning("%s. Until then a random one is used, so every restart ends every session", complaint)
        return [secrets.token_bytes(SHORTEST)]
    revealed = [each.reveal().encode() for each in given]
    complaint = next(filter(None, map(_weakness, revealed)), "")
    if complaint and not debug:
        raise ConfigurationError(complaint)
    if complaint:
        logger.warning("%s. Outside debug this is an error", complaint)
    return revealed


def _weakness(secret: bytes) -> str:
    if len(secret) < SHORTEST:
        return f"the secret of sessions has {len(secret)} bytes, it needs at least {SHORTEST}; {_CURE}"
    if any(word.encode() in secret.lower() for word in _PLACEHOLDERS):
        return f"the secret of sessions is a placeholder from an example; {_CURE}"
    return ""


def derive(secret: bytes, *purpose: str) -> bytes:
    """A key for one *purpose*. Each part is written behind its length, so that ("a", "bc") is not ("ab", "c")."""
    parts = [part.encode() for part in purpose]
    return hmac.digest(secret, b"".join(len(part).to_bytes(4, "big") + part for part in parts), hashlib.sha256)

"""Secrets: whether one can be trusted, and the keys that are made of it for one purpose each."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence
from typing import Final

from nexios.config import Secret
from nexios.exceptions import ConfigurationError

# NIST SP 800-107: a key for HMAC-SHA-256 has no fewer bytes than its strength.
SHORTEST_SECRET: Final = 32
CURE: Final = "make one with: python -c 'import secrets; print(secrets.token_hex())'"
_FEWEST_DIFFERENT: Final = 8
_PLACEHOLDERS: Final = (
    "changeme", "change-me", "change_me", "your-secret", "your_secret", "yoursecret", "placeholder", "replace-me",
    "replace_me", "replaceme", "insecure", "example-secret",
)  # fmt: skip


def check_secrets(
    given: Secret | Sequence[Secret] | None, debug: bool, logger: logging.Logger, subject: str, consequence: str
) -> list[bytes]:
    """The secrets of *subject* as bytes. Raises ConfigurationError for one that could be guessed, and for none.

    In debug both are warnings, and for none a random one is made: *consequence* says what a restart then does.
    """
    secrets_ = [given] if isinstance(given, Secret) else list(given or ())
    if not secrets_:
        complaint = f"{subject} need a secret: set secret_key in the config or NEXIOS_SECRET_KEY; {CURE}"
        if not debug:
            raise ConfigurationError(complaint)
        logger.warning("%s. Until then a random one is used, so every restart %s", complaint, consequence)
        return [secrets.token_bytes(SHORTEST_SECRET)]
    revealed = [each.reveal().encode("utf-8", "surrogatepass") for each in secrets_]
    complaint = next((f"the secret of {subject} {what}; {CURE}" for what in map(weakness, revealed) if what), "")
    if complaint and not debug:
        raise ConfigurationError(complaint)
    if complaint:
        logger.warning("%s. Outside debug this is an error", complaint)
    return revealed


def weakness(secret: bytes) -> str:
    """Why *secret* could be guessed: "has 6 bytes, ..."; empty where nothing speaks against it."""
    if len(secret) < SHORTEST_SECRET:
        return f"has {len(secret)} bytes, it needs at least {SHORTEST_SECRET}"
    if len(set(secret)) < _FEWEST_DIFFERENT or any(word.encode() in secret.lower() for word in _PLACEHOLDERS):
        return "is a placeholder that anybody could guess"
    return ""


def derive(secret: bytes, *purpose: str) -> bytes:
    """A key for one *purpose*. Each part is written behind its length, so that ("a", "bc") is not ("ab", "c")."""
    parts = [part.encode() for part in purpose]
    return hmac.digest(secret, b"".join(len(part).to_bytes(4, "big") + part for part in parts), hashlib.sha256)

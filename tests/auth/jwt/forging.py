"""Tokens as an attacker writes them: any header, any payload, any signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

SECRET = "5d0c9a7f3b1e8f2604c6d9e7a1b35d80"
NOW = 1_800_000_000.0


def segment(data: bytes | str) -> str:
    return urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def forge(
    claims: dict[str, Any] | str | None = None, header: dict[str, Any] | str | None = None, secret: str = SECRET
) -> str:
    """A token that is signed with HMAC-SHA-256, whatever its header and its payload say."""
    shown = json.dumps({"alg": "HS256", "typ": "JWT"}) if header is None else _text(header)
    message = f"{segment(shown)}.{segment(_text({'sub': '7', 'exp': NOW + 60} if claims is None else claims))}"
    return f"{message}.{segment(hmac.digest(secret.encode(), message.encode(), hashlib.sha256))}"


def _text(value: dict[str, Any] | str) -> str:
    return value if isinstance(value, str) else json.dumps(value)

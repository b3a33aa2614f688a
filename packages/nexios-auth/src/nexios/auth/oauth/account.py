"""What a provider says of whoever has signed in with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class OAuthTokens:
    """What the provider has given us. *expires_at* is in seconds since 1970; no token is in the repr."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody at a provider. *issuer* and *subject* together never change and are nobody else's: keep them.

    An address may change hands, and a provider may not have asked for it: see `verified_email`.
    """

    issuer: str
    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    tokens: OAuthTokens = field(repr=False)

    @property
    def verified_email(self) -> str | None:
        """The address, if the provider says that it has made sure of it."""
        email = self.claims.get("email")
        return email if isinstance(email, str) and self.claims.get("email_verified") is True else None

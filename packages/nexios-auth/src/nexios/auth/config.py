"""What the section ``auth`` can say."""

from __future__ import annotations

from dataclasses import dataclass, field

from nexios.config import Secret


@dataclass(frozen=True, slots=True)
class JWTConfig:
    """The part ``jwt`` of the section: what a `JWTAuthBackend` without arguments of its own verifies with.

    *key* is the secret of an HMAC, by default the application's ``secret_key``, or for the other algorithms a key in
    PEM: a list is for rotation, where the first signs and each verifies. *issuer* and *audience* are what tokens must
    say, *leeway* (seconds, at most 60) is for clocks that differ.
    """

    key: list[Secret] | Secret | None = None
    algorithm: str = "HS256"
    issuer: str | None = None
    audience: list[str] | str | None = None
    leeway: float = 0


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """The section ``auth``.

    *required* makes every route of the application ask for a user, unless it is marked with `public`. *public* names
    declared paths that are open all the same, with all that is declared below them: ``("/docs", "/openapi.json")``.
    *jwt* is for tokens.
    """

    required: bool = False
    public: tuple[str, ...] = ()
    jwt: JWTConfig = field(default_factory=JWTConfig)

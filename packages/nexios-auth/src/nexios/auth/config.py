"""What the section ``auth`` can say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """The section ``auth``.

    *required* makes every route of the application ask for a user, unless it is marked with `public`. *public* names
    declared paths that are open all the same, with all that is declared below them: ``("/docs", "/openapi.json")``.
    *realm* is named in challenges.
    """

    required: bool = False
    public: tuple[str, ...] = ()
    realm: str = "api"

"""A way to find out who asks: the base of every backend."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from nexios import Connection

_BEARER: Mapping[str, Any] = MappingProxyType({"type": "http", "scheme": "bearer"})


class AuthBackend:
    """Derive from it, and define `authenticate`.

    *scheme* is the name that ``@auth(["jwt"])`` knows the backend by; by default the name of the class in lower case,
    without "Auth" and "Backend". *vary* names the request's fields that decide, for the Vary header of answers.
    *after* names middleware that must stand further out, such as "session".
    """

    scheme: str = ""
    vary: tuple[str, ...] = ("Authorization",)
    after: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not cls.__dict__.get("scheme") and not cls.scheme:
            cls.scheme = cls.__name__.removesuffix("Backend").removesuffix("Auth").lower() or cls.__name__.lower()

    async def authenticate(self, request: Connection, /) -> Any:
        """Return the user, ``(user, scopes)``, an `Identity`, or None where *request* has no credentials of this kind.

        *request* is an HTTP request or the handshake of a WebSocket. Raises AuthenticationFailed for credentials that
        are presented and not good. Whatever else is raised, a guard and ``request.user`` raise: nobody passes.
        """
        raise NotImplementedError(f"{type(self).__name__} must define async authenticate(self, request)")

    def challenge(self) -> str | None:
        """How to ask for the credentials, in WWW-Authenticate (RFC 9110 section 11.6.1); None to say nothing."""
        return "Bearer"

    @property
    def security_scheme(self) -> Mapping[str, Any] | None:
        """The Security Scheme Object (OpenAPI 3.1 section 4.8.27); None where documents should not have one."""
        return _BEARER

    def prepare(self, app: Any) -> None:
        """Runs when *app* folds its layers, before any request: read its configuration and refuse a wrong one here."""

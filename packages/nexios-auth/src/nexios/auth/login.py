"""Logging in and out with a session."""

from __future__ import annotations

from typing import Any

from nexios import Request
from nexios.auth.authentication import Authentication, authentication_of
from nexios.auth.backends.session import SessionBackend
from nexios.auth.identity import ANONYMOUS, Identity
from nexios.exceptions import ConfigurationError


async def login(request: Request, user: Any) -> None:
    """Let the session of *request* stand for *user* from now on, under a new id: the old one is dead.

    What an anonymous visitor had in the session stays; what another user had is dropped. Raises ConfigurationError
    without a `SessionBackend`, and where the session cannot change its id.
    """
    state, backend = _backend_of(request)
    backend.remember(request, user)
    state.is_used = True
    state.become(Identity(user, scheme=backend.scheme))
    await state.authenticator.trail.note("login", request, user=user, scheme=backend.scheme)


async def logout(request: Request) -> None:
    """End the session of *request*, with all that is in it."""
    state, backend = _backend_of(request)
    user = state.identity.user
    backend.forget(request)
    state.is_used = True
    state.become(ANONYMOUS)
    if user is not None:
        await state.authenticator.trail.note("logout", request, user=user, scheme=backend.scheme)


def _backend_of(request: Request) -> tuple[Authentication, SessionBackend]:
    if request.scope["type"] != "http":
        raise ConfigurationError("a WebSocket has no answer that could set a cookie: log in, and out, with a request")
    state = authentication_of(request)
    for backend in state.authenticator.backends:
        if isinstance(backend, SessionBackend):
            return state, backend
    raise ConfigurationError(
        "logging in with a session needs its backend: app.auth_backend = SessionBackend(load_user), or one of several"
    )

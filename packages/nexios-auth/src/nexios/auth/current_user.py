"""The user as a dependency: ``user=Depend(current_user)``."""

from __future__ import annotations

from typing import Any

from nexios import Connection
from nexios.auth.authentication import authentication_of
from nexios.auth.identity import Identity


async def current_user(request: Connection) -> Any:
    """The user behind *request*. Raises NotAuthenticated, a 401 with challenges, where there is none."""
    return (await current_identity(request)).user


async def current_identity(request: Connection) -> Identity:
    """The identity behind *request*, also injected wherever a parameter is annotated with `Identity`."""
    state = authentication_of(request)
    identity = await state.identify(None)
    if identity.user is None:
        raise await state.unknown()
    return identity


async def optional_user(request: Connection) -> Any:
    """The user behind *request*, or None."""
    return (await authentication_of(request).identify(None)).user

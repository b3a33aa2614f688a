"""Authentication and authorisation: who asks, and whether they may."""

from __future__ import annotations

from nexios.auth._version import __version__
from nexios.auth.backend import AuthBackend
from nexios.auth.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from nexios.auth.identity import Identity
from nexios.auth.plugin import AuthPlugin
from nexios.auth.user import User

__all__ = [
    "AuthBackend",
    "AuthPlugin",
    "AuthenticationFailed",
    "Identity",
    "NotAuthenticated",
    "PermissionDenied",
    "User",
    "__version__",
]

"""Authentication and authorisation: who asks, and whether they may."""

from __future__ import annotations

from nexios.auth._version import __version__
from nexios.auth.audit_log import AuditEvent, AuditSink, AuditTrail
from nexios.auth.backend import AuthBackend
from nexios.auth.backends.api_key import APIKey, APIKeyBackend, new_api_key
from nexios.auth.backends.basic import BasicBackend
from nexios.auth.backends.session import SessionBackend
from nexios.auth.config import AuthConfig
from nexios.auth.current_user import current_user, optional_user
from nexios.auth.decorator import auth, public, requires
from nexios.auth.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from nexios.auth.identity import Identity
from nexios.auth.login import login, logout
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.auth.plugin import AuthPlugin, audit_trail
from nexios.auth.policy import Policy
from nexios.auth.user import User

__all__ = [
    "APIKey",
    "APIKeyBackend",
    "AuditEvent",
    "AuditSink",
    "AuditTrail",
    "AuthBackend",
    "AuthConfig",
    "AuthPlugin",
    "AuthenticationFailed",
    "AuthenticationMiddleware",
    "BasicBackend",
    "Identity",
    "NotAuthenticated",
    "PermissionDenied",
    "Policy",
    "SessionBackend",
    "User",
    "__version__",
    "audit_trail",
    "auth",
    "current_user",
    "login",
    "logout",
    "new_api_key",
    "optional_user",
    "public",
    "requires",
]

"""Sessions: ``request.session``, in a signed cookie, in memory, in files or in Redis."""

from __future__ import annotations

from nexios.session._version import __version__
from nexios.session.config import SessionConfig
from nexios.session.exceptions import CookieTooLarge, SessionError, StoreUnavailable
from nexios.session.middleware import SessionMiddleware
from nexios.session.plugin import SessionPlugin
from nexios.session.session import Session
from nexios.session.stores import Conflict, Store

__all__ = [
    "Conflict",
    "CookieTooLarge",
    "Session",
    "SessionConfig",
    "SessionError",
    "SessionMiddleware",
    "SessionPlugin",
    "Store",
    "StoreUnavailable",
    "__version__",
]

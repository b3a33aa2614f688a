"""Browser security: CORS, CSRF, security headers, HTTPS, and which hosts and proxies are trusted."""

from __future__ import annotations

from nexios.security._version import __version__
from nexios.security.config import CORSConfig, CSRFConfig, SecurityConfig
from nexios.security.cors import CORSMiddleware
from nexios.security.csrf import CSRFMiddleware, rotate_csrf_token
from nexios.security.headers import SecurityMiddleware
from nexios.security.hosts import TrustedHostMiddleware
from nexios.security.plugin import CORSPlugin, CSRFPlugin, SecurityPlugin

__all__ = [
    "CORSConfig",
    "CORSMiddleware",
    "CORSPlugin",
    "CSRFConfig",
    "CSRFMiddleware",
    "CSRFPlugin",
    "SecurityConfig",
    "SecurityMiddleware",
    "SecurityPlugin",
    "TrustedHostMiddleware",
    "__version__",
    "rotate_csrf_token",
]

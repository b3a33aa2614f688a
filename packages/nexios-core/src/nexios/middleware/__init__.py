"""Middleware: the protocol, and the names that installed packages provide.

``from nexios.middleware import CORSMiddleware`` finds the class in the package that ships it, or says what to install.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nexios.exceptions import MissingPluginError
from nexios.middleware.base import BaseMiddleware, CallNext, Middleware

if TYPE_CHECKING:  # packages of their own, which need not be installed
    from nexios.auth.middleware import AuthenticationMiddleware as AuthenticationMiddleware
    from nexios.security import CORSMiddleware as CORSMiddleware
    from nexios.security import CSRFMiddleware as CSRFMiddleware
    from nexios.security import SecurityMiddleware as SecurityMiddleware
    from nexios.security import TrustedHostMiddleware as TrustedHostMiddleware
    from nexios.session import SessionMiddleware as SessionMiddleware

# name -> (module, the distribution it comes from)
PROVIDED_ELSEWHERE = {
    "CORSMiddleware": ("nexios.security", "nexios-security"),
    "CSRFMiddleware": ("nexios.security", "nexios-security"),
    "SecurityMiddleware": ("nexios.security", "nexios-security"),
    "TrustedHostMiddleware": ("nexios.security", "nexios-security"),
    "SessionMiddleware": ("nexios.session", "nexios-session"),
    "AuthenticationMiddleware": ("nexios.auth.middleware", "nexios-auth"),
}

__all__ = ["BaseMiddleware", "CallNext", "Middleware"]


def __getattr__(name: str) -> Any:
    try:
        module, distribution = PROVIDED_ELSEWHERE[name]
    except KeyError:
        raise AttributeError(f"nexios.middleware has no {name!r}") from None
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not module.startswith(missing.name):
            raise
        raise MissingPluginError(f"{name} is provided by {distribution}: pip install {distribution}") from None

"""Nexios: an async-first ASGI framework. These are the names an application imports."""

# ruff: noqa: E402  # what must be true of the installation is looked at before its files are imported
from __future__ import annotations

import pkgutil

# Every other distribution ships only its own nexios/<part>/; together they are this package.
__path__ = pkgutil.extend_path(__path__, __name__)

from nexios.foreign import refuse_foreign

# Before anything else is imported: half of the files may be another distribution's.
refuse_foreign(__file__)

from nexios._version import __version__
from nexios.application import NexiosApp, get_application
from nexios.config import MakeConfig, Secret
from nexios.dependencies import Depend
from nexios.exceptions import HTTPException, NexiosError
from nexios.http.connection import Connection, State
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.http.sse import ServerSentEvent
from nexios.http.urls import safe_redirect
from nexios.plugins import Plugin
from nexios.registry import Registry
from nexios.routing.converters import register_path_converter
from nexios.routing.router import Router
from nexios.routing.view import View

__all__ = [
    "Connection",
    "Depend",
    "HTTPException",
    "MakeConfig",
    "NexiosApp",
    "NexiosError",
    "Plugin",
    "Registry",
    "Request",
    "Response",
    "Router",
    "Secret",
    "ServerSentEvent",
    "State",
    "View",
    "__version__",
    "get_application",
    "register_path_converter",
    "safe_redirect",
]

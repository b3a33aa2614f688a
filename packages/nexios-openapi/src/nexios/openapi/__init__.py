"""The OpenAPI document of an application, its pages, and what has changed between two of them."""

from __future__ import annotations

from nexios.openapi._version import __version__
from nexios.openapi.components import OpenAPIError
from nexios.openapi.config import OpenAPIConfig
from nexios.openapi.diff import Change, compare
from nexios.openapi.plugin import OpenAPIPlugin, openapi, webhooks

__all__ = [
    "Change",
    "OpenAPIConfig",
    "OpenAPIError",
    "OpenAPIPlugin",
    "__version__",
    "compare",
    "openapi",
    "webhooks",
]

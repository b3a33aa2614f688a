"""Types in the signature of a handler validate its request, shape its answer and describe both."""

from __future__ import annotations

from nexios.validation._version import __version__
from nexios.validation.config import ValidationConfig
from nexios.validation.locations import Location
from nexios.validation.markers import Body, Cookie, Header, Path, Query, mark
from nexios.validation.pagination import Cursor, CursorPage, LimitOffset, Page
from nexios.validation.plugin import ValidationPlugin
from nexios.validation.problems import Mistake, Problem, ResponseMismatch, ValidationFailed, ValidationProblem

__all__ = [
    "Body",
    "Cookie",
    "Cursor",
    "CursorPage",
    "Header",
    "LimitOffset",
    "Location",
    "Mistake",
    "Page",
    "Path",
    "Problem",
    "Query",
    "ResponseMismatch",
    "ValidationConfig",
    "ValidationFailed",
    "ValidationPlugin",
    "ValidationProblem",
    "__version__",
    "mark",
]

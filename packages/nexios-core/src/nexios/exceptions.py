"""Every exception of the core.

NexiosError
├── ConfigurationError            the application is written or configured wrongly: raised while declaring or starting
│   ├── RouteError                a path, prefix or host pattern that cannot be served
│   │   └── DuplicateRouteError   the same method and path twice
│   ├── BindingError              a handler parameter that nobody can supply
│   ├── DependencyError           a cycle, a missing provider, a scope that outlives what it needs
│   └── PluginError               a plugin that cannot be loaded, ordered or configured
│       └── MissingPluginError    a capability that is used but not installed
├── ClientDisconnect              the client left while its request was being read or answered
└── HTTPException                 becomes an RFC 9457 problem document with its status
    ├── BadRequest                  400
    ├── NotFound                    404
    ├── MethodNotAllowed            405, with Allow
    ├── NotAcceptable               406
    ├── RequestTimeout              408
    ├── PreconditionFailed          412
    ├── ContentTooLarge             413
    ├── UnsupportedMediaType        415
    ├── RangeNotSatisfiable         416, with Content-Range
    ├── HeaderFieldsTooLarge        431
    ├── ServiceUnavailable          503
    └── GatewayTimeout              504
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

# Before Python 3.13 some of them are those of earlier standards.
_PHRASES = {int(status): status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


class NexiosError(Exception):
    """The root: catch it to catch everything the framework raises on purpose."""


class ConfigurationError(NexiosError):
    """The application is declared or configured wrongly; raised before a request is served."""


class RouteError(ConfigurationError):
    """A path, prefix or host pattern that cannot be served as written."""


class DuplicateRouteError(RouteError):
    """The same method and path are declared twice; the message names both places."""


class BindingError(ConfigurationError):
    """A handler asks for a parameter that nobody can supply."""


class DependencyError(ConfigurationError):
    """A dependency that cannot be built: a cycle, no provider, or a scope that outlives its parts."""


class PluginError(ConfigurationError):
    """A plugin that cannot be loaded, ordered or configured."""


class MissingPluginError(PluginError):
    """Something is used that an installable package provides; the message names the package."""


class ClientDisconnect(NexiosError):
    """The client closed the connection before the request was read or the answer was written."""


def _checked_detail(detail: str | None) -> str | None:
    if detail is None or isinstance(detail, str):
        return detail
    raise TypeError(
        f"detail={detail!r:.80} is not text: give what programs shall read as further keyword arguments, "
        "HTTPException(409, 'the name is taken', name=name); they become members of the problem document"
    )


class HTTPException(NexiosError):
    """Answer the request with *status* and a problem document (RFC 9457).

    *detail* is shown to the client. *headers* are added to the answer. Further keyword arguments become
    extension members of the document. Raises ValueError for a status that is not 400 to 599, TypeError for a detail
    that is not text.
    """

    status: int = 500

    def __init__(
        self,
        status: int | None = None,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        if status is not None:
            self.status = status
        if not 400 <= self.status <= 599:
            raise ValueError(f"HTTPException status {self.status} is not an error: it must be 400 to 599")
        self.detail: str | None = detail if detail.__class__ is str else _checked_detail(detail)
        self.headers: dict[str, str] = dict(headers) if headers else {}
        self.extensions: dict[str, Any] = extensions

    @property
    def status_code(self) -> int:
        return self.status

    @property
    def title(self) -> str:
        """The reason phrase of the status (RFC 9110 section 15)."""
        return _PHRASES.get(self.status, "Error")

    def __str__(self) -> str:
        return f"{self.status} {self.title}" + (f": {self.detail}" if self.detail else "")


class _FixedStatus(HTTPException):
    """An HTTPException whose class is its status: ``NotFound(detail)`` instead of ``HTTPException(404, detail)``."""

    fixed: ClassVar[int]

    def __init_subclass__(cls, status: int = 0) -> None:
        if status:
            cls.status = cls.fixed = status

    def __init__(self, detail: str | None = None, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        # Not super().__init__(): the status needs no check, and calling it costs more than what is left of it.
        self.detail: str | None = detail if detail.__class__ is str else _checked_detail(detail)
        self.headers: dict[str, str] = dict(headers) if headers else {}
        self.extensions: dict[str, Any] = extensions


class BadRequest(_FixedStatus, status=400):
    """The request is malformed."""


class NotFound(_FixedStatus, status=404):
    """Nothing is served at this path."""


class MethodNotAllowed(_FixedStatus, status=405):
    """The path exists, the method does not; *allowed* becomes the Allow header (RFC 9110 section 15.5.6)."""

    def __init__(self, allowed: Iterable[str], detail: str | None = None) -> None:
        self.allowed: tuple[str, ...] = tuple(sorted(allowed))
        super().__init__(detail, {"allow": ", ".join(self.allowed)})


class NotAcceptable(_FixedStatus, status=406):
    """No representation fits the request's Accept header."""


class RequestTimeout(_FixedStatus, status=408):
    """The request's body did not arrive in time."""


class PreconditionFailed(_FixedStatus, status=412):
    """If-Match or If-Unmodified-Since does not hold."""


class ContentTooLarge(_FixedStatus, status=413):
    """The request's content is over the limit of the route."""


class UnsupportedMediaType(_FixedStatus, status=415):
    """The request's Content-Type is not one the route reads."""


class RangeNotSatisfiable(_FixedStatus, status=416):
    """No requested range overlaps the representation of *size* bytes (RFC 9110 section 15.5.17)."""

    def __init__(self, size: int, detail: str | None = None) -> None:
        self.size = size
        super().__init__(detail, {"content-range": f"bytes */{size}"})


class HeaderFieldsTooLarge(_FixedStatus, status=431):
    """Too many header fields, or too many bytes of them (RFC 6585 section 5)."""


class ServiceUnavailable(_FixedStatus, status=503):
    """The server cannot answer now."""


class GatewayTimeout(_FixedStatus, status=504):
    """The handler did not answer within its timeout."""

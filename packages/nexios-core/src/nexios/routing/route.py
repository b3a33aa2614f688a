"""A route as declared, and as an application serves it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nexios.signature import Signature

if TYPE_CHECKING:
    from nexios.binding import Plan
    from nexios.dependencies import Dependency
    from nexios.middleware.base import Middleware
    from nexios.routing.path import PathPattern
    from nexios.routing.router import Router
    from nexios.types import ASGIApp

# What most routes have of meta and options; a dictionary for each of them would be a tenth of what a route takes.
NOTHING: Mapping[str, Any] = MappingProxyType({})
HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "TRACE", "CONNECT"})


# Not frozen, here and below: making a frozen one of so many fields takes as long as planning the route.
@dataclass(slots=True, eq=False)
class Route:
    """What a decorator declared. The router it stands on may be mounted at several places."""

    path: str
    methods: tuple[str, ...]
    handler: Callable[..., Any]
    signature: Signature
    source: str
    protocol: str = "http"
    name: str | None = None
    host: str | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    middleware: tuple[Middleware, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    max_body: int | None = None
    timeout: float | None = None
    cancel_on_disconnect: bool | None = None
    options: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    names: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(slots=True, eq=False)
class Mount:
    """A foreign ASGI application below a path."""

    path: str
    app: ASGIApp
    source: str
    name: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class ServedRoute:
    """A route at the place where an application serves it: prefixes joined, everything inherited.

    `endpoint` is compiled when the application starts, or by the first request that reaches the route.
    """

    route: Route
    pattern: PathPattern
    chain: tuple[Router, ...]
    host: str | None
    tags: tuple[str, ...]
    meta: Mapping[str, Any]
    dependencies: tuple[Dependency, ...]
    max_body: int
    timeout: float | None
    cancel_on_disconnect: bool
    options: Mapping[str, Any]
    endpoint: Callable[[Any, Any], Awaitable[Any]] = field(init=False)
    # From the declaration to the compilation, where nothing in between can change it.
    planned: Plan | None = None

    @property
    def path(self) -> str:
        return self.pattern.text

    @property
    def methods(self) -> tuple[str, ...]:
        return self.route.methods

    @property
    def name(self) -> str | None:
        return self.route.name

    @property
    def handler(self) -> Callable[..., Any]:
        return self.route.handler

    @property
    def protocol(self) -> str:
        return self.route.protocol

    @property
    def source(self) -> str:
        return self.route.source

    def __repr__(self) -> str:
        return f"<ServedRoute {' '.join(self.methods)} {self.path} ({self.source})>"


@dataclass(slots=True, eq=False, kw_only=True)
class ServedMount:
    """A foreign application at the place where this one serves it."""

    mount: Mount
    pattern: PathPattern
    chain: tuple[Router, ...]
    host: str | None
    endpoint: Callable[[Any, Any], Awaitable[Any]] = field(init=False)
    protocol: str = "mount"
    methods: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    options: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    meta: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    # A mounted application has limits of its own.
    max_body: int = sys.maxsize

    @property
    def path(self) -> str:
        return self.pattern.text

    @property
    def name(self) -> str | None:
        return self.mount.name

    @property
    def handler(self) -> ASGIApp:
        return self.mount.app

    @property
    def source(self) -> str:
        return self.mount.source


def merged(chain: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The nearer says more: what a route says over what its router says, over that of the router around."""
    found: dict[str, Any] = {}
    for each in chain:
        found.update(each)
    return found or NOTHING

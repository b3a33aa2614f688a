"""The router: where routes are declared. It knows nothing of how they are found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, TypeVar, overload

from nexios.dependencies import Dependency
from nexios.exception_handlers import ExceptionHandler, ExceptionHandlers
from nexios.exceptions import ConfigurationError, RouteError
from nexios.middleware.base import Middleware
from nexios.middleware.layers import make_layer
from nexios.routing.route import HTTP_METHODS, NOTHING, Mount, Route
from nexios.routing.view import View, handlers_of
from nexios.signature import describe, read_signature
from nexios.types import ASGIApp

H = TypeVar("H", bound=Callable[..., Any])


class Router:
    """A group of routes below *prefix*, with what they share.

    *tags*, *meta*, *middleware*, *dependencies*, *max_body* (bytes), *timeout* (seconds) and *host*
    (``"{tenant}.example.com"``) hold for every route below. Further keyword arguments are options of plugins.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        name: str | None = None,
        host: str | None = None,
        tags: Iterable[str] = (),
        meta: Mapping[str, Any] | None = None,
        middleware: Iterable[Any] = (),
        dependencies: Iterable[Any] = (),
        max_body: int | None = None,
        timeout: float | None = None,
        cancel_on_disconnect: bool | None = None,
        **options: Any,
    ) -> None:
        if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
            raise RouteError(f"Router(prefix={prefix!r}): a prefix starts with '/' and does not end with one")
        self.prefix = prefix
        self.name = name
        self.host = host
        self.tags: tuple[str, ...] = tuple(tags)
        self.meta: dict[str, Any] = dict(meta or {})
        self.dependencies: tuple[Dependency, ...] = _dependencies(dependencies)
        self.max_body = max_body
        self.timeout = timeout
        self.cancel_on_disconnect = cancel_on_disconnect
        self.defaults = options
        self.exception_handlers: ExceptionHandlers = ExceptionHandlers()
        self.declared: list[Route | Mount | Router] = []
        self.layers: list[Middleware] = [make_layer(each, {}) for each in middleware]
        self._parents: list[Router] = []

    # -- routes -------------------------------------------------------------------------------------------------

    def route(
        self,
        path: str,
        methods: Iterable[str] = ("GET",),
        *,
        name: str | None = None,
        host: str | None = None,
        tags: Iterable[str] = (),
        meta: Mapping[str, Any] | None = None,
        middleware: Iterable[Any] = (),
        dependencies: Iterable[Any] = (),
        max_body: int | None = None,
        timeout: float | None = None,
        cancel_on_disconnect: bool | None = None,
        protocol: str = "http",
        **options: Any,
    ) -> Callable[[H], H]:
        """Serve *path* with the decorated handler, which is returned as it is, so that decorators stack.

        Raises RouteError and BindingError for what could not be served.
        """
        verbs = _verbs(methods) if protocol == "http" else ()
        frame = _caller()

        def declare(handler: H) -> H:
            names = _local_names(frame)
            for part, part_verbs in _parts(handler, verbs):
                self._declare(
                    Route(
                        path=path,
                        methods=part_verbs,
                        handler=part,
                        signature=read_signature(part, names),
                        source=_source(handler, frame),
                        protocol=protocol,
                        name=name,
                        host=host,
                        tags=tuple(tags),
                        meta=dict(meta) if meta else NOTHING,
                        middleware=tuple(make_layer(each, {}) for each in middleware),
                        dependencies=_dependencies(dependencies),
                        max_body=max_body,
                        timeout=timeout,
                        cancel_on_disconnect=cancel_on_disconnect,
                        options=options or NOTHING,
                        names=names,
                    )
                )
            return handler

        return declare

    def get(self, path: str, **options: Any) -> Callable[[H], H]:
        """Serve GET, and with it HEAD. Takes what `route` takes."""
        return self.route(path, ("GET",), **options)

    def post(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route(path, ("POST",), **options)

    def put(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route(path, ("PUT",), **options)

    def patch(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route(path, ("PATCH",), **options)

    def delete(self, path: str, **options: Any) -> Callable[[H], H]:
        return self.route(path, ("DELETE",), **options)

    def head(self, path: str, **options: Any) -> Callable[[H], H]:
        """Serve HEAD in another way than GET without its body."""
        return self.route(path, ("HEAD",), **options)

    def options(self, path: str, **options: Any) -> Callable[[H], H]:
        """Serve OPTIONS in another way than 204 with Allow."""
        return self.route(path, ("OPTIONS",), **options)

    def query(self, path: str, **options: Any) -> Callable[[H], H]:
        """Serve QUERY, a safe method that has a body (draft-ietf-httpbis-safe-method-w-body)."""
        return self.route(path, ("QUERY",), **options)

    def websocket(self, path: str, **options: Any) -> Callable[[H], H]:
        """Serve a WebSocket. Provided by nexios-websockets."""
        return self.route(path, protocol="websocket", **options)

    def mount_router(self, router: Router) -> Router:
        """Serve the routes of *router* below this one, at its prefix; routes it is given later are served too."""
        if router is self or self in _below(router):
            raise RouteError(f"mount_router: {router!r} would contain itself")
        router._parents.append(self)
        self.declared.append(router)
        for entry, chain in router.entries():
            self._adopt(entry, (self, *chain))
        return router

    def entries(self) -> Iterator[tuple[Route | Mount, tuple[Router, ...]]]:
        """What is declared here and below, each with the routers that lead to it."""
        for entry in self.declared:
            if isinstance(entry, Router):
                for below, chain in entry.entries():
                    yield below, (self, *chain)
            else:
                yield entry, (self,)

    def mount(self, path: str, app: ASGIApp, *, name: str | None = None) -> None:
        """Serve every path below *path* with another ASGI application; its lifespan runs within this one's."""
        if isinstance(app, Router) and not hasattr(app, "__nexios_application__"):
            raise RouteError(f"mount({path!r}, {app!r}): a Router is mounted with mount_router(router)")
        if not callable(app):
            raise RouteError(f"mount({path!r}, {app!r}): {app!r} is not an ASGI application")
        if not path.startswith("/") or (path.endswith("/") and path != "/"):
            raise RouteError(f"mount({path!r}): the path starts with '/' and does not end with one")
        frame = _caller()
        self._declare(Mount(path if path != "/" else "", app, f"{frame.f_code.co_filename}:{frame.f_lineno}", name))

    # -- what surrounds them ------------------------------------------------------------------------------------

    def add_middleware(self, middleware: Any, **options: Any) -> None:
        """Add a layer inside those added before: a function, an instance, a class with its arguments, ASGI middleware.

        Raises ConfigurationError for what cannot be called as ``(request, response, call_next)``.
        """
        self.layers.append(make_layer(middleware, options))
        self._changed()

    def middleware(self, middleware: H) -> H:
        """Decorator form of `add_middleware`."""
        self.add_middleware(middleware)
        return middleware

    @overload
    def add_exception_handler(self, key: type[Exception] | int) -> Callable[[H], H]: ...
    @overload
    def add_exception_handler(self, key: type[Exception] | int, handler: ExceptionHandler) -> None: ...
    def add_exception_handler(self, key: type[Exception] | int, handler: ExceptionHandler | None = None) -> Any:
        """Answer an exception class, or an error status, with ``handler(request, response, error)``.

        The most specific class wins; a router's own handlers come before those of the router around it.
        """
        if handler is not None:
            self.exception_handlers.add(key, handler)
            return None

        def declare(decorated: H) -> H:
            self.exception_handlers.add(key, decorated)
            return decorated

        return declare

    # -- bookkeeping --------------------------------------------------------------------------------------------

    def _declare(self, entry: Route | Mount) -> None:
        self.declared.append(entry)
        try:
            self._adopt(entry, (self,))
        except ConfigurationError:
            self.declared.remove(entry)
            raise

    def _adopt(self, entry: Route | Mount, chain: tuple[Router, ...]) -> None:
        """Pass *entry*, declared at the end of *chain*, up to every application that serves this router.

        That is how a mistake is an error at the line that makes it, and a route is served from that line on.
        """
        for parent in self._parents:
            parent._adopt(entry, (parent, *chain))

    def _changed(self) -> None:
        """Something around routes changed: applications compile their endpoints anew."""
        for parent in self._parents:
            parent._changed()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.prefix or '/'} with {len(self.declared)} entries>"


def _below(router: Router) -> set[Router]:
    found: set[Router] = set()
    for entry in router.declared:
        if isinstance(entry, Router):
            found |= {entry} | _below(entry)
    return found


def _verbs(methods: Iterable[str]) -> tuple[str, ...]:
    if isinstance(methods, str):
        raise RouteError(f"methods={methods!r}: give a list, methods=[{methods!r}]")
    if methods and isinstance(methods, tuple) and HTTP_METHODS.issuperset(methods):  # so the decorators of one have it
        return methods
    verbs = tuple(method.upper() for method in methods)
    unknown = [verb for verb in verbs if not verb.isascii() or not verb.replace("-", "").isalpha()]
    if unknown or not verbs:
        raise RouteError(f"methods={list(methods)!r}: give HTTP methods such as {', '.join(sorted(HTTP_METHODS))}")
    return verbs


def _parts(handler: Any, verbs: tuple[str, ...]) -> list[tuple[Callable[..., Any], tuple[str, ...]]]:
    if isinstance(handler, type) and issubclass(handler, View):
        return [(part, (verb,)) for verb, part in handlers_of(handler).items()]
    if isinstance(handler, type) and hasattr(handler, "as_handler"):
        # A class of another protocol than HTTP: it tells itself how its instances serve.
        return [(handler.as_handler(), verbs)]
    if not callable(handler):
        raise RouteError(f"{handler!r} is not a handler: give a function, or a class derived from View")
    return [(handler, verbs)]


def _dependencies(given: Iterable[Any]) -> tuple[Dependency, ...]:
    dependencies: Sequence[Any] = tuple(given)
    for each in dependencies:
        if not isinstance(each, Dependency):
            raise RouteError(f"dependencies=[{describe(each)}]: write Depend({describe(each)})")
    return tuple(dependencies)


def _caller() -> FrameType:
    """The frame of the first caller outside this module: the line that an error message should name."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("nexios.routing"):
        frame = frame.f_back
    return frame if frame is not None else sys._getframe(1)


def _local_names(frame: FrameType) -> Mapping[str, Any]:
    """What annotations may name beyond the module: the locals of a function that declares routes."""
    names = frame.f_locals  # in a function made anew each time it is asked for
    return NOTHING if names is frame.f_globals else dict(names)


def _source(handler: Any, frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"

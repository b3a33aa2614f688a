"""The application: a router that is also the ASGI callable."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, MutableMapping, Sequence
from os import PathLike
from typing import Any, ClassVar, Literal

from nexios.assembly import Assembly
from nexios.composition import Composition
from nexios.config import MakeConfig
from nexios.delivery import abandon, deliver, note_departure
from nexios.exceptions import ConfigurationError, HTTPException
from nexios.hooks import contexts_of
from nexios.http.body import too_large
from nexios.http.codecs import dumps
from nexios.http.connection import Connection
from nexios.http.framing import HeaderScreen
from nexios.http.proxies import TrustedProxies
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.http.writer import messages
from nexios.lifespan import run_lifespan
from nexios.middleware.layers import check_order
from nexios.packages import check_sections
from nexios.pipeline import Endpoint, fold
from nexios.plugins import PluginReport, load_plugins
from nexios.protocols import Protocols
from nexios.root_path import below_root
from nexios.routing.converters import ConverterLike
from nexios.routing.route import Mount, Route, ServedMount, ServedRoute
from nexios.routing.router import Router
from nexios.routing.sites import ANY
from nexios.types import ASGIApp, Receive, Scope, Send
from nexios.unserved import Unserved

TrailingSlash = Literal["redirect", "strict"]
# An empty Response: what it is until somebody writes into it stands on the class.
new_response = Response.__new__
new_request = Request.__new__


class NexiosApp(Composition):
    """An application. Call it with any ASGI server.

    *plugins* is "auto" (every installed one), or a list of names, classes and instances; *plugins_lock* the file of
    ``nexios plugins lock``, which every installed one must agree with. *lifespan* is one async context manager of the
    application, or several. *trusted_proxies* takes the networks whose forwarding headers are believed.
    *trailing_slash* "redirect" answers the other form of a declared path with 308, "strict" with 404.

    Raises ConfigurationError for what could not be served as configured.
    """

    # Tells a parameter's annotation, and a mounted router, apart from others without importing this module.
    __nexios_application__: ClassVar[bool] = True

    def __init__(
        self,
        config: MakeConfig | Mapping[str, Any] | None = None,
        *,
        title: str = "Nexios",
        plugins: Literal["auto"] | Sequence[Any] = "auto",
        plugins_lock: str | PathLike[str] | None = None,
        middleware: Iterable[Any] = (),
        dependencies: Iterable[Any] = (),
        lifespan: Any = None,
        trusted_proxies: TrustedProxies | Sequence[str] | None = None,
        trailing_slash: TrailingSlash = "redirect",
        **shared: Any,
    ) -> None:
        if trailing_slash not in ("redirect", "strict"):
            raise ConfigurationError(f'trailing_slash={trailing_slash!r}: give "redirect" or "strict"')
        super().__init__(config, title, trusted_proxies, dependencies=dependencies, **shared)
        self.trailing_slash = trailing_slash
        self.assembly: Assembly = Assembly(self)
        self._boundary = self.assembly.boundary((self,))
        # Bound once, for the hot path.
        self._read_header = HeaderScreen(self.limits).read
        self._find, self._static = self.sites.find_plainly, self.sites.http.static
        self._listeners = self.events.subscriptions
        self._miss: Endpoint = Unserved(self).answer
        self._protocols = Protocols(self, self._read_header)
        self._stale = True
        self._response_class: type[Response] = Response
        self.plugins: PluginReport = load_plugins(self, plugins, plugins_lock)
        self.sites.forget_plans()  # routes of one plugin may be supplied by the next
        self._response_class = self.contributed.response_class()
        for layer in middleware:  # further in than those of plugins
            self.add_middleware(layer)
        check_sections(self.config, self.known_sections)
        for context in contexts_of(lifespan):
            self.lifespan.add(context)

    # -- the request path ---------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._serve_protocol(scope, receive, send)
            return
        if self._stale:
            self._fold()
        method = scope["method"]
        # Read before they are called: called as methods, they would be looked for in the class first.
        read_header, pipeline = self._read_header, self._pipeline
        try:
            fields = read_header(scope["headers"], method)
        except HTTPException as refusal:
            request = Request(self, scope, receive, send, {})
            await deliver(await self._boundary.recover(request, refusal), request, send, self._boundary)
            return
        request = new_request(Request)  # Request.__init__ written out: calling it costs more than what it does
        request.app = self
        request.scope = scope
        request._receive = receive
        request._send = send
        request._fields = fields
        request._found_path = request.opened = None
        if "request" in self._listeners:
            await self.events.emit("request", request)
        response = new_response(self._response_class)
        # As the class says: read several times, and a third as dear to read where it stands on the instance.
        response.is_plain = True
        response._raw = None
        try:
            response = await pipeline(request, response)
        except BaseException as error:
            await abandon(request, error)
            raise
        if response.is_plain and request.opened is None:
            start, body = messages(response, method)
            try:
                await send(start)
                await send(body)
            except OSError as closed:
                note_departure(closed)
        else:
            await deliver(response, request, send, self._boundary)

    def _dispatch(self, request: Request, response: Response) -> Awaitable[Response]:
        """The innermost step of the application's layers: hand out the coroutine of the route."""
        found = self.locate(request)
        if found is None:
            return self._miss(request, response)
        fields = request._fields
        if b"content-length" in fields and int(fields[b"content-length"]) > found.max_body:
            refused: Awaitable[Response] = self.assembly.refusal(found, too_large(found.max_body))(request, response)
            return refused
        endpoint: Endpoint = found.endpoint
        return endpoint(request, response)

    def locate(self, connection: Connection) -> Any:
        """What serves *connection*; looked up once, and again when a layer has rewritten its path or method."""
        scope = connection.scope
        path = scope["path"]
        method = scope["method"] if "method" in scope else ANY  # noqa: SIM401  # a third of what scope.get costs
        if connection._found_path is path and connection._found_method is method:
            return connection._found
        connection._found_path = path
        connection._found_method = method
        find = self._find
        # The lookup of a key that is there is twice as fast as scope.get.
        if find is None or ("root_path" in scope and scope["root_path"]):  # noqa: RUF019
            match = self._search(connection)
        else:
            methods = self._static.get(path)
            if methods is not None and method in methods:  # a step of _find: most requests need no other
                connection._params = None
                found = connection._found = methods[method]
                return found
            match = find(path, method) if scope["type"] == "http" else self._search(connection)
        if match is None:
            connection._found = connection._params = None
            return None
        found, connection._params, prefix = match
        if prefix:
            connection.mounted_at = below_root(scope)[:prefix]
        connection._found = found
        return found

    def _search(self, connection: Connection) -> Any:
        """Look a connection up below the server's root path, by its host and its protocol."""
        scope = connection.scope
        host = self.host_of(connection) if self.sites.has_hosts else ""
        return self.sites.find(scope["type"], host, below_root(scope), scope.get("method", ANY))

    @staticmethod
    def host_of(connection: Connection) -> str:
        return (connection.url.hostname or "").lower()

    def _fold(self) -> None:
        """Put the layers around the dispatch; again, when something was added."""
        check_order(self.layers)
        self.assembly.reset()
        self.assembly.prepare(self.layers)
        self._pipeline = fold(self.layers, self._dispatch, self.bindings.answers.convert, self._boundary.recover)
        self._other_protocols: ASGIApp = self._protocols.fold(self.layers)
        self._stale = False

    # -- other protocols ----------------------------------------------------------------------------------------

    async def _serve_protocol(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await run_lifespan(self, scope, receive, send)
            return
        if self._stale:
            self._fold()
        await self._other_protocols(scope, receive, send)

    async def answer(self, connection: Connection, response: Response) -> Response:
        """For protocol plugins: pass *connection* through the layers of the application to what serves its path."""
        return await self._protocols.answer(connection, response)

    def compile_handler(self, served: ServedRoute) -> Any:
        """For protocol plugins: ``async (connection, response)`` that supplies the handler's parameters and calls it.

        The connection must have been located. What the handler returns is returned, what it raises is raised.
        """
        return self._protocols.compile_handler(served)

    # -- what becomes of declarations ---------------------------------------------------------------------------

    def _adopt(self, entry: Route | Mount, chain: tuple[Router, ...]) -> None:
        self.assembly.adopt(entry, chain)
        self._find = self.sites.find_plainly

    def _changed(self) -> None:
        self._stale = True

    def register_path_converter(self, name: str, converter: ConverterLike) -> None:
        """Serve ``{value:<name>}`` in the paths of this application."""
        self.assembly.converters.register(name, converter)

    def layers_of(self, served: ServedRoute | ServedMount) -> tuple[str, ...]:
        """The names of the layers around *served*, outermost first."""
        return self.assembly.layer_names(served)

    # -- the application's life ---------------------------------------------------------------------------------

    async def startup(self, state: MutableMapping[str, Any] | None = None) -> None:
        """Start: fold, compile, build, run the hooks. Raises the error of the first part that fails."""
        self._fold()
        self.bindings.threads.reset()
        self.bindings.singletons.clear()
        self.assembly.compile_all()
        await self.lifespan.start({} if state is None else state)

    async def shutdown(self) -> None:
        """Stop: drain, await background work within the grace period, run the hooks, close what was opened."""
        await self.lifespan.stop()

    async def drain(self) -> None:
        """Tell streams, sockets and readiness that the application is about to stop."""
        await self.lifespan.drain()

    def __repr__(self) -> str:
        return f"<NexiosApp {self.title!r} with {len(self.sites.all)} routes>"


def get_application(config: MakeConfig | Mapping[str, Any] | None = None, **options: Any) -> NexiosApp:
    """Make an application; takes what NexiosApp takes."""
    return NexiosApp(config, **options)


__all__ = ["NexiosApp", "dumps", "get_application"]

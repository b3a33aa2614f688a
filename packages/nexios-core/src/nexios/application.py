"""The application: a router that is also the ASGI callable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from functools import cached_property, partial
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, overload

import anyio

from nexios.assembly import PROTOCOL_PACKAGES, Assembly, root_of
from nexios.binding import Bindings, compile_endpoint, plan
from nexios.config import CoreConfig, Limits, MakeConfig, Secret
from nexios.delivery import abandon, deliver, note_departure
from nexios.dependencies import Overrides, Provider
from nexios.dependencies import Scope as Lifetime
from nexios.events import EventEmitter
from nexios.exceptions import (
    ConfigurationError,
    HTTPException,
    MethodNotAllowed,
    MissingPluginError,
    NexiosError,
    NotFound,
)
from nexios.http.body import too_large
from nexios.http.codecs import JSONCodec, dumps, loads
from nexios.http.connection import DECLARED_SLOTS, Connection, State
from nexios.http.framing import HeaderScreen
from nexios.http.proxies import Forwarded, TrustedProxies
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.http.urls import quote_path, quote_query
from nexios.http.writer import messages
from nexios.injection import InjectionScope, Resolver
from nexios.lifespan import Lifespan, run_lifespan
from nexios.middleware.asgi import ASGIBridge
from nexios.middleware.layers import check_order, layer_name, surrounds
from nexios.pipeline import fold
from nexios.plugins import PluginReport, load_plugins
from nexios.problems import problem
from nexios.registry import Contributions
from nexios.routing.converters import ConverterLike
from nexios.routing.route import Mount, Route, ServedMount, ServedRoute
from nexios.routing.router import Router
from nexios.routing.sites import ANY, Sites
from nexios.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

H = TypeVar("H", bound=Callable[..., Any])
TrailingSlash = Literal["redirect", "strict"]

UNSERVED = "nothing is served at this path"
# Sections that only a package reads: given without it, they would be silently off.
SECTION_PACKAGES = {
    "session": "nexios-session",
    "cors": "nexios-security",
    "csrf": "nexios-security",
    "security": "nexios-security",
    "auth": "nexios-auth",
    "redis": "nexios-redis",
    "openapi": "nexios-openapi",
    "validation": "nexios-validation",
    "websockets": "nexios-websockets",
    "limits_rate": "nexios-limits",
}


class NexiosApp(Router):
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
        super().__init__(dependencies=dependencies, **shared)
        self.title = title
        self.config: MakeConfig = config if isinstance(config, MakeConfig) else MakeConfig(config)
        core = self.config.section("", CoreConfig)
        self.debug: bool = core.debug
        self.secret_key: Secret | None = core.secret_key
        self.limits: Limits = self.config.section("limits", Limits)
        self.state: State = State()
        self.events: EventEmitter = EventEmitter()
        self.proxies: TrustedProxies | None = _proxies(trusted_proxies)
        self.trailing_slash = trailing_slash
        self.bindings: Bindings = Bindings(self._supplies_changed)
        self.contributed: Contributions = Contributions()
        self.known_sections: dict[str, Any] = {"limits": Limits}
        self.endless: set[anyio.CancelScope] = set()
        self.lifespan: Lifespan = Lifespan(self)
        self.assembly: Assembly = Assembly(self)
        self.sites: Sites = self.assembly.sites
        self.decode_json: Callable[[bytes], object] = (
            loads if self.limits.json_depth == 64 else JSONCodec(self.limits.json_depth).decode
        )
        self._boundary = self.assembly.boundary((self,))
        # Bound once, for the hot path.
        self._read_header = HeaderScreen(self.limits).read
        self._find, self._static = self.sites.find_plainly, self.sites.http.static
        self._listeners = self.events.subscriptions
        self._auth_backend: Any = None
        self._resolver: Resolver | None = None
        self._stale = True
        self._response_class: type[Response] = Response
        self.plugins: PluginReport = load_plugins(self, plugins, plugins_lock)
        self.assembly.forget_plans()  # routes of one plugin may be supplied by the next
        if self.contributed.response_slots:
            self._response_class = _with_slots(self.contributed.response_slots)
        for layer in middleware:  # further in than those of plugins
            self.add_middleware(layer)
        self._check_sections()
        for context in _contexts(lifespan):
            self.lifespan.add(context)

    # -- the request path ---------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._serve_protocol(scope, receive, send)
            return
        if self._stale:
            self._fold()
        method = scope["method"]
        try:
            fields = self._read_header(scope["headers"], method)
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
            response = await self._pipeline(request, response)
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
        endpoint: Awaitable[Response] = found.endpoint(request, response)
        return endpoint

    def locate(self, connection: Connection) -> Any:
        """What serves *connection*; looked up once, and again when a layer has rewritten its path or method."""
        scope = connection.scope
        path = scope["path"]
        method = scope["method"] if "method" in scope else ANY  # noqa: SIM401  # a third of what scope.get costs
        if connection._found_path is path and connection._found_method is method:
            return connection._found
        connection._found_path = path
        connection._found_method = method
        # The lookup of a key that is there is twice as fast as scope.get.
        if self._find is None or ("root_path" in scope and scope["root_path"]):  # noqa: RUF019
            match = self._search(connection)
        else:
            methods = self._static.get(path)
            if methods is not None and method in methods:  # a step of _find: most requests need no other
                connection._params = None
                found = connection._found = methods[method]
                return found
            match = self._find(path, method) if scope["type"] == "http" else self._search(connection)
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

    async def _miss(self, request: Request, response: Response) -> Response:
        """Nothing serves this method and path: say what would."""
        path = below_root(request.scope)
        if path == "*" and request.method == "OPTIONS":  # asks the server, about no resource (RFC 9110 section 9.3.7)
            return response.status(204)
        if self.sites.leads_nowhere(path):
            return await self._boundary.recover(request, NotFound(UNSERVED))
        methods, nearest = self.sites.allowed(self.host_of(request) if self.sites.has_hosts else "", path)
        if nearest is None:
            other = path[:-1] if path.endswith("/") else path + "/"
            if self.trailing_slash == "redirect" and self._is_declared(request, other):
                # In front of it, what the path had in front of what was looked up: the root path, or nothing.
                front = request.path[: len(request.path) - len(path)] if request.path != path else ""
                return response.redirect(_relative(request, front + other), 308)
            return await self._boundary.recover(request, NotFound(UNSERVED))

        async def answer(request: Request, response: Response) -> Response:
            if request.method == "OPTIONS":
                return response.status(204).set_header("allow", ", ".join(sorted({*methods, "OPTIONS"})))
            return await self._boundary.recover(request, MethodNotAllowed({*methods, "OPTIONS"}))

        try:
            surrounded = self.assembly.surround_miss(nearest, answer)
        except ConfigurationError as error:  # the route itself could not be served either
            return await self._boundary.recover(request, error)
        answered: Response = await surrounded(request, response)
        return answered

    def _is_declared(self, request: Request, path: str) -> bool:
        # Two slashes, or a backslash, would make the redirect leave this site (class "open redirect").
        if len(path) < 2 or "//" in path or "\\" in path:
            return False
        host = self.host_of(request) if self.sites.has_hosts else ""
        return bool(self.sites.allowed(host, path)[0])

    def _fold(self) -> None:
        """Put the layers around the dispatch; again, when something was added."""
        check_order(self.layers)
        self.assembly.reset()
        self.assembly.prepare(self.layers)
        self._pipeline = fold(self.layers, self._dispatch, self.bindings.answers.convert, self._boundary.recover)
        self._pipelines: dict[str, Any] = {}
        self._other_protocols: ASGIApp = self._serve_connection
        for layer in reversed(self.layers):
            if isinstance(layer, ASGIBridge):
                self._other_protocols = layer.around(self._other_protocols)
        self._stale = False

    # -- other protocols ----------------------------------------------------------------------------------------

    async def _serve_protocol(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await run_lifespan(self, scope, receive, send)
            return
        if self._stale:
            self._fold()
        await self._other_protocols(scope, receive, send)

    async def _serve_connection(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        try:
            fields = self._read_header(scope["headers"])
        except HTTPException as refusal:
            await refuse(refusal, scope, receive, send)
            return
        if kind in self.contributed.protocols:
            await self.contributed.protocols[kind].serve(self, scope, receive, send, fields)
            return
        connection = Connection(self, scope, receive, fields)
        found = self.locate(connection)
        if isinstance(found, ServedMount):
            self._check_guards(found, kind)
            await found.mount.app({**scope, "root_path": root_of(connection)}, receive, send)
        elif kind == "websocket":
            await refuse(NotFound("nothing is served at this path"), scope, receive, send)
        else:
            raise NexiosError(f"the server sent a connection of the type {kind!r}, which no plugin serves")

    def _check_guards(self, mount: ServedMount, kind: str) -> None:
        """Raise MissingPluginError where layers guard *mount* that cannot look at what nobody makes a connection of."""
        outer = [layer for layer in self.layers if not isinstance(layer, ASGIBridge)]
        for layer in [*outer, *self.assembly.layers(mount)]:
            if surrounds(layer, kind):
                package = PROTOCOL_PACKAGES.get(kind, f"a plugin for the protocol {kind!r}")
                raise MissingPluginError(
                    f"middleware {layer_name(layer)!r} stands in front of what is mounted at {mount.pattern.text}, and "
                    f'cannot look at a {kind}: pip install {package}, or let the middleware say protocols = ("http",)'
                )

    async def answer(self, connection: Connection, response: Response) -> Response:
        """For protocol plugins: pass *connection* through the layers of the application to what serves its path."""
        kind = connection.scope["type"]
        pipeline = self._pipelines.get(kind)
        if pipeline is None:
            # ASGI middleware of the application stands further out, around all that happens here.
            layers = [layer for layer in self.layers if surrounds(layer, kind) and not isinstance(layer, ASGIBridge)]
            recover = self._boundary.recover
            pipeline = fold(layers, self._dispatch_connection, self.bindings.answers.convert, recover)
            self._pipelines[kind] = pipeline
        answered: Response = await pipeline(connection, response)
        return answered

    async def _dispatch_connection(self, connection: Any, response: Response) -> Response:
        found = self.locate(connection)
        if found is None:
            return await self._boundary.recover(connection, NotFound("nothing is served at this path"))
        if isinstance(found, ServedMount):
            handed_over: Response = await self.assembly.surround_mount(found, connection)(connection, response)
            return handed_over
        answered: Response = await found.endpoint(connection, response)
        return answered

    def compile_handler(self, served: ServedRoute) -> Any:
        """For protocol plugins: ``async (connection, response)`` that supplies the handler's parameters and calls it.

        The connection must have been located. What the handler returns is returned, what it raises is raised.
        """
        context = self.assembly.context(served)
        planned = plan(self.bindings, context, served.dependencies, served.route.names)
        return compile_endpoint(self.bindings, planned, context, self._boundary.recover, "call")

    # -- declaring ----------------------------------------------------------------------------------------------

    def _adopt(self, entry: Route | Mount, chain: tuple[Router, ...]) -> None:
        self.assembly.adopt(entry, chain)
        self._find = self.sites.find_plainly

    def _changed(self) -> None:
        self._stale = True

    def _supplies_changed(self) -> None:
        self.assembly.forget_plans()
        self._stale = True

    def register_path_converter(self, name: str, converter: ConverterLike) -> None:
        """Serve ``{value:<name>}`` in the paths of this application."""
        self.assembly.converters.register(name, converter)

    def provide(self, kind: Any, factory: Callable[..., Any], *, scope: Lifetime = "request") -> None:
        """Inject *kind*, wherever it is the annotation of a parameter, with what *factory* gives."""
        if not callable(factory):
            raise ConfigurationError(f"provide({kind!r}, {factory!r}): the factory is not callable")
        self.bindings.providers[kind] = Provider(factory, scope)
        self._supplies_changed()

    @property
    def dependency_overrides(self) -> Overrides:
        """Stand-ins for dependencies, in tests: ``app.dependency_overrides[get_db] = fake_db``."""
        return self.bindings.overrides

    def override(self, original: Callable[..., Any], stand_in: Callable[..., Any]) -> AbstractContextManager[None]:
        """Use *stand_in* for *original* within the with block."""
        return self.bindings.overrides.temporary(original, stand_in)

    @overload
    def on_startup(self, hook: H) -> H: ...
    @overload
    def on_startup(self, hook: None = None) -> Callable[[H], H]: ...
    def on_startup(self, hook: Callable[..., Any] | None = None) -> Any:
        """Run *hook* when the application starts; ``@app.on_startup`` and ``@app.on_startup()`` are the same."""
        return _hook(self.lifespan.startup_hooks, hook)

    @overload
    def on_shutdown(self, hook: H) -> H: ...
    @overload
    def on_shutdown(self, hook: None = None) -> Callable[[H], H]: ...
    def on_shutdown(self, hook: Callable[..., Any] | None = None) -> Any:
        """Run *hook* when the application stops, once its background work has ended."""
        return _hook(self.lifespan.shutdown_hooks, hook)

    @overload
    def on_drain(self, hook: H) -> H: ...
    @overload
    def on_drain(self, hook: None = None) -> Callable[[H], H]: ...
    def on_drain(self, hook: Callable[..., Any] | None = None) -> Any:
        """Run *hook* when the server is told to stop, before it waits for open connections."""
        return _hook(self.lifespan.drain_hooks, hook)

    @property
    def auth_backend(self) -> Any:
        """The backend that authenticates every request. Provided by nexios-auth."""
        return self._auth_backend

    @auth_backend.setter
    def auth_backend(self, backend: Any) -> None:
        use = self.contributed.app_slots.get("auth_backend")
        if use is None:
            raise self.missing("app.auth_backend", "nexios-auth")
        self._auth_backend = backend
        use(backend)

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

    @property
    def is_running(self) -> bool:
        return self.lifespan.is_running

    @property
    def is_draining(self) -> bool:
        return self.lifespan.is_draining

    @property
    def tasks(self) -> TaskGroup | None:
        return self.lifespan.tasks

    def spawn(self, job: Callable[..., Any], *args: Any, name: str | None = None) -> None:
        """Run *job* in the application's task group: awaited, then cancelled, at shutdown; failures are logged."""
        self.lifespan.spawn(job, *args, name=name)

    def mounted_apps(self) -> Iterator[ASGIApp]:
        """The applications mounted in this one, each once."""
        seen: set[int] = set()
        for served in self.sites.all:
            if isinstance(served, ServedMount) and id(served.mount.app) not in seen:
                seen.add(id(served.mount.app))
                yield served.mount.app

    async def build_singletons(self, stack: AsyncExitStack | None = None) -> None:
        """Build the app-scoped dependencies that are planned and not built; *stack* closes them when it is left."""
        if stack is not None:
            self._resolver = resolver = Resolver(self, owns_singletons=True)
            for kind, provider in self.bindings.providers.items():
                if provider.scope == "app":
                    resolver.plan_for(kind, self.bindings)
            stack.push_async_exit(partial(self._close_singletons, resolver))
            self._building = anyio.Lock()  # two requests may be the first after an override
        if self._resolver is None or all(each.is_built for each in self.bindings.singletons.values()):
            return
        async with self._building:
            for singleton in list(self.bindings.singletons.values()):
                if not singleton.is_built and singleton.node is not None:
                    await self._resolver.value(singleton.node)

    async def _close_singletons(self, resolver: Resolver, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._resolver = None
        for singleton in self.bindings.singletons.values():
            singleton.clear()
        await resolver.close(error)

    def scope(self) -> InjectionScope:
        """Dependencies outside a request: ``async with app.scope() as scope: await scope.call(function)``."""
        return InjectionScope(self, self.bindings)

    async def check_health(self) -> dict[str, str | None]:
        """Ask every health check; None for a part that is well, its error for one that is not."""
        results: dict[str, str | None] = {}
        for name, check in self.contributed.health.items():
            try:
                await check()
                results[name] = None
            except Exception as error:
                results[name] = f"{type(error).__name__}: {error}"
        return results

    # -- what others ask ----------------------------------------------------------------------------------------

    @property
    def event_emitter(self) -> EventEmitter:
        return self.events

    @property
    def routes(self) -> list[ServedRoute | ServedMount]:
        """Everything served, in the order of declaration."""
        return list(self.sites.all)

    def layers_of(self, served: ServedRoute | ServedMount) -> tuple[str, ...]:
        """The names of the layers around *served*, outermost first."""
        return self.assembly.layer_names(served)

    def url_for(self, target: str | Callable[..., Any], /, **params: Any) -> str:
        """The path of a route, by name or handler. Raises RouteError for a parameter missing, extra or misfit."""
        return self.sites.url_for(target, params)

    def scheme_for(self, target: str | Callable[..., Any], scheme: str) -> str:
        """The scheme of a route's URL beside the *scheme* of the connection that asks: a socket's is ws or wss."""
        secure = scheme in ("https", "wss")
        if self.sites.protocol_of(target) == "websocket":
            return "wss" if secure else "ws"
        return "https" if secure else "http"

    def contributions(self, kind: str) -> list[tuple[str, Any]]:
        """What plugins have left for whoever collects *kind*: (plugin, value)."""
        return list(self.contributed.named.get(kind, ()))

    @property
    def slots(self) -> Mapping[str, Any]:
        return self.contributed.slots

    @property
    def body_limit(self) -> int:
        """The most bytes of a body that no route has another limit for."""
        return self.limits.body if self.max_body is None else self.max_body

    def forwarded(self, connection: Connection) -> Forwarded | None:
        """What trusted proxies say of the client; None without `trusted_proxies`."""
        if self.proxies is None:
            return None
        peer = connection.scope.get("client")
        return self.proxies.resolve(peer[0] if peer else None, connection.headers)

    def codec_for(self, media_type: str) -> Any:
        """The codec that reads and writes *media_type*, None when there is none."""
        return self.contributed.codecs.get(media_type) or (_JSON if media_type in _JSON.media_types else None)

    @property
    def readable_types(self) -> list[str]:
        return sorted({*_JSON.media_types, *self.contributed.codecs})

    def missing_slot(self, name: str) -> MissingPluginError:
        return self.missing(f"request.{name}", DECLARED_SLOTS[name])

    def missing(self, what: str, distribution: str) -> MissingPluginError:
        """The error for *what*, with its cure: install the package, or see why its plugin is off."""
        for status in self.plugins:
            if status.distribution == distribution and status.state != "active":
                return MissingPluginError(
                    f"{what} is provided by {distribution}, which is {status.state}: {status.reason}"
                )
        return MissingPluginError(f"{what} is provided by {distribution}: pip install {distribution}")

    def _check_sections(self) -> None:
        for name, package in SECTION_PACKAGES.items():
            if self.config.get(name) is not None and name not in self.known_sections:
                raise ConfigurationError(
                    f"the config has a section {name!r}, which {package} reads, and it is not active: "
                    f"pip install {package}, or remove the section"
                )

    def __repr__(self) -> str:
        return f"<NexiosApp {self.title!r} with {len(self.sites.all)} routes>"


# An empty Response: what it is until somebody writes into it stands on the class.
new_response = Response.__new__
new_request = Request.__new__
_JSON = JSONCodec()


def get_application(config: MakeConfig | Mapping[str, Any] | None = None, **options: Any) -> NexiosApp:
    """Make an application; takes what NexiosApp takes."""
    return NexiosApp(config, **options)


def _with_slots(slots: Mapping[str, Callable[[Any], Any]]) -> type[Response]:
    """A class of responses that has *slots* besides; each is filled once for each response that is asked for it."""

    class SlottedResponse(Response):
        pass

    for name, provide in slots.items():
        slot = cached_property(provide)
        slot.__set_name__(SlottedResponse, name)
        setattr(SlottedResponse, name, slot)
    return SlottedResponse


def _hook(hooks: list[Callable[[], Any]], hook: Any) -> Any:
    if hook is None:
        return lambda given: _hook(hooks, given)
    if not callable(hook):
        raise ConfigurationError(f"{hook!r} is not callable: a hook is a function without parameters")
    hooks.append(hook)
    return hook


def _contexts(lifespan: Any) -> list[Callable[[Any], AbstractAsyncContextManager[Any]]]:
    if lifespan is None:
        return []
    contexts = list(lifespan) if isinstance(lifespan, list | tuple) else [lifespan]
    for context in contexts:
        if not callable(context):
            raise ConfigurationError(
                f"lifespan={context!r}: give a function decorated with @asynccontextmanager that takes the application"
            )
    return contexts


def _proxies(given: TrustedProxies | Sequence[str] | None) -> TrustedProxies | None:
    return given if given is None or isinstance(given, TrustedProxies) else TrustedProxies(given)


def below_root(scope: Scope) -> str:
    """The path of *scope* below its root path, whether the server leaves that in front (as ASGI says) or not."""
    path: str = scope["path"]
    root = scope.get("root_path", "")
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :] or "/"
    return path


async def refuse(refusal: HTTPException, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a WebSocket before it is opened: with a problem document where the server can send one, else with 403."""
    await receive()
    if "websocket.http.response" not in (scope.get("extensions") or ()):
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
        return
    start, body = messages(problem(refusal), "GET")
    await send({**start, "type": "websocket.http.response.start"})
    await send({**body, "type": "websocket.http.response.body"})


def _relative(request: Request, path: str) -> str:
    query = quote_query(request.scope.get("query_string", b""))
    return quote_path(path) + (f"?{query}" if query else "")


__all__ = ["NexiosApp", "dumps", "get_application"]

"""From declared routes to served ones: settings inherited, plans checked, endpoints compiled when they are needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from nexios.binding import BindingContext, Plan, compile_endpoint, plan
from nexios.dependencies import Dependency
from nexios.endpoints import as_endpoint, cancelled_on_disconnect, with_deadline
from nexios.error_boundary import ErrorBoundary
from nexios.exceptions import BindingError, HTTPException, MissingPluginError, RouteError
from nexios.http.response import Response
from nexios.http.response_data import checked_status
from nexios.marks import marks_of, seal
from nexios.middleware.layers import check_order, layer_name, surrounds
from nexios.pipeline import fold
from nexios.routing.converters import Converters, path_converters
from nexios.routing.host import HostPattern
from nexios.routing.path import PathPattern
from nexios.routing.route import Mount, Route, ServedMount, ServedRoute, merged
from nexios.routing.router import Router
from nexios.routing.sites import Sites
from nexios.signature import describe
from nexios.suggestion import did_you_mean

if TYPE_CHECKING:
    from nexios.application import NexiosApp

PROTOCOL_PACKAGES = {"websocket": "nexios-websockets"}
# Options of routes that belong to nobody in particular: documentation reads them, the core does not.
COMMON_OPTIONS = ("include_in_schema", "summary", "description", "deprecated", "status_code")
OPTION_PACKAGES = {
    "response_model": "nexios-validation",
    "responses": "nexios-openapi",
    "operation_id": "nexios-openapi",
    "auth": "nexios-auth",
}
MARK_PACKAGES = {"auth": "nexios-auth"}


class Assembly:
    """Serves what the routers of one application declare."""

    def __init__(self, app: NexiosApp) -> None:
        self._app = app
        self.sites: Sites = Sites()
        self.converters: Converters = Converters(parent=path_converters)
        self._prepared: dict[int, Any] = {}
        self._boundaries: dict[tuple[Router, ...], ErrorBoundary] = {}
        self._chosen: dict[int, tuple[ServedRoute | ServedMount, list[Any]]] = {}

    # -- declaration --------------------------------------------------------------------------------------------

    def adopt(self, entry: Route | Mount, chain: tuple[Router, ...]) -> None:
        """Serve *entry*, reached through *chain*. Raises where it cannot be served as written."""
        if isinstance(entry, Mount):
            self._adopt_mount(entry, chain)
        else:
            self._adopt_route(entry, chain)

    def _adopt_route(self, route: Route, chain: tuple[Router, ...]) -> None:
        served = ServedRoute(
            route=route,
            pattern=self._pattern(route, chain),
            host=nearest(route.host, *(router.host for router in reversed(chain))),
            tags=tuple(dict.fromkeys([tag for router in chain for tag in router.tags] + list(route.tags))),
            meta=merged([*(router.meta for router in chain), route.meta]),
            chain=chain,
            dependencies=tuple(each for router in chain for each in router.dependencies) + route.dependencies,
            max_body=nearest(route.max_body, *(router.max_body for router in reversed(chain)), self._app.limits.body),
            timeout=nearest(route.timeout, *(router.timeout for router in reversed(chain))),
            cancel_on_disconnect=bool(
                nearest(route.cancel_on_disconnect, *(router.cancel_on_disconnect for router in reversed(chain)))
            ),
            options=merged([*(router.defaults for router in chain), route.options]),
        )
        self._check_options(served)
        if route.protocol != "http" and route.protocol not in self._app.contributed.protocols:
            package = PROTOCOL_PACKAGES.get(route.protocol, f"a plugin for the protocol {route.protocol!r}")
            raise MissingPluginError(
                f"{describe(route.handler)} at {served.path} ({route.source}) is a {route.protocol} route: "
                f"pip install {package}"
            )
        planned = self.plan(served)  # a mistake is an error at its own line
        if next(planned.nodes(), None) is None:
            served.planned = planned
        self.sites.add(served, qualified(route.name, chain))
        self._reset(served)

    def _pattern(self, route: Route, chain: tuple[Router, ...]) -> PathPattern:
        """The whole path, each parameter of the type that the handler's annotation gives it."""
        try:
            pattern = PathPattern.parse(route.path, self.converters)
            for router in reversed(chain):
                if router.prefix:
                    pattern = pattern.prefixed(PathPattern.parse(router.prefix, self.converters))
        except RouteError as error:
            raise RouteError(f"{error} ({route.source})") from None
        types = {}
        for parameter in route.signature.parameters:
            if parameter.name in pattern.parameters and parameter.marker(Dependency) is None:
                converter = self.converters.for_annotation(parameter.annotation)
                if converter is not None:
                    types[parameter.name] = converter
        return pattern.with_types(types)

    def _check_options(self, served: ServedRoute | ServedMount) -> None:
        if not served.options:
            return
        try:
            checked_status(nearest(served.options.get("status_code"), 200))
        except ValueError as misfit:
            raise RouteError(f"{served.path} ({served.source}): {misfit}") from None
        known = self._app.contributed.options.keys() | set(COMMON_OPTIONS)
        for option in served.options:
            if option in known:
                continue
            if option in OPTION_PACKAGES:
                raise self._app.missing(f"{option}= ({served.source})", OPTION_PACKAGES[option])
            cure = did_you_mean(option, sorted(known))
            raise RouteError(f"{served.path} ({served.source}) has an option {option}= that nobody reads{cure}")

    def _adopt_mount(self, mount: Mount, chain: tuple[Router, ...]) -> None:
        pattern = PathPattern.parse(mount.path, self.converters)
        for router in reversed(chain):
            if router.prefix:
                pattern = pattern.prefixed(PathPattern.parse(router.prefix, self.converters))
        served = ServedMount(
            mount=mount,
            pattern=pattern,
            host=nearest(*(router.host for router in reversed(chain))),
            chain=chain,
            options=merged([router.defaults for router in chain]),
        )
        self._check_options(served)
        self.sites.mount(served, qualified(mount.name, chain))
        self._reset(served)

    # -- compilation --------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget compiled endpoints: something around the routes has changed."""
        self._prepared.clear()
        self._chosen.clear()
        for served in self.sites.all:
            self._reset(served)

    def forget_plans(self) -> None:
        """What supplies parameters has changed."""
        for served in self.sites.all:
            if isinstance(served, ServedRoute):
                served.planned = None

    def _reset(self, served: ServedRoute | ServedMount) -> None:
        async def first(request: Any, response: Any) -> Any:
            try:
                endpoint = self._compiled(served)
                # An override may have brought in an app-scoped dependency that is not built yet.
                await self._app.build_singletons()
            except Exception as error:  # an override, too, may ask for what nobody supplies
                return await self.boundary(served.chain).recover(request, error)
            if served.endpoint is first:  # and was not reset once more meanwhile
                served.endpoint = endpoint
            return await endpoint(request, response)

        served.endpoint = first

    def compile_all(self) -> None:
        """Compile every endpoint, so that no request pays for it, and check the order of every chain of layers."""
        for served in self.sites.all:
            self.compile(served)

    def compile(self, served: ServedRoute | ServedMount) -> None:
        served.endpoint = self._compiled(served)

    def _compiled(self, served: ServedRoute | ServedMount) -> Callable[[Any, Any], Awaitable[Any]]:
        layers = self.layers(served)
        check_order([*self._app.layers, *layers])
        boundary = self.boundary(served.chain)
        if isinstance(served, ServedMount):
            return self._surround(as_endpoint(served.mount.app, boundary.recover), layers, boundary)
        if served.protocol != "http":
            protocol = self._app.contributed.protocols[served.protocol]
            endpoint = protocol.compile(self._app, served, boundary.recover)
            inner = [layer for layer in layers if surrounds(layer, served.protocol)]
            return self._surround(endpoint, inner, boundary)
        planned, served.planned = served.planned or self.plan(served), None
        endpoint = compile_endpoint(self._app.bindings, planned, self.context(served), boundary.recover)
        if served.cancel_on_disconnect:
            endpoint = cancelled_on_disconnect(endpoint, boundary.recover)
        if served.timeout is not None:
            endpoint = with_deadline(endpoint, served.timeout, boundary.recover)
        return self._surround(endpoint, layers, boundary)

    def boundary(self, chain: Sequence[Router]) -> ErrorBoundary:
        known = self._boundaries.get(tuple(chain))
        if known is None:
            handlers = [router.exception_handlers for router in reversed(chain)]
            known = self._boundaries[tuple(chain)] = ErrorBoundary(self._app, self._app.bindings.answers, handlers)
        return known

    def layers(self, served: ServedRoute | ServedMount) -> list[Any]:
        """The layers of the routers and of the route, then those that plugins choose for it.

        Those of the application surround the lookup itself.
        """
        layers = [layer for router in served.chain if router is not self._app for layer in router.layers]
        own = () if isinstance(served, ServedMount) else served.route.middleware
        return [*layers, *own, *self._chosen_for(served)]

    def _chosen_for(self, served: ServedRoute | ServedMount) -> list[Any]:
        """What plugins put around *served*. Raises MissingPluginError for a mark on its handler that nobody reads."""
        known = self._chosen.get(id(served))
        if known is not None:
            return known[1]
        for kind, _ in marks_of(served.handler):
            if kind not in self._app.contributed.marks:
                raise self._unread(kind, f"{describe(served.handler)} ({served.source})")
        chosen = [layer for choose in self._app.contributed.route_layers for layer in choose(served)]
        seal(served.handler)
        self._chosen[id(served)] = served, chosen
        return chosen

    def _unread(self, kind: str, where: str) -> MissingPluginError:
        if kind in MARK_PACKAGES:
            return self._app.missing(f"@{kind} on {where}", MARK_PACKAGES[kind])
        return MissingPluginError(f"{where} is marked for {kind!r}, which no active plugin reads")

    def layer_names(self, served: ServedRoute | ServedMount) -> tuple[str, ...]:
        return tuple(layer_name(layer) for layer in [*self._app.layers, *self.layers(served)])

    def _surround(
        self, endpoint: Callable[[Any, Any], Awaitable[Response]], layers: Sequence[Any], boundary: ErrorBoundary
    ) -> Callable[[Any, Any], Awaitable[Response]]:
        self.prepare(layers)
        return fold(layers, endpoint, self._app.bindings.answers.convert, boundary.recover)

    def prepare(self, layers: Sequence[Any]) -> None:
        """Let each of *layers* read the configuration, once until something around the routes changes."""
        for layer in layers:
            prepare = getattr(layer, "prepare", None)
            if prepare is not None and id(layer) not in self._prepared:
                prepare(self._app)
                self._prepared[id(layer)] = layer

    def surround_miss(self, served: ServedRoute, answer: Callable[[Any, Any], Awaitable[Response]]) -> Any:
        """*answer* behind the layers of *served* but its own: what they guard, they guard from other methods too."""
        layers = [layer for router in served.chain if router is not self._app for layer in router.layers]
        return self._surround(answer, [*layers, *self._chosen_for(served)], self.boundary(served.chain))

    def refusal(
        self, served: ServedRoute | ServedMount, error: HTTPException
    ) -> Callable[[Any, Any], Awaitable[Response]]:
        """The answer to *error*, met before the layers of *served*: those that only complete answers complete it."""
        boundary = self.boundary(served.chain)

        async def answer(request: Any, response: Response) -> Response:
            return await boundary.recover(request, error)

        layers = [layer for layer in self.layers(served) if getattr(layer, "only_completes", False)]
        return self._surround(answer, layers, boundary)

    def surround_mount(self, served: ServedMount, connection: Any) -> Callable[[Any, Any], Awaitable[Response]]:
        """What *served* answers *connection*, of another protocol than HTTP, behind the layers of its routers."""
        kind = connection.scope["type"]
        protocol = self._app.contributed.protocols[kind]

        async def endpoint(connection: Any, response: Response) -> Response:
            return await protocol.hand_over(connection, served.mount.app, root_of(connection))

        layers = [layer for layer in self.layers(served) if surrounds(layer, kind)]
        return self._surround(endpoint, layers, self.boundary(served.chain))

    def plan(self, served: ServedRoute) -> Plan:
        """How the parameters of *served* and of its dependencies are supplied, for those who document or check it."""
        try:
            return plan(self._app.bindings, self.context(served), served.dependencies, served.route.names)
        except BindingError as error:
            raise BindingError(
                f"{', '.join(served.methods) or served.protocol} {served.path}: {error}"
            ) from error.__cause__

    @staticmethod
    def context(served: ServedRoute) -> BindingContext:
        of_host = () if served.host is None else HostPattern.parse(served.host).parameters
        return BindingContext(
            served.route.signature,
            served.protocol,
            tuple(dict.fromkeys((*of_host, *served.pattern.parameters))),
            served.methods,
            served.options,
            False,
        )


def nearest(*values: Any) -> Any:
    """The first value that is not None: that of the route, else of its router, and so on outwards."""
    return next((value for value in values if value is not None), None)


def root_of(connection: Any) -> str:
    """The root path that a mounted application is told."""
    root: str = connection.scope.get("root_path", "") + connection.mounted_at
    return root


def qualified(name: str | None, chain: Sequence[Router]) -> str | None:
    """``users.show``: the name of a route behind those of its routers."""
    if name is None:
        return None
    return ".".join([*(router.name for router in chain if router.name), name])

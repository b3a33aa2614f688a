"""From declared routes to served ones: plans checked, layers put around, endpoints compiled when they are needed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from nexios.binding import BindingContext, Plan, compile_endpoint, plan
from nexios.endpoints import as_endpoint, cancelled_on_disconnect, with_deadline
from nexios.error_boundary import ErrorBoundary
from nexios.exceptions import BindingError, HTTPException, MissingPluginError
from nexios.http.response import Response
from nexios.inheritance import Inheritance, qualified
from nexios.marks import marks_of, seal
from nexios.middleware.layers import check_order, layer_name, surrounds
from nexios.packages import MARK_PACKAGES
from nexios.pipeline import fold
from nexios.root_path import below_mount
from nexios.routing.converters import Converters, path_converters
from nexios.routing.host import HostPattern
from nexios.routing.route import Mount, Route, ServedMount, ServedRoute
from nexios.routing.router import Router
from nexios.routing.sites import Sites
from nexios.signature import describe

if TYPE_CHECKING:
    from nexios.application import NexiosApp


class Assembly:
    """Serves what the routers of one application declare."""

    def __init__(self, app: NexiosApp) -> None:
        self._app = app
        self.sites: Sites = app.sites
        self.converters: Converters = Converters(parent=path_converters)
        self._inheritance = Inheritance(app, self.converters)
        self._prepared: dict[int, Any] = {}
        self._boundaries: dict[tuple[Router, ...], ErrorBoundary] = {}
        self._chosen: dict[int, tuple[ServedRoute | ServedMount, list[Any]]] = {}

    # -- declaration --------------------------------------------------------------------------------------------

    def adopt(self, entry: Route | Mount, chain: tuple[Router, ...]) -> None:
        """Serve *entry*, reached through *chain*. Raises where it cannot be served as written."""
        served: ServedRoute | ServedMount
        if isinstance(entry, Mount):
            served = self._inheritance.mount(entry, chain)
            self.sites.mount(served, qualified(entry.name, chain))
        else:
            served = self._inheritance.route(entry, chain)
            planned = self.plan(served)  # a mistake is an error at its own line
            if next(planned.nodes(), None) is None:
                served.planned = planned
            self.sites.add(served, qualified(entry.name, chain))
        self._reset(served)

    # -- compilation --------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Forget compiled endpoints: something around the routes has changed."""
        self._prepared.clear()
        self._chosen.clear()
        for served in self.sites.all:
            self._reset(served)

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
            return await protocol.hand_over(connection, served.mount.app, below_mount(connection))

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

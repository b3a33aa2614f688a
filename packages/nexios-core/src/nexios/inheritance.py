"""What a route or a mount takes over from the routers around it: path, host, limits, tags, options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nexios.dependencies import Dependency
from nexios.exceptions import MissingPluginError, RouteError
from nexios.http.response_data import checked_status
from nexios.packages import OPTION_PACKAGES, package_for
from nexios.routing.converters import Converters
from nexios.routing.path import PathPattern
from nexios.routing.route import Mount, Route, ServedMount, ServedRoute, merged
from nexios.routing.router import Router
from nexios.signature import describe
from nexios.suggestion import did_you_mean

if TYPE_CHECKING:
    from nexios.composition import Composition

# Options of routes that belong to nobody in particular: documentation reads them, the core does not.
COMMON_OPTIONS = ("include_in_schema", "summary", "description", "deprecated", "status_code")


class Inheritance:
    """Makes of what is declared, and of the chain of routers it is reached through, what is served."""

    def __init__(self, app: Composition, converters: Converters) -> None:
        self._app = app
        self._converters = converters

    def route(self, route: Route, chain: tuple[Router, ...]) -> ServedRoute:
        served = ServedRoute(
            route=route,
            pattern=self._typed_pattern(route, chain),
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
        self._check_protocol(served)
        return served

    def mount(self, mount: Mount, chain: tuple[Router, ...]) -> ServedMount:
        served = ServedMount(
            mount=mount,
            pattern=self._pattern(mount.path, chain),
            host=nearest(*(router.host for router in reversed(chain))),
            chain=chain,
            options=merged([router.defaults for router in chain]),
        )
        self._check_options(served)
        return served

    def _typed_pattern(self, route: Route, chain: tuple[Router, ...]) -> PathPattern:
        """The whole path, each parameter of the type that the handler's annotation gives it."""
        try:
            pattern = self._pattern(route.path, chain)
        except RouteError as error:
            raise RouteError(f"{error} ({route.source})") from None
        types = {}
        for parameter in route.signature.parameters:
            if parameter.name in pattern.parameters and parameter.marker(Dependency) is None:
                converter = self._converters.for_annotation(parameter.annotation)
                if converter is not None:
                    types[parameter.name] = converter
        return pattern.with_types(types)

    def _pattern(self, path: str, chain: tuple[Router, ...]) -> PathPattern:
        """*path* behind the prefixes of *chain*."""
        pattern = PathPattern.parse(path, self._converters)
        for router in reversed(chain):
            if router.prefix:
                pattern = pattern.prefixed(PathPattern.parse(router.prefix, self._converters))
        return pattern

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

    def _check_protocol(self, served: ServedRoute) -> None:
        protocol = served.protocol
        if protocol != "http" and protocol not in self._app.contributed.protocols:
            raise MissingPluginError(
                f"{describe(served.handler)} at {served.path} ({served.source}) is a {protocol} route: "
                f"pip install {package_for(protocol)}"
            )


def nearest(*values: Any) -> Any:
    """The first value that is not None: that of the route, else of its router, and so on outwards."""
    return next((value for value in values if value is not None), None)


def qualified(name: str | None, chain: Sequence[Router]) -> str | None:
    """``users.show``: the name of a route behind those of its routers."""
    if name is None:
        return None
    return ".".join([*(router.name for router in chain if router.name), name])

"""Every route an application serves, by protocol and by host; and the way back, from a route to its URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from nexios.exceptions import RouteError
from nexios.routing.host import HostPattern
from nexios.routing.route import ServedMount, ServedRoute
from nexios.routing.table import RouteTable
from nexios.routing.trie import Found
from nexios.signature import describe
from nexios.suggestion import did_you_mean
from nexios.types import ASGIApp

Target: TypeAlias = ServedRoute | ServedMount
# The one method of protocols that know none.
ANY = "*"


class Match(NamedTuple):
    """What serves a path: its parameters, and for a mount the length of the prefix it is mounted at."""

    target: Target
    params: dict[str, Any] | None
    prefix: int


class Site:
    """The tables of one host pattern, one for each protocol."""

    def __init__(self, host: HostPattern | None) -> None:
        self.host = host
        self.tables: dict[str, RouteTable[Target]] = {}

    def table(self, protocol: str) -> RouteTable[Target]:
        table = self.tables.get(protocol)
        if table is None:
            table = self.tables[protocol] = RouteTable()
        return table


class Sites:
    """The default site, and those of host patterns, which are asked first, the most specific of them before others."""

    def __init__(self) -> None:
        self.default: Site = Site(None)
        self.http: RouteTable[Target] = self.default.table("http")
        self._hosted: dict[Any, Site] = {}
        self.all: list[Target] = []
        self._names: dict[str, Target] = {}
        self._by_handler: dict[Any, list[ServedRoute]] = {}

    def mounted(self) -> Iterator[ASGIApp]:
        """The applications that are mounted, each once."""
        seen: set[int] = set()
        for served in self.all:
            if isinstance(served, ServedMount) and id(served.mount.app) not in seen:
                seen.add(id(served.mount.app))
                yield served.mount.app

    def forget_plans(self) -> None:
        """What supplies the parameters of routes has changed."""
        for served in self.all:
            if isinstance(served, ServedRoute):
                served.planned = None

    @property
    def has_hosts(self) -> bool:
        return bool(self._hosted)

    @property
    def find_plainly(self) -> Callable[[str, str], Found[Target] | None] | None:
        """The look into the one table of HTTP routes; None where hosts have a say."""
        return None if self._hosted else self.http.find

    def add(self, served: ServedRoute, name: str | None) -> None:
        self._check_name(served, name)
        table = self._site(served.host).table(served.protocol)
        table.add(served.pattern, served.methods or (ANY,), served, served.source)
        self.all.append(served)
        self._by_handler.setdefault(getattr(served.handler, "__view__", served.handler), []).append(served)
        if name is not None:
            self._names[name] = served

    def mount(self, served: ServedMount, name: str | None) -> None:
        """Serve a mounted application, for HTTP and for sockets."""
        self._check_name(served, name)
        site = self._site(served.host)
        for protocol in ("http", "websocket"):
            site.table(protocol).mount(served.pattern, served, served.source)
        self.all.append(served)
        if name is not None:
            self._names[name] = served

    def _check_name(self, served: Target, name: str | None) -> None:
        other = self._names.get(name) if name is not None else None
        if other is not None and other.pattern.text != served.pattern.text:
            raise RouteError(
                f"the route name {name!r} is taken twice: by {other.path} ({other.source}) and {served.path} "
                f"({served.source})"
            )

    def _site(self, host: str | None) -> Site:
        if host is None:
            return self.default
        pattern = HostPattern.parse(host)
        site = self._hosted.setdefault(pattern.shape, Site(pattern))
        # Most specific first, whatever the order of declaration.
        self._hosted = dict(sorted(self._hosted.items(), key=lambda item: item[1].host.order))  # type: ignore[union-attr]
        return site

    def tables(self, protocol: str, host: str) -> Iterator[tuple[RouteTable[Target], dict[str, Any]]]:
        """The tables that serve *host*, each with the parameters its host pattern takes from it."""
        for site in self._hosted.values():
            params = site.host.match(host) if site.host is not None else None
            if params is not None and protocol in site.tables:
                yield site.tables[protocol], params
        if protocol in self.default.tables:
            yield self.default.tables[protocol], {}

    def find(self, protocol: str, host: str, path: str, method: str) -> Match | None:
        for table, host_params in self.tables(protocol, host):
            found = table.find(path, method)
            if found is not None:
                target, params, prefix = found
                return Match(target, {**host_params, **(params or {})} if host_params else params, prefix)
        return None

    def leads_nowhere(self, path: str) -> bool:
        """Whether it is plain to see that no host serves *path*, with or without a slash at its end."""
        return not self._hosted and self.http.leads_nowhere(path)

    def allowed(self, host: str, path: str) -> tuple[set[str], ServedRoute | None]:
        """The methods that *path* has, and the most specific route that has one of them: that of GET, or the first."""
        methods: set[str] = set()
        nearest: ServedRoute | None = None
        for table, _ in self.tables("http", host):
            for leaf in table.matching(path):
                targets = leaf.methods
                methods |= targets.keys()
                candidate = targets.get("GET") or next(iter(targets.values()))
                if nearest is None and isinstance(candidate, ServedRoute):
                    nearest = candidate
        return methods, nearest

    def url_for(self, target: str | Callable[..., Any], params: dict[str, Any]) -> str:
        """The path of a route, by name or by handler. Raises RouteError that names what is missing, extra or misfit."""
        pattern = self._target(target).pattern
        try:
            return pattern.format(**params)
        except ValueError as misfit:
            raise RouteError(str(misfit)) from None

    def protocol_of(self, target: str | Callable[..., Any]) -> str:
        """The protocol of a route, by name or by handler. Raises RouteError where there is none."""
        return self._target(target).protocol

    def _target(self, target: str | Callable[..., Any]) -> Target:
        if isinstance(target, str):
            served = self._names.get(target)
            if served is None:
                raise RouteError(f"no route is named {target!r}{did_you_mean(target, list(self._names))}")
            return served
        routes = self._by_handler.get(target, [])
        if not routes:
            raise RouteError(f"{describe(target)} serves no route")
        if len({served.path for served in routes}) > 1:
            paths = ", ".join(served.path for served in routes)
            raise RouteError(f"{describe(target)} serves several paths ({paths}): name the routes and ask by name")
        return routes[0]

"""What an application is made of and is asked for, before and beside the requests it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar, overload

import anyio

from nexios.binding import Bindings
from nexios.config import CoreConfig, Limits, MakeConfig, Secret
from nexios.dependencies import Overrides, Provider
from nexios.dependencies import Scope as Lifetime
from nexios.events import EventEmitter
from nexios.exceptions import ConfigurationError, MissingPluginError
from nexios.hooks import add_hook
from nexios.http.codecs import JSONCodec, loads
from nexios.http.connection import DECLARED_SLOTS, Connection, State
from nexios.http.proxies import Forwarded, TrustedProxies
from nexios.injection import InjectionScope, Singletons
from nexios.lifespan import Lifespan
from nexios.packages import missing
from nexios.registry import Contributions
from nexios.routing.route import ServedMount, ServedRoute
from nexios.routing.router import Router
from nexios.routing.sites import Sites
from nexios.types import ASGIApp

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from nexios.plugins import PluginReport

H = TypeVar("H", bound=Callable[..., Any])
_JSON = JSONCodec()


class Composition(Router):
    """A router with the configuration, the values, the hooks and the extensions of one application.

    How that answers requests, `NexiosApp` adds.
    """

    # What became of each plugin; known once they are loaded.
    plugins: PluginReport

    def __init__(
        self,
        config: MakeConfig | Mapping[str, Any] | None,
        title: str,
        trusted_proxies: TrustedProxies | Sequence[str] | None,
        **shared: Any,
    ) -> None:
        super().__init__(**shared)
        self.title = title
        self.config: MakeConfig = config if isinstance(config, MakeConfig) else MakeConfig(config)
        core = self.config.section("", CoreConfig)
        self.debug: bool = core.debug
        self.secret_key: Secret | None = core.secret_key
        self.limits: Limits = self.config.section("limits", Limits)
        self.state: State = State()
        self.events: EventEmitter = EventEmitter()
        self.proxies: TrustedProxies | None = _proxies(trusted_proxies)
        self.bindings: Bindings = Bindings(self._supplies_changed)
        self.contributed: Contributions = Contributions()
        self.known_sections: dict[str, Any] = {"limits": Limits}
        self.endless: set[anyio.CancelScope] = set()
        self.sites: Sites = Sites()
        self.lifespan: Lifespan = Lifespan(self)
        self.decode_json: Callable[[bytes], object] = (
            loads if self.limits.json_depth == 64 else JSONCodec(self.limits.json_depth).decode
        )
        self._singletons = Singletons(self, self.bindings)
        self._auth_backend: Any = None

    # -- declaring ----------------------------------------------------------------------------------------------

    def provide(self, kind: Any, factory: Callable[..., Any], *, scope: Lifetime = "request") -> None:
        """Inject *kind*, wherever it is the annotation of a parameter, with what *factory* gives."""
        if not callable(factory):
            raise ConfigurationError(f"provide({kind!r}, {factory!r}): the factory is not callable")
        self.bindings.providers[kind] = Provider(factory, scope)
        self._supplies_changed()

    def _supplies_changed(self) -> None:
        self.sites.forget_plans()
        self._changed()

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
        return add_hook(self.lifespan.startup_hooks, hook)

    @overload
    def on_shutdown(self, hook: H) -> H: ...
    @overload
    def on_shutdown(self, hook: None = None) -> Callable[[H], H]: ...
    def on_shutdown(self, hook: Callable[..., Any] | None = None) -> Any:
        """Run *hook* when the application stops, once its background work has ended."""
        return add_hook(self.lifespan.shutdown_hooks, hook)

    @overload
    def on_drain(self, hook: H) -> H: ...
    @overload
    def on_drain(self, hook: None = None) -> Callable[[H], H]: ...
    def on_drain(self, hook: Callable[..., Any] | None = None) -> Any:
        """Run *hook* when the server is told to stop, before it waits for open connections."""
        return add_hook(self.lifespan.drain_hooks, hook)

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

    # -- while it runs ------------------------------------------------------------------------------------------

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

    async def build_singletons(self, stack: AsyncExitStack | None = None) -> None:
        """Build the app-scoped dependencies that are planned and not built; *stack* closes them when it is left."""
        await self._singletons.build(stack)

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

    # -- what it serves -----------------------------------------------------------------------------------------

    @property
    def routes(self) -> list[ServedRoute | ServedMount]:
        """Everything served, in the order of declaration."""
        return list(self.sites.all)

    def mounted_apps(self) -> Iterator[ASGIApp]:
        """The applications mounted in this one, each once."""
        return self.sites.mounted()

    def url_for(self, target: str | Callable[..., Any], /, **params: Any) -> str:
        """The path of a route, by name or handler. Raises RouteError for a parameter missing, extra or misfit."""
        return self.sites.url_for(target, params)

    def scheme_for(self, target: str | Callable[..., Any], scheme: str) -> str:
        """The scheme of a route's URL beside the *scheme* of the connection that asks: a socket's is ws or wss."""
        secure = scheme in ("https", "wss")
        if self.sites.protocol_of(target) == "websocket":
            return "wss" if secure else "ws"
        return "https" if secure else "http"

    # -- what connections and plugins ask -----------------------------------------------------------------------

    @property
    def event_emitter(self) -> EventEmitter:
        return self.events

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
        return missing(what, distribution, self.plugins)


def _proxies(given: TrustedProxies | Sequence[str] | None) -> TrustedProxies | None:
    return given if given is None or isinstance(given, TrustedProxies) else TrustedProxies(given)

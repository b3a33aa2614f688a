"""How an application gets its sessions: as they are, by a section of configuration, or by adding the middleware."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexios import Connection, Plugin, Registry, Request
from nexios.exceptions import ConfigurationError
from nexios.middleware import CallNext
from nexios.session.audit import find_in_sessions
from nexios.session.config import SessionConfig
from nexios.session.middleware import SessionMiddleware
from nexios.session.on_demand import SessionOnDemand
from nexios.session.session import Session


class SessionPlugin(Plugin):
    """``request.session``; a section ``session`` in the config adds the middleware, outside of the author's own.

    Without either, the routes whose handlers mention a session have one.
    """

    name = "session"
    config: ClassVar[type | None] = SessionConfig
    after: ClassVar[tuple[str, ...]] = ("redis",)

    def register(self, registry: Registry) -> None:
        on_demand = SessionOnDemand(registry.app)
        registry.slot("session", partial(without_middleware, on_demand))
        registry.route_layers(on_demand.choose)
        registry.contribute("audit", partial(find_in_sessions, registry.app))
        if "session" in registry.app.config or self.arguments:
            registry.middleware(DefaultSessionMiddleware(**self.arguments))


class DefaultSessionMiddleware(SessionMiddleware):
    """The one that the config adds; it steps aside for one that the author adds, which the config configures too."""

    _stands_aside = False

    def prepare(self, app: Any) -> None:
        self._stands_aside = any(isinstance(layer, SessionMiddleware) and layer is not self for layer in app.layers)
        if not self._stands_aside:
            super().prepare(app)

    async def __call__(self, request: Request, response: Any, call_next: CallNext) -> Any:
        if self._stands_aside:
            return await call_next()
        return await super().__call__(request, response, call_next)


def without_middleware(on_demand: SessionOnDemand, connection: Connection) -> Session:
    """The session of a connection that no session middleware has seen: of a WebSocket, too early, or on demand."""
    layers = [layer for layer in connection.app.layers if isinstance(layer, SessionMiddleware)]
    if not layers:
        return on_demand.open(connection)
    if isinstance(connection, Request):
        raise ConfigurationError(
            "request.session was used before the session middleware: move add_middleware of what uses it below "
            "that of SessionMiddleware"
        )
    # The author's own stands further in than the one of the config, and is the one that serves.
    return layers[-1].view(connection)

"""How an application gets its sessions: by a line of configuration, or by adding the middleware."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from nexios import Connection, Plugin, Registry, Request
from nexios.exceptions import ConfigurationError, MissingPluginError
from nexios.middleware import CallNext
from nexios.session.audit import find_in_sessions
from nexios.session.config import SessionConfig
from nexios.session.middleware import SessionMiddleware
from nexios.session.session import Session


class SessionPlugin(Plugin):
    """``request.session``; a section ``session`` in the config adds the middleware, outside of the author's own."""

    name = "session"
    config: ClassVar[type | None] = SessionConfig
    after: ClassVar[tuple[str, ...]] = ("redis",)

    def register(self, registry: Registry) -> None:
        registry.slot("session", without_middleware)
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


def without_middleware(connection: Connection) -> Session:
    """The session of a connection that no session middleware has seen: of a WebSocket, or too early."""
    layers = [layer for layer in connection.app.layers if isinstance(layer, SessionMiddleware)]
    # The author's own stands further in than the one of the config, and is the one that serves.
    if not layers:
        raise MissingPluginError(
            "request.session needs its middleware: app.add_middleware(SessionMiddleware()), or a section in the "
            "config, MakeConfig(session={})"
        )
    if isinstance(connection, Request):
        raise ConfigurationError(
            "request.session was used before the session middleware: move add_middleware of what uses it below "
            "that of SessionMiddleware"
        )
    return layers[-1].view(connection)

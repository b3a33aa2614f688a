"""Wires authentication into an application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from nexios import Connection, NexiosApp, Plugin, Registry
from nexios.auth.audit import RouteAudit
from nexios.auth.audit_log import AuditTrail
from nexios.auth.authentication import Impersonation, authentication_of
from nexios.auth.backend import AuthBackend
from nexios.auth.config import AuthConfig
from nexios.auth.current_user import current_identity
from nexios.auth.document import Documentation
from nexios.auth.identity import Identity, names_in
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.auth.planning import Planner
from nexios.auth.requirement import MARK


class AuthPlugin(Plugin):
    """``request.user``, ``request.auth``, ``app.auth_backend``, and the guards of routes.

    An application without a backend, and routes that ask for no user, are as they are without this package.
    """

    name: ClassVar[str] = "auth"
    config: ClassVar[type | None] = AuthConfig
    after: ClassVar[tuple[str, ...]] = ("redis", "session")
    settings: AuthConfig

    def register(self, registry: Registry) -> None:
        planner = Planner(registry.app, self.settings)
        registry.slot("user", user_of)
        registry.slot("auth", identity_of)
        registry.app_slot("auth_backend", _AppBackend(registry.app).use)
        registry.route_option(MARK)
        registry.route_layers(planner.layers, marks=(MARK,))
        registry.provide(Identity, current_identity)
        registry.on_startup(planner.check_config)
        registry.contribute("auth.trail", AuditTrail())
        registry.contribute("openapi", Documentation(registry.app, planner).contribution())
        registry.contribute("testing.login", impersonate)
        registry.contribute("audit", RouteAudit(registry.app, planner, self.settings).find)


class _AppBackend:
    """``app.auth_backend = Backend()``: a middleware where it is first assigned, replaced by each later one."""

    def __init__(self, app: NexiosApp) -> None:
        self._app = app
        self._layer: AuthenticationMiddleware | None = None

    def use(self, backend: AuthBackend | Sequence[AuthBackend]) -> None:
        layer = AuthenticationMiddleware(backend)
        if self._layer is not None:
            self._app.layers.remove(self._layer)
        self._layer = layer
        self._app.add_middleware(layer)


def user_of(connection: Connection) -> Any:
    return identity_of(connection).user


def identity_of(connection: Connection) -> Identity:
    return authentication_of(connection).look()


def impersonate(user: Any, *, scopes: Any = (), roles: Any = (), scheme: str = "") -> Impersonation:
    """What a test client sends along to be logged in as *user*, by *scheme* or by whichever is asked for."""
    return Impersonation(Identity(user, names_in(scopes, "scopes"), names_in(roles, "roles"), scheme))


def audit_trail(app: NexiosApp) -> AuditTrail:
    """Where the audit events of *app* go: ``audit_trail(app).send_to(sink)``."""
    for _, trail in app.contributions("auth.trail"):
        found: AuditTrail = trail
        return found
    raise app.missing("the audit log", "nexios-auth")

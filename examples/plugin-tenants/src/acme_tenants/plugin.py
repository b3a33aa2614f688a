"""The only module that knows the application."""

from __future__ import annotations

from typing import Any

from acme_tenants.tenant import Tenant, TenantsConfig, find_tenant
from nexios import Connection, Plugin, Registry, Request, Response
from nexios.exceptions import NotFound
from nexios.middleware import BaseMiddleware, CallNext


class TenantsPlugin(Plugin):
    """``request.tenant``, and ``tenant: Tenant`` wherever something is injected."""

    name = "tenants"
    config = TenantsConfig
    settings: TenantsConfig

    def register(self, registry: Registry) -> None:
        registry.slot("tenant", self.tenant_of)
        registry.provide(Tenant, self.provide)
        if self.settings.hosts:
            registry.middleware(TenantMiddleware(self.settings))

    def tenant_of(self, connection: Connection) -> Tenant:
        tenant = find_tenant(self.settings.hosts, connection.url.hostname)
        if tenant is None:
            raise NotFound("nobody is served at this host")
        return tenant

    def provide(self, request: Request) -> Tenant:
        tenant: Tenant = request.tenant
        return tenant

    async def health(self) -> None:
        if not self.settings.hosts:
            raise RuntimeError("no tenant is configured: MakeConfig(tenants={'hosts': {...}})")


class TenantMiddleware(BaseMiddleware):
    """Answers 404 to hosts of nobody. Before sessions: a stranger's request must not touch the store."""

    name = "tenants"
    before = ("session",)

    def __init__(self, settings: TenantsConfig) -> None:
        self._hosts = settings.hosts

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Any:
        if find_tenant(self._hosts, request.url.hostname) is None:
            raise NotFound("nobody is served at this host")
        return await call_next()

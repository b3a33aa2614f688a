"""One application for many tenants, told apart by the host."""

from __future__ import annotations

from acme_tenants.plugin import TenantsPlugin
from acme_tenants.tenant import Tenant

__all__ = ["Tenant", "TenantsPlugin"]

"""Who is asked: pure, so that scripts can use it as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tenant:
    host: str
    name: str


@dataclass(frozen=True, slots=True)
class TenantsConfig:
    """The section ``tenants``: the name of each tenant by its host."""

    hosts: dict[str, str] = field(default_factory=dict[str, str])


def find_tenant(hosts: Mapping[str, str], host: str | None) -> Tenant | None:
    name = hosts.get((host or "").lower())
    return Tenant((host or "").lower(), name) if name is not None else None

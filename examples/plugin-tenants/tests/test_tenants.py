from __future__ import annotations

import pytest
from acme_tenants import Tenant, TenantsPlugin

from nexios import MakeConfig, NexiosApp, Request
from nexios.testing import TestClient, check_plugin

pytestmark = pytest.mark.anyio

HOSTS = {"acme.example.com": "Acme", "umbrella.example.com": "Umbrella"}


def test_it_is_a_good_plugin() -> None:
    check_plugin(TenantsPlugin)


def make_app() -> NexiosApp:
    app = NexiosApp(MakeConfig(tenants={"hosts": HOSTS}), plugins=[TenantsPlugin])

    @app.get("/slot")
    async def slot(request: Request) -> dict[str, str]:
        return {"name": request.tenant.name}

    @app.get("/injected")
    async def injected(tenant: Tenant) -> dict[str, str]:
        return {"name": tenant.name}

    return app


@pytest.mark.parametrize("path", ["/slot", "/injected"])
async def test_each_host_is_its_own_tenant(path: str) -> None:
    async with TestClient(make_app()) as client:
        for host, name in HOSTS.items():
            answer = await client.get(path, headers={"host": host})
            assert answer.json() == {"name": name}


async def test_a_host_of_nobody_is_not_found() -> None:
    async with TestClient(make_app()) as client:
        assert (await client.get("/slot")).status_code == 404


async def test_it_is_not_well_without_tenants() -> None:
    health = await NexiosApp(MakeConfig(), plugins=[TenantsPlugin]).check_health()

    assert "no tenant is configured" in (health["tenants"] or "")

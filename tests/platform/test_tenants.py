"""The plugin of a stranger: built as a wheel, installed beside wheels of this tree, found and used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
from nexios import MakeConfig, NexiosApp, Request
from nexios.testing import SyncTestClient, check_plugin
from acme_tenants import Tenant, TenantsPlugin

app = NexiosApp(MakeConfig(tenants={"hosts": {"acme.example.com": "Acme"}}))

@app.get("/")
async def index(request: Request, tenant: Tenant):
    return {"slot": request.tenant.name, "injected": tenant.name}

with SyncTestClient(app) as client:
    print(client.get("/", headers={"host": "acme.example.com"}).text)
    print(client.get("/").status_code)
print(app.plugins["tenants"].distribution, app.plugins["tenants"].contributions)
check_plugin(TenantsPlugin, import_ms=5_000)
"""


@pytest.mark.slow
def test_a_strangers_plugin_installs_beside_our_wheels_and_works(tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    site = tmp_path / "site"
    packages = [ROOT / "packages" / name for name in ("nexios-core", "nexios-testing", "nexios-cli")]
    subprocess.run(
        [uv, "pip", "install", "-q", "--no-deps", "--target", str(site), "--python", sys.executable]
        + [str(each) for each in (*packages, ROOT / "examples" / "plugin-tenants")],
        check=True,
        timeout=120,
    )
    environment = {**os.environ, "PYTHONPATH": str(site), "NEXIOS_PLUGINS": "tenants"}

    def run(*command: str, **more: str) -> list[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.splitlines()

    assert run("-c", SCRIPT) == [
        '{"slot":"Acme","injected":"Acme"}',
        "404",
        "acme-nexios-tenants ('slot tenant', 'provider Tenant', 'middleware tenants', 'health tenants')",
    ]
    listed = run("-m", "nexios.cli", "tenants", NEXIOS_TENANTS__HOSTS='{"acme.example.com": "Acme"}')
    assert listed == ["acme.example.com  Acme"]
    assert run("-m", "nexios.cli", "plugins", "--why", "tenants")[0] == "tenants is active"

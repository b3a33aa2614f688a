from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.processes import Nexios, Write

PLUGIN = """
    from nexios import Plugin

    class Tenants(Plugin):
        name = "tenants"

        def register(self, registry):
            registry.slot("tenant", lambda request: "acme")
"""


@pytest.fixture
def site(tmp_path: Path, write: Write) -> str:
    """A folder with a plugin that works and one that cannot be imported, for PYTHONPATH."""
    for name, target in (("tenants", "tenants_plugin:Tenants"), ("broken", "no_such_module:Plugin")):
        folder = f"site/nexios_{name}-2.1.dist-info"
        write(f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: nexios-{name}\nVersion: 2.1\n")
        write(f"{folder}/entry_points.txt", f"[nexios.plugins]\n{name} = {target}\n")
    write("site/tenants_plugin.py", PLUGIN)
    return str(tmp_path / "site")


def test_each_plugin_is_listed_with_what_it_adds_or_why_it_is_off(nexios: Nexios, site: str) -> None:
    ended = nexios("plugins", PYTHONPATH=site, NEXIOS_PLUGINS="tenants,broken")

    rows = {line.split()[0]: line.split(maxsplit=6) for line in ended.stdout.splitlines()}
    assert rows["tenants"][:4] == ["tenants", "nexios-tenants", "2.1", "active"]
    assert rows["tenants"][6] == "slot tenant"
    assert rows["broken"][:4] == ["broken", "nexios-broken", "2.1", "failed"]
    assert rows["broken"][6] == "ModuleNotFoundError: No module named 'no_such_module'"
    assert ended.returncode == 0


def test_the_plugins_are_told_to_other_programs(nexios: Nexios, site: str) -> None:
    statuses = json.loads(nexios("plugins", "--json", PYTHONPATH=site, NEXIOS_PLUGINS="tenants").stdout)

    told = {status["name"]: status for status in statuses}
    assert told["tenants"]["state"] == "active"
    assert told["tenants"]["load_ms"] > 0
    assert told["broken"]["state"] == "off"
    assert told["broken"]["reason"] == "NEXIOS_PLUGINS does not name it"


def test_the_plugins_of_an_application_are_those_it_chose(nexios: Nexios, write: Write, site: str) -> None:
    write("app.py", "from nexios import NexiosApp\napp = NexiosApp(plugins=['tenants'])\n")

    listed = nexios("plugins", PYTHONPATH=site).stdout.splitlines()

    assert [line.split()[0] for line in listed] == ["NAME", "tenants"]


def test_an_application_without_plugins_says_so(nexios: Nexios, write: Write) -> None:
    write("app.py", "from nexios import NexiosApp\napp = NexiosApp(plugins=[])\n")

    assert nexios("plugins").stdout == "No plugin is installed.\n"

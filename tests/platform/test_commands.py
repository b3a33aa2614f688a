"""``nexios plugins`` and ``nexios new plugin``, as somebody runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.site import Site
from tests.platform.test_broken_plugins import working


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    return work


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def nexios(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-m", "nexios.cli", *arguments, **environment)


def test_why_tells_the_state_and_the_line_of_each_contribution(site: Site, folder: Path) -> None:
    site.install("fine", working("fine"))

    told = nexios(folder, "plugins", "--why", "fine", PYTHONPATH=str(site.folder)).stdout.splitlines()

    assert told[0] == "fine is active"
    assert told[1].startswith("  from acme-fine 1.0, loaded in ")
    assert told[2] == f"  adds slot fine ({site.folder / 'acme_fine.py'}:9)"


def test_why_tells_what_is_wrong(site: Site, folder: Path) -> None:
    site.install("broken", "raise RuntimeError('on import')")

    told = nexios(folder, "plugins", "--why", "broken", PYTHONPATH=str(site.folder)).stdout

    assert told.startswith("broken is failed: RuntimeError: on import\n")


def test_a_name_that_nobody_has_is_refused_with_a_suggestion(site: Site, folder: Path) -> None:
    site.install("fine", working("fine"))

    ended = nexios(folder, "plugins", "--why", "fin", PYTHONPATH=str(site.folder))

    assert ended.returncode == 2
    assert "did you mean 'fine'?" in ended.stderr


def test_a_lock_is_written_and_then_holds(site: Site, folder: Path) -> None:
    site.install("fine", working("fine"))
    environment = {"PYTHONPATH": str(site.folder), "NEXIOS_PLUGINS": "fine"}
    (folder / "app.py").write_text("from nexios import NexiosApp\napp = NexiosApp(plugins_lock='plugins.lock')\n")

    assert nexios(folder, "plugins", "lock", **environment).stdout == "plugins.lock locks 1 plugins: fine\n"
    listed = json.loads(nexios(folder, "plugins", "--json", **environment).stdout)
    assert [each["state"] for each in listed if each["name"] == "fine"] == ["active"]

    (site.folder / "acme_fine.py").write_text(working("fine", slot="changed"))
    refused = nexios(folder, "plugins", **environment)
    assert refused.returncode == 2
    assert "the files of acme-fine 1.0 are not those that were locked" in refused.stderr


@pytest.mark.slow
def test_a_new_plugin_passes_the_kit_its_tests_and_the_type_checker(folder: Path) -> None:
    pytest.importorskip("mypy")
    assert nexios(folder, "new", "plugin", "nexios-weather").returncode == 0
    plugin = folder / "nexios-weather"

    tested = run(plugin, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    checked = run(plugin, "-m", "mypy", "--no-incremental")

    assert "2 passed" in tested.stdout, tested.stdout
    assert "Success: no issues found in 2 source files" in checked.stdout


def test_a_name_no_module_can_have_is_refused(folder: Path) -> None:
    ended = nexios(folder, "new", "plugin", "3d")

    assert ended.returncode == 2
    assert "'3d' is no name for a plugin" in ended.stderr

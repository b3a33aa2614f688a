from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nexios import NexiosApp
from nexios.discovery import installed
from nexios.exceptions import PluginError
from nexios.lock import lock_plugins
from tests.platform.site import Site
from tests.platform.test_broken_plugins import working


@pytest.fixture
def lock(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock of one plugin, the only one that is looked for."""
    site.install("fine", working("fine"))
    monkeypatch.setenv("NEXIOS_PLUGINS", "fine,other")
    path = tmp_path / "plugins.lock"
    path.write_text(lock_plugins(entry for entry in installed() if entry.name == "fine"), "utf-8")
    return path


def test_what_was_locked_is_loaded(lock: Path) -> None:
    assert NexiosApp(plugins_lock=lock).plugins["fine"].state == "active"


def test_what_was_not_locked_is_refused_and_not_imported(lock: Path, site: Site) -> None:
    import sys

    site.install("other", "raise SystemExit('imported')")
    sys.path.append(str(site.folder / "nothing"))  # another sys.path: discovery looks again
    try:
        with pytest.raises(PluginError, match=r"plugin 'other' of acme-other 1.0 is not locked\. If that is intended"):
            NexiosApp(plugins_lock=lock)
    finally:
        sys.path.pop()

    assert "acme_other" not in sys.modules


def test_files_that_were_changed_are_refused(lock: Path, site: Site) -> None:
    (site.folder / "acme_fine.py").write_text(working("fine", slot="changed"))

    with pytest.raises(PluginError, match=r"the files of acme-fine 1\.0 are not those that were locked"):
        NexiosApp(plugins_lock=lock)


def test_another_version_is_refused(lock: Path) -> None:
    content = json.loads(lock.read_text())
    content["plugins"]["fine"]["version"] = "0.9"
    lock.write_text(json.dumps(content))

    with pytest.raises(PluginError, match=r"is of acme-fine 1\.0, locked is acme-fine 0\.9"):
        NexiosApp(plugins_lock=lock)


def test_what_is_locked_must_be_there(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.loads(lock.read_text())
    content["plugins"] = {"gone": content["plugins"]["fine"]}
    lock.write_text(json.dumps(content))
    monkeypatch.delenv("NEXIOS_PLUGINS")

    with pytest.raises(PluginError, match=r"plugin 'gone' of acme-fine is locked and not installed"):
        NexiosApp(plugins_lock=lock)


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.unlink(), lambda path: path.write_text("{}"), lambda path: path.write_text('{"format": 9}')],
)
def test_a_lock_that_cannot_be_read_is_an_error(lock: Path, damage: Callable[[Path], None]) -> None:
    damage(lock)

    with pytest.raises(PluginError, match=r"cannot be read: .*nexios plugins lock"):
        NexiosApp(plugins_lock=lock)


def test_an_application_without_plugins_needs_nothing_of_it(lock: Path) -> None:
    assert len(NexiosApp(plugins=[], plugins_lock=lock).plugins) == 0


def test_an_editable_install_is_refused_when_it_is_locked_and_when_it_took_the_place_of_what_was(
    lock: Path, site: Site
) -> None:
    about = {"url": site.folder.as_uri(), "dir_info": {"editable": True}}
    (site.folder / "acme_fine-1.0.dist-info" / "direct_url.json").write_text(json.dumps(about))

    with pytest.raises(PluginError, match=r"acme-fine 1\.0 is installed editable.* leave its plugin 'fine' out with"):
        lock_plugins(entry for entry in installed() if entry.name == "fine")
    with pytest.raises(PluginError, match=r"acme-fine 1\.0 is installed editable"):
        NexiosApp(plugins_lock=lock)

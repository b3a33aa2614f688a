"""Plugins that are broken in every way: none stops another, and none passes in silence."""

from __future__ import annotations

import sys
import time

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.discovery import installed
from nexios.exceptions import PluginError
from nexios.testing import TestClient
from tests.platform.site import Site

WORKING = """
    from nexios import Plugin

    class plugin(Plugin):
        name = "{name}"
        {more}

        def register(self, registry):
            registry.slot("{slot}", lambda connection: "here")
"""

BROKEN = {
    "missing": ("import no_such_requirement", "ModuleNotFoundError: No module named 'no_such_requirement'"),
    "syntax": ("def plugin(:", "SyntaxError"),
    "raising": ("raise RuntimeError('on import')", "RuntimeError: on import"),
    "exiting": ("raise SystemExit(3)", "SystemExit: 3"),
    "absent": ("", "AttributeError"),
    "not_a_plugin": ("plugin = 42", "42 is not a plugin: it has no register"),
    "misnamed": (WORKING.format(name="other", slot="s", more=""), "its entry point is named 'misnamed'"),
    "failing": (
        "from nexios import Plugin\nclass plugin(Plugin):\n    name = 'failing'\n    def register(self, registry):\n"
        "        registry.slot('half', print)\n        raise KeyError('half way')\n",
        "KeyError: 'half way'",
    ),
    "leaving": (
        "from nexios import Plugin\nclass plugin(Plugin):\n    name = 'leaving'\n    def register(self, registry):\n"
        "        raise SystemExit(0)\n",
        "SystemExit: 0",
    ),
    "lonely": (WORKING.format(name="lonely", slot="l", more='requires = ("nobody",)'), "it requires the plugin nobody"),
}


def working(name: str, slot: str = "", more: str = "pass") -> str:
    return WORKING.format(name=name, slot=slot or name, more=more)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_reported_and_stops_no_other(site: Site, name: str) -> None:
    source, reason = BROKEN[name]
    site.install(name, source)
    site.install("fine", working("fine"))

    plugins = NexiosApp().plugins

    assert plugins["fine"].state == "active"
    assert plugins[name].state == "failed"
    assert reason in (plugins[name].reason or "")
    assert plugins[name].contributions == ()


@pytest.mark.parametrize("name", BROKEN)
def test_one_that_was_named_stops_the_start(site: Site, name: str) -> None:
    source, reason = BROKEN[name]
    site.install(name, source)

    with pytest.raises(PluginError) as refusal:
        NexiosApp(plugins=[name])

    assert name in str(refusal.value)
    assert reason in str(refusal.value)


def test_metadata_that_cannot_be_read_hides_no_other(site: Site) -> None:
    site.install("fine", working("fine"))
    broken = site.folder / "acme_broken-1.0.dist-info"
    broken.mkdir()
    (broken / "entry_points.txt").write_bytes(b"[nexios.plugins]\n\xff\xfe = x\nno equals sign\n")

    assert NexiosApp().plugins["fine"].state == "active"


def test_one_name_taken_twice_serves_neither_and_names_both(site: Site) -> None:
    site.install("fine", working("fine"))
    for owner in ("one", "two"):
        site.install(owner, working("shared", slot=owner))
        points = site.folder / f"acme_{owner}-1.0.dist-info" / "entry_points.txt"
        points.write_text(f"[nexios.plugins]\nshared = acme_{owner}:plugin\n")

    plugins = NexiosApp().plugins

    assert plugins["fine"].state == "active"
    assert plugins["shared"].state == "failed"
    assert "taken twice: by acme-one and acme-two" in (plugins["shared"].reason or "")


def test_an_order_that_is_a_circle_serves_the_others(site: Site) -> None:
    site.install("a", working("a", more='after = ("b",)'))
    site.install("b", working("b", more='after = ("a",)'))
    site.install("fine", working("fine"))

    plugins = NexiosApp().plugins

    assert plugins["fine"].state == "active"
    for name in ("a", "b"):
        assert "is a circle: a, b" in (plugins[name].reason or "")


def test_two_that_claim_one_slot_stop_the_start_until_the_application_chooses(site: Site) -> None:
    site.install("one", working("one", slot="tenant"))
    site.install("two", working("two", slot="tenant"))

    with pytest.raises(PluginError, match=r"'one' and 'two' both provide the slot tenant: choose one"):
        NexiosApp()
    chosen = NexiosApp(MakeConfig(plugins={"prefer": {"slot tenant": "two"}}))

    assert chosen.plugins["two"].contributions == ("slot tenant",)


@pytest.mark.anyio
async def test_an_application_with_broken_plugins_serves(site: Site) -> None:
    for name, (source, _) in BROKEN.items():
        site.install(name, source)
    app = NexiosApp()

    @app.get("/")
    async def index() -> str:
        return "served"

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "served"


def test_each_contribution_is_known_with_the_line_that_registered_it(site: Site) -> None:
    site.install("fine", working("fine"))

    status = NexiosApp().plugins["fine"]

    assert status.contributions == ("slot fine",)
    assert status.sources == (f"{site.folder / 'acme_fine.py'}:9",)


def test_fifty_distributions_are_searched_in_ten_milliseconds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        site.install(f"p{number}", "", group="nexios.plugins" if number < 5 else "console_scripts")
    monkeypatch.setattr(sys, "path", [str(site.folder)])
    list(installed("nothing"))  # importing importlib.metadata is another matter

    # CPU time: other processes do not lengthen it.
    start = time.process_time()
    found = installed()
    took = time.process_time() - start

    assert len(found) == 5
    assert took < 0.01

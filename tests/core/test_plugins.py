"""Choosing, loading, ordering and reporting plugins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from nexios import MakeConfig, NexiosApp, Plugin, Registry, Request, Router
from nexios.exceptions import ConfigurationError, MissingPluginError, PluginError
from nexios.testing import TestClient
from tests.core.test_discovery import install

pytestmark = pytest.mark.anyio


def plugin(name: str, **attributes: Any) -> type[Plugin]:
    def register(self: Plugin, registry: Registry) -> None:
        registry.slot(f"slot_{name}", lambda connection: name)

    return type(name.title(), (Plugin,), {"name": name, "register": register, **attributes})


def states(app: NexiosApp) -> dict[str, tuple[str, str | None]]:
    return {status.name: (status.state, status.reason) for status in app.plugins}


# -- found automatically -------------------------------------------------------------------------------------------

MODULE = """
from nexios import Plugin

class Good(Plugin):
    name = "good"
    def register(self, registry):
        registry.slot("good", lambda connection: "good")

class Misnamed(Good):
    name = "other"

class Unbuildable(Plugin):
    name = "unbuildable"
    def __init__(self):
        raise ValueError("cannot be built")

class Exits(Plugin):
    name = "exits"
    def register(self, registry):
        raise SystemExit(3)

class HalfWay(Plugin):
    name = "half_way"
    def register(self, registry):
        registry.slot("half", lambda connection: 1)
        registry.middleware(self.layer)
        registry.on_startup(self.start)
        registry.provide(int, lambda: 7)
        raise RuntimeError("half way")
    async def layer(self, request, response, call_next):
        raise AssertionError
    def start(self):
        raise AssertionError

class NeedsHalf(Plugin):
    name = "needs_half"
    requires = ("half_way",)
    def register(self, registry):
        registry.slot("half", lambda connection: 2)

class NeedsNothingThere(Plugin):
    name = "lonely"
    requires = ("nothing",)

class Text(Good):
    name = "text"
    after = "good"

no_plugin = object()
instance = Good()
"""
ENTRIES = """[nexios.plugins]
good = acme_plugins:Good
misnamed = acme_plugins:Misnamed
unbuildable = acme_plugins:Unbuildable
exits = acme_plugins:Exits
half_way = acme_plugins:HalfWay
needs_half = acme_plugins:NeedsHalf
lonely = acme_plugins:NeedsNothingThere
text = acme_plugins:Text
object = acme_plugins:no_plugin
missing = acme_plugins:Missing
absent = acme_absent:Plugin
syntax = acme_syntax:Plugin
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "acme_plugins.py").write_text(MODULE)
    (tmp_path / "acme_syntax.py").write_text("class Plugin(:\n")
    install(tmp_path, "acme-plugins", ENTRIES)
    return tmp_path


async def test_a_broken_plugin_found_automatically_is_reported_and_skipped(site: Path) -> None:
    app = NexiosApp()
    found = states(app)

    assert found["good"] == ("active", None)
    for name, reason in {
        "misnamed": "its entry point is named 'misnamed', it calls itself 'other'",
        "unbuildable": "ValueError: cannot be built",
        "exits": "SystemExit: 3",
        "half_way": "RuntimeError: half way",
        "needs_half": "it requires the plugin half_way, which failed",
        "lonely": "it requires the plugin nothing, which is not active",
        "text": "its after = 'good' is one text: write ('good',)",
        "object": "is not a plugin: it has no register(registry) method",
        "missing": "AttributeError",
        "absent": "ModuleNotFoundError: No module named 'acme_absent'",
        "syntax": "SyntaxError",
    }.items():
        state, why = found[name]
        assert state == "failed"
        assert reason in (why or "")

    @app.get("/")
    async def show(request: Request) -> str:
        with pytest.raises(AttributeError, match="no attribute 'half'"):
            _ = request.half
        return str(request.good)

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "good"
    status = app.plugins["good"]
    assert (status.distribution, status.version, status.contributions) == ("acme-plugins", "1.2", ("slot good",))
    assert status.load_ms > 0
    assert "good" in app.plugins
    assert "never" not in app.plugins
    assert len(app.plugins) == len(list(app.plugins)) >= 12
    with pytest.raises(KeyError):
        _ = app.plugins["never"]


@pytest.mark.parametrize("name", ["unbuildable", "half_way", "missing", "absent", "syntax", "exits", "lonely"])
def test_a_broken_plugin_that_is_named_stops_the_start_with_its_error(site: Path, name: str) -> None:
    with pytest.raises(PluginError, match=f"plugin '{name}' cannot be used: ") as stopped:
        NexiosApp(plugins=[name])
    assert stopped.value.__cause__ is not None


def test_a_named_plugin_is_found_and_a_misspelled_one_suggested(site: Path) -> None:
    assert states(NexiosApp(plugins=["good"])) == {"good": ("active", None)}
    with pytest.raises(
        PluginError, match=r"plugins=\['goood'\]: no installed distribution .*'good'.*pip install nexios-goood"
    ):
        NexiosApp(plugins=["goood"])


def test_the_environment_narrows_what_is_found(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXIOS_PLUGINS", " good , never")
    found = states(NexiosApp())
    assert found.pop("good") == ("active", None)
    assert {state for state, _ in found.values()} == {"off"}
    assert found["absent"][1] == "NEXIOS_PLUGINS does not name it"

    monkeypatch.setenv("NEXIOS_PLUGINS", "")
    assert {state for state, _ in states(NexiosApp()).values()} == {"off"}


def test_two_distributions_with_a_plugin_of_one_name_are_both_refused(site: Path) -> None:
    install(site, "acme-rival", "[nexios.plugins]\ngood = acme_plugins:Good\n")

    statuses = [status for status in NexiosApp().plugins if status.name == "good"]

    assert [status.state for status in statuses] == ["failed", "failed"]
    assert "the name 'good' is taken twice: by acme-plugins and acme-rival" in (statuses[0].reason or "")


# -- chosen --------------------------------------------------------------------------------------------------------


def test_plugins_are_classes_instances_or_anything_with_a_register_method() -> None:
    class Duck:
        def register(self, registry: Registry) -> None:
            registry.contribute("ducks", "quack")

    app = NexiosApp(plugins=[plugin("one"), plugin("two")(), Duck()])

    assert states(app) == {"one": ("active", None), "two": ("active", None), "Duck": ("active", None)}
    assert app.contributions("ducks") == [("Duck", "quack")]
    assert states(NexiosApp(plugins=[])) == {}


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("session", r"plugins='session': give \"auto\" or a list, plugins=\['session'\]"),
        (None, r"plugins=None: give \"auto\", or a list"),
        (5, r"plugins=5"),
        ([object()], "has no register"),
        ([5], "has no register"),
        ([Plugin], "must define register"),
    ],
)
def test_what_is_no_choice_is_told(chosen: Any, message: str) -> None:
    with pytest.raises((PluginError, NotImplementedError), match=message):
        NexiosApp(plugins=chosen)


def test_the_same_plugin_twice_is_refused() -> None:
    with pytest.raises(PluginError, match="the name 'one' is taken twice"):
        NexiosApp(plugins=[plugin("one"), plugin("one")])


def order(*plugins: type[Plugin]) -> list[str]:
    return [status.name for status in NexiosApp(plugins=list(plugins)).plugins]


def test_plugins_register_in_the_order_they_ask_for() -> None:
    one, two = plugin("one", after=("two", "absent")), plugin("two")
    three = plugin("three", before=("one", "absent"))
    four = plugin("four", requires=("five",))
    five = plugin("five")

    assert order(one, two, three, four, five) == ["two", "three", "one", "five", "four"]
    assert order(five, four) == ["five", "four"]


def test_a_circle_of_orders_is_told() -> None:
    with pytest.raises(PluginError, match="the order that these plugins ask for is a circle: one, two"):
        order(plugin("one", after=("two",)), plugin("two", after=("one",)), plugin("three"))


def test_a_requirement_that_is_not_there_is_told_also_where_it_is_lost_later() -> None:
    with pytest.raises(PluginError, match="plugin 'one' cannot be used: PluginError: it requires the plugin two"):
        order(plugin("one", requires=("two",)))


def test_a_circle_among_plugins_that_were_found_leaves_the_others(site: Path) -> None:
    (site / "acme_circle.py").write_text(
        "from nexios import Plugin\n"
        "class One(Plugin):\n    name = 'one'\n    after = ('two',)\n"
        "class Two(Plugin):\n    name = 'two'\n    after = ('one',)\n"
    )
    install(site, "acme-circle", "[nexios.plugins]\none = acme_circle:One\ntwo = acme_circle:Two\n")

    found = states(NexiosApp())

    assert found["good"][0] == "active"
    assert found["one"][0] == found["two"][0] == "failed"
    assert "circle: one, two" in (found["one"][1] or "")


# -- configuration -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    colour: str = "red"
    size: int = 1


class Configured(Plugin):
    name: ClassVar[str] = "configured"
    config: ClassVar[type | None] = Settings
    section: ClassVar[str] = "paint"

    def register(self, registry: Registry) -> None:
        registry.contribute("settings", self.settings)


def settings(config: Any = None, given: Any = Configured) -> Settings:
    app = NexiosApp(config, plugins=[given])
    ((_, found),) = app.contributions("settings")
    assert isinstance(found, Settings)
    return found


def test_settings_come_from_arguments_the_environment_the_section_and_the_defaults() -> None:
    assert settings() == Settings()
    assert settings({"paint": {"colour": "blue"}}) == Settings("blue")
    config = MakeConfig({"paint": {"colour": "blue", "size": 2}}, environ={"NEXIOS_PAINT__COLOUR": "green"})
    assert settings(config) == Settings("green", 2)
    assert settings(config, Configured(size=3)) == Settings("green", 3)


def test_all_mistakes_of_the_configuration_are_told_together() -> None:
    class Other(Configured):
        name = "other"
        section = "brush"

    with pytest.raises(ConfigurationError) as wrong:
        NexiosApp({"paint": {"color": "x"}, "brush": {"size": "wide"}}, plugins=[Configured, Other])

    assert "colour" in str(wrong.value)
    assert "brush" in str(wrong.value)


def test_a_section_that_is_none_switches_its_plugin_off() -> None:
    app = NexiosApp({"paint": None}, plugins=[Configured])

    assert states(app) == {"configured": ("off", "the config says paint=None")}


# -- what they take part in ----------------------------------------------------------------------------------------


async def test_methods_of_a_plugin_are_its_hooks() -> None:
    log: list[str] = []

    class Whole(Plugin):
        name = "whole"

        def register(self, registry: Registry) -> None: ...

        @asynccontextmanager
        async def lifespan(self, app: NexiosApp) -> AsyncIterator[dict[str, int]]:
            log.append("enter")
            yield {"whole": 1}
            log.append("leave")

        async def drain(self) -> None:
            log.append("drain")

        async def health(self) -> None:
            raise ConnectionError("ill")

    app = NexiosApp(plugins=[Whole])

    @app.get("/")
    async def show(request: Request) -> list[str]:
        return list(request.state)

    async with TestClient(app) as client:
        assert (await client.get("/")).json() == ["whole"]
        assert await app.check_health() == {"whole": "ConnectionError: ill"}
    assert log == ["enter", "drain", "leave"]
    assert app.plugins["whole"].contributions == ("lifespan", "drain hook", "health whole")


async def test_a_plugin_that_cannot_start_fails_the_start() -> None:
    class Broken(Plugin):
        name = "broken"

        def register(self, registry: Registry) -> None: ...

        @asynccontextmanager
        async def lifespan(self, app: NexiosApp) -> AsyncIterator[None]:
            raise ConnectionError("no broker")
            yield

    with pytest.raises(ConnectionError, match="no broker"):
        await NexiosApp(plugins=[Broken]).startup()


def test_a_plugin_whose_route_needs_a_package_that_is_not_there_is_told_what_to_install() -> None:
    class Report(Plugin):
        name = "report"

        def register(self, registry: Registry) -> None:
            router = Router("/report")
            router.get("/", response_model=int)(self.answer)
            registry.router(router)

        async def answer(self) -> int:
            return 1

    with pytest.raises(MissingPluginError, match=r"response_model= .* pip install nexios-validation"):
        NexiosApp(plugins=[Report])


def test_names_of_packages_that_are_not_there_tell_what_to_install() -> None:
    import nexios.middleware as middleware

    with pytest.raises(AttributeError, match=r"nexios.middleware has no .Nothing."):
        _ = middleware.Nothing
    app = NexiosApp(plugins=[])
    with pytest.raises(
        MissingPluginError, match=r"app.auth_backend is provided by nexios-auth: pip install nexios-auth"
    ):
        app.auth_backend = object()
    assert app.auth_backend is None

"""The compliance kit finds what it promises to find."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import anyio
import pytest

from nexios import NexiosApp, Plugin, Registry, Request, Response
from nexios.middleware import CallNext
from nexios.testing import NotCompliant, check_plugin
from tests.platform.site import Site


class Good(Plugin):
    name = "good"

    def register(self, registry: Registry) -> None:
        registry.slot("good", lambda connection: "good")

    @asynccontextmanager
    async def lifespan(self, app: NexiosApp) -> AsyncGenerator[None]:
        await anyio.lowlevel.checkpoint()
        yield


def test_a_good_plugin_passes() -> None:
    check_plugin(Good, import_ms=5_000)  # this module imports pytest
    check_plugin(Layered, import_ms=5_000)


@pytest.mark.slow
def test_the_first_party_plugins_pass() -> None:
    from nexios.auth import AuthPlugin
    from nexios.redis import RedisPlugin
    from nexios.session import SessionPlugin

    check_plugin(SessionPlugin, import_ms=5_000)
    check_plugin(AuthPlugin, import_ms=5_000)
    check_plugin(RedisPlugin, import_ms=5_000)


class Untyped(Good):
    config: ClassVar[Any] = {"a": 1}


@dataclass
class Options:
    level: int = 1


class Forgetful(Good):
    """Its second entry fails when the first was cancelled."""

    entered = False

    @asynccontextmanager
    async def lifespan(self, app: NexiosApp) -> AsyncGenerator[None]:
        if self.entered:
            raise RuntimeError("still open")
        self.entered = True
        await anyio.lowlevel.checkpoint()
        yield
        self.entered = False


class ForgetfulContext(Plugin):
    """The same, registered instead of defined."""

    name = "registered"
    entered = False

    def register(self, registry: Registry) -> None:
        registry.lifespan(self.live)

    @asynccontextmanager
    async def live(self, app: NexiosApp) -> AsyncGenerator[None]:
        if self.entered:
            raise RuntimeError("still registered")
        self.entered = True
        await anyio.lowlevel.checkpoint()
        yield
        self.entered = False


class Layered(Good):
    """What its middleware does is its business; that it listens to every request besides is found."""

    def register(self, registry: Registry) -> None:
        registry.middleware(self.layer)

    async def layer(self, request: Request, response: Response, call_next: CallNext) -> Response:
        self.count()
        return await call_next()

    def count(self) -> None:
        pass


class Overhearing(Layered):
    def register(self, registry: Registry) -> None:
        super().register(registry)
        registry.on("request", self.overhear)

    def overhear(self, request: object) -> None:
        pass


class Slow(Good):
    async def drain(self) -> None:
        await anyio.sleep(0.5)


class Eager(Good):
    def register(self, registry: Registry) -> None:
        registry.on("request", self.seen)

    def seen(self, request: object) -> None:
        pass


class Changing(Good):
    times = 0

    def register(self, registry: Registry) -> None:
        Changing.times += 1
        registry.slot(f"good{Changing.times}", lambda connection: None)


class Nameless(Good):
    name = ""


class Text(Good):
    after: ClassVar[Any] = "session"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (Untyped, r"typed config: config = .* must be a dataclass"),
        (Forgetful, r"lifespan: cancelled after .* still open"),
        (ForgetfulContext, r"lifespan: cancelled after .* still registered"),
        (Overhearing, r"unused routes: a route that does not use it calls \S+overhear$"),
        (Slow, r"drain: drain takes longer than 0\.1 s"),
        (Eager, r"unused routes: a route that does not use it calls .*\.seen"),
        (Changing, r"two applications: a second application gets something else"),
        (Nameless, r"declaration: it has no name"),
        (Text, r"declaration: after = 'session' must be a tuple"),
    ],
)
def test_what_is_not_compliant_is_named(plugin: type[Plugin], reason: str) -> None:
    with pytest.raises(NotCompliant, match=reason):
        check_plugin(plugin, drain_seconds=0.1, import_ms=5_000)


IMPORTS = {
    "socket": ("import socket; socket.socket().bind(('127.0.0.1', 0))", r"has effects: socket\.bind"),
    "logging": ("import logging; logging.basicConfig()", r"has effects: logging is configured"),
    "thread": (
        "import threading, time; threading.Thread(target=time.sleep, args=(1,)).start()",
        r"a thread is started",
    ),
    "slow": ("sum(range(3_000_000))", r"its budget is 1 ms"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", IMPORTS)
def test_what_an_import_does_is_noticed(site: Site, name: str) -> None:
    effect, reason = IMPORTS[name]
    site.install(
        name,
        # Only in the process that the kit starts.
        f"import sys\nif 'pytest' not in sys.modules:\n    {effect}\n"
        f"from nexios import Plugin\nclass plugin(Plugin):\n    name = {name!r}\n"
        f"    def register(self, registry): pass\n",
    )
    plugin = __import__(f"acme_{name}").plugin

    with pytest.raises(NotCompliant, match=reason):
        check_plugin(plugin, import_ms=1 if name == "slow" else 5_000)

    assert f"acme_{name}" in sys.modules

"""The compliance kit: what an application may expect of any plugin, in one call."""

from __future__ import annotations

import gc
import inspect
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from functools import partial
from typing import Any

import anyio
from anyio.lowlevel import checkpoint

from nexios import MakeConfig, NexiosApp, Router
from nexios.exceptions import ConfigurationError, PluginError
from nexios.testing.client import TestClient

# CPU time. An application starts as slowly as its plugins are imported; redis-py alone takes 150 ms.
IMPORT_MS = 500.0
# Kubernetes asks for readiness every 10 s; a drain that takes longer than this holds up a deployment.
DRAIN_SECONDS = 5.0
# Where to cancel: entering takes most lifespans a few turns of the event loop.
_TURNS = (1, 2, 3, 5, 8, 20)
# What a plugin may contribute that runs when the application starts.
_LIVES = ("lifespan", "startup hook")


class NotCompliant(AssertionError):
    """A plugin breaks promises that applications rely on; the message lists each one."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """A plugin under test: its class, and how the test wants it to be made."""

    make: Callable[[], Any]
    kind: type
    config: dict[str, Any]
    import_ms: float
    drain_seconds: float

    @property
    def name(self) -> str:
        return str(getattr(self.make(), "name", ""))

    def app(self, plugin: Any = None, **values: Any) -> NexiosApp:
        """An application with this plugin, and what it requires."""
        plugin = plugin or self.make()
        needed = list(getattr(plugin, "requires", ()))
        return NexiosApp(MakeConfig({"debug": True, **self.config, **values}, environ={}), plugins=[*needed, plugin])


def check_plugin(
    plugin: Any,
    *,
    config: dict[str, Any] | None = None,
    import_ms: float = IMPORT_MS,
    drain_seconds: float = DRAIN_SECONDS,
) -> None:
    """Raise NotCompliant with everything that *plugin*, a class or an instance, does not keep to.

    *config* is the application's configuration, where the plugin needs one. *import_ms* and *drain_seconds* are the
    budgets of its module and of its drain hook. Runs an event loop of its own: call it from a plain test.
    """
    make = plugin if inspect.isclass(plugin) else lambda: plugin
    kind = plugin if inspect.isclass(plugin) else type(plugin)
    subject = _Subject(make, kind, config or {}, import_ms, drain_seconds)
    failures = [f"- {title}: {reason}" for title, check in CHECKS for reason in _run(check, subject)]
    if failures:
        raise NotCompliant(f"the plugin {subject.name or kind.__name__!r} is not compliant:\n" + "\n".join(failures))


def _run(check: Callable[[_Subject], Iterator[str]], subject: _Subject) -> list[str]:
    try:
        return list(check(subject))
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def _declares_itself(subject: _Subject) -> Iterator[str]:
    plugin = subject.make()
    if not subject.name:
        yield "it has no name"
    if not callable(getattr(plugin, "register", None)):
        yield "it has no register(registry) method"
    for attribute in ("after", "before", "requires"):
        value = getattr(plugin, attribute, ())
        if isinstance(value, str) or not all(isinstance(each, str) for each in value):
            yield f"{attribute} = {value!r} must be a tuple of plugin names"


def _has_typed_config(subject: _Subject) -> Iterator[str]:
    shape = getattr(subject.make(), "config", None)
    if shape is None:
        return
    if not (isinstance(shape, type) and is_dataclass(shape)):
        yield f"config = {shape!r} must be a dataclass"
        return
    section = getattr(subject.make(), "section", "") or subject.name
    given = dict(subject.config.get(section) or {})
    try:
        subject.app(**{section: {**given, "no_such_field": 1}})
    except ConfigurationError:
        return
    yield "a field that its config does not have is accepted"


def _registers_twice(subject: _Subject) -> Iterator[str]:
    first, second = (subject.app() for _ in range(2))
    contributed = [app.plugins[subject.name].contributions for app in (first, second)]
    if contributed[0] != contributed[1]:
        yield f"a second application gets something else: {contributed[0]} and then {contributed[1]}"


def _serves_routers(subject: _Subject) -> Iterator[str]:
    """What it adds must serve routes of a router that is mounted later, too."""

    async def serve() -> int:
        app = subject.app()
        router = Router(prefix="/below")

        @router.get("/here")
        async def here() -> str:
            return "here"

        app.mount_router(router)
        async with TestClient(app) as client:
            return (await client.get("/below/here")).status_code

    status = anyio.run(serve)
    if status != 200:
        yield f"a plain route of a mounted router answers {status}"


def _imports_without_effects(subject: _Subject) -> Iterator[str]:
    found = _measure_import(subject.kind.__module__)
    if found.returncode:
        yield f"importing {subject.kind.__module__} fails: {found.stderr.strip().splitlines()[-1]}"
        return
    took, _, effects = found.stdout.strip().partition(" ")
    if effects:
        yield f"importing {subject.kind.__module__} has effects: {effects}"
    if float(took) > subject.import_ms:
        budget = f"its budget is {subject.import_ms:.0f} ms"
        yield f"importing {subject.kind.__module__} takes {float(took):.0f} ms, {budget}"


# Imported before the measurement is what the application has imported already. Best of what one process can tell:
# the CPU time, which other processes do not lengthen.
_PROBE = """
import sys, threading, time
import nexios, asyncio, logging, socket
opened = []
sys.addaudithook(lambda event, args: opened.append(event) if event in {effects} else None)
handlers, threads = list(logging.root.handlers), threading.active_count()
environ = dict(__import__("os").environ)
start = time.process_time()
__import__({module!r})
took = (time.process_time() - start) * 1000
if logging.root.handlers != handlers: opened.append("logging is configured")
if threading.active_count() != threads: opened.append("a thread is started")
if dict(__import__("os").environ) != environ: opened.append("the environment is changed")
print(took, *sorted(set(opened)))
"""
_EFFECTS = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.mkdir",
    "os.remove",
    "os.rename",
)


def _measure_import(module: str) -> subprocess.CompletedProcess[str]:
    source = _PROBE.format(module=module, effects=_EFFECTS)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(each or os.getcwd() for each in sys.path)}
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=environ, check=False)  # noqa: S603


def _starts_twice(subject: _Subject) -> Iterator[str]:
    async def start_twice() -> None:
        app = subject.app()
        for _ in range(2):
            async with TestClient(app):
                pass

    anyio.run(start_twice)
    yield from ()


def _survives_cancellation(subject: _Subject) -> Iterator[str]:
    """Cancelled wherever it just is, while it starts or while it runs, what it does at the start can be done again."""

    async def run(app: NexiosApp, *, until_cancelled: bool) -> None:
        await app.lifespan.start({})
        try:
            await anyio.sleep(math.inf if until_cancelled else 0)
        finally:
            app.lifespan.shield()
            await app.lifespan.stop()

    async def cancelled_after(turns: int) -> None:
        app = subject.app()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(run, app, until_cancelled=True))
            for _ in range(turns):
                await checkpoint()
            tasks.cancel_scope.cancel()
        await run(app, until_cancelled=False)

    lives = any(each in _LIVES for each in subject.app().plugins[subject.name].contributions)
    for turns in _TURNS if lives else ():
        try:
            anyio.run(cancelled_after, turns)
        except Exception as error:
            yield f"cancelled after {turns} turns of the event loop: {_first(error)}"
            return


def _first(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _drains_in_time(subject: _Subject) -> Iterator[str]:
    async def drain() -> float:
        app = subject.app()
        async with TestClient(app):
            start = time.perf_counter()
            with anyio.move_on_after(subject.drain_seconds) as scope:
                await app.drain()
            return subject.drain_seconds if scope.cancelled_caught else time.perf_counter() - start

    if anyio.run(drain) >= subject.drain_seconds:
        yield f"drain takes longer than {subject.drain_seconds:g} s"


def _costs_nothing_unused(subject: _Subject) -> Iterator[str]:
    """A request to a plain route runs no line of the plugin's but those of its middleware, which sees every request."""
    app = subject.app()
    package = subject.kind.__module__.partition(".plugin")[0]
    layers = {_code_of(layer) for layer in app.layers}
    ran: set[str] = set()

    def trace(frame: Any, event: str, argument: object) -> None:
        module = frame.f_globals.get("__name__", "")
        is_its_own = module == subject.kind.__module__ or module.startswith(f"{package}.")
        if event == "call" and is_its_own and not _is_below(frame, layers):
            ran.add(f"{module}.{frame.f_code.co_name}")

    async def request() -> None:
        @app.get("/plain-route-of-the-kit")
        async def plain() -> str:
            return "plain"

        async with TestClient(app) as client:
            await client.get("/plain-route-of-the-kit")
            before = sys.getprofile()
            gc.collect()
            sys.setprofile(trace)
            try:
                await client.get("/plain-route-of-the-kit")
            finally:
                sys.setprofile(before)

    anyio.run(request)
    if ran:
        yield f"a route that does not use it calls {', '.join(sorted(ran))}"


def _code_of(layer: Any) -> Any:
    call = layer if inspect.isroutine(layer) else type(layer).__call__
    return getattr(inspect.unwrap(call), "__code__", None)


def _is_below(frame: Any, layers: set[Any]) -> bool:
    while frame is not None:
        if frame.f_code in layers:
            return True
        frame = frame.f_back
    return False


def _fails_clearly(subject: _Subject) -> Iterator[str]:
    """Without what it requires it names that, and adds nothing."""
    plugin = subject.make()
    for missing in getattr(plugin, "requires", ()):
        try:
            NexiosApp(MakeConfig({"debug": True, **subject.config}, environ={}), plugins=[subject.make()])
        except PluginError as error:
            if missing not in str(error):
                yield f"without {missing} it fails and does not say so: {error}"
        else:
            yield f"it requires {missing} and starts without it"


CHECKS: Sequence[tuple[str, Callable[[_Subject], Iterator[str]]]] = (
    ("declaration", _declares_itself),
    ("typed config", _has_typed_config),
    ("two applications", _registers_twice),
    ("routers", _serves_routers),
    ("import", _imports_without_effects),
    ("second start", _starts_twice),
    ("lifespan", _survives_cancellation),
    ("drain", _drains_in_time),
    ("unused routes", _costs_nothing_unused),
    ("requirements", _fails_clearly),
)

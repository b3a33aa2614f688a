"""Dependencies as they are declared: whatever can be called, types that are provided, and what stands in for them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest

from nexios import Depend, HTTPException, NexiosApp, Request, Router
from nexios.exceptions import ConfigurationError, DependencyError
from nexios.testing import TestClient
from tests.core.client import get

pytestmark = pytest.mark.anyio


def plain() -> str:
    return "plain"


async def coroutine() -> str:
    return "coroutine"


def generator() -> Iterator[str]:
    yield "generator"


async def async_generator() -> AsyncIterator[str]:
    yield "async generator"


class Built:
    def __init__(self, request: Request) -> None:
        self.path = request.path

    def __str__(self) -> str:
        return f"built for {self.path}"


class Callable_:
    async def __call__(self) -> str:
        return "callable"


@pytest.mark.parametrize(
    ("factory", "value"),
    [
        (plain, "plain"),
        (coroutine, "coroutine"),
        (generator, "generator"),
        (async_generator, "async generator"),
        (Built, "built for /"),
        (Callable_(), "callable"),
        (lambda: "lambda", "lambda"),
    ],
)
async def test_a_dependency_is_any_callable(app: NexiosApp, factory: Any, value: str) -> None:
    @app.get("/")
    async def show(it: Any = Depend(factory)) -> str:
        return str(it)

    assert (await get(app)).text == value


async def test_annotated_says_the_same_as_a_default(app: NexiosApp) -> None:
    @app.get("/")
    async def show(
        one: Annotated[str, Depend(plain)], two: Annotated[Built, Depend()], *, three: str = Depend(plain)
    ) -> str:
        return f"{one} {two} {three}"

    assert (await get(app)).text == "plain built for / plain"


async def test_a_dependency_that_refuses_keeps_the_handler_from_running(app: NexiosApp) -> None:
    reached = []

    def guard() -> None:
        raise HTTPException(403, "members only")

    @app.get("/", dependencies=[Depend(guard)])
    async def show() -> None:
        reached.append(1)

    answer = await get(app)

    assert (answer.status_code, answer.json()["detail"], reached) == (403, "members only", [])


@pytest.mark.parametrize("thread", [True, False])
async def test_a_plain_function_runs_in_a_thread_when_marked(app: NexiosApp, thread: bool) -> None:
    def where() -> int:
        return threading.get_ident()

    @app.get("/")
    async def show(ident: int = Depend(where, thread=thread)) -> bool:
        return ident != threading.get_ident()

    assert (await get(app)).json() is thread


class Clock:
    now = "real"


class FakeClock(Clock):
    now = "fake"


async def test_a_provided_type_is_injected_by_its_annotation_everywhere(app: NexiosApp) -> None:
    app.provide(Clock, Clock)

    class Service:
        def __init__(self, clock: Clock) -> None:
            self.clock = clock

    @app.get("/")
    async def show(clock: Clock, service: Service = Depend(Service)) -> list[Any]:
        return [clock.now, service.clock is clock]

    assert (await get(app)).json() == ["real", True]


def test_a_provider_must_be_callable(app: NexiosApp) -> None:
    with pytest.raises(ConfigurationError, match=r"provide\(.*'x'\): the factory is not callable"):
        app.provide(Clock, "x")  # type: ignore[arg-type]


async def test_overrides_hold_before_and_after_the_start_until_they_are_taken_back(app: NexiosApp) -> None:
    @app.get("/")
    async def show(it: str = Depend(plain)) -> str:
        return it

    app.dependency_overrides[plain] = lambda: "early"
    async with TestClient(app) as client:
        assert (await client.get("/")).text == "early"
        with app.override(plain, lambda: "within"):
            assert (await client.get("/")).text == "within"
        assert (await client.get("/")).text == "early"
        app.dependency_overrides.clear()
        assert (await client.get("/")).text == "plain"
        with app.override(plain, lambda: "again"):
            assert (await client.get("/")).text == "again"
        assert (await client.get("/")).text == "plain"


@pytest.mark.parametrize(
    "change",
    [
        lambda overrides, fake: overrides.update({plain: fake}),
        lambda overrides, fake: overrides.setdefault(plain, fake),
        lambda overrides, fake: overrides.__ior__({plain: fake}),
        lambda overrides, fake: overrides.__setitem__(plain, fake),
    ],
)
@pytest.mark.parametrize(
    "undo",
    [
        lambda overrides: overrides.pop(plain),
        lambda overrides: overrides.popitem(),
        lambda overrides: overrides.__delitem__(plain),
        lambda overrides: overrides.clear(),
    ],
)
async def test_every_way_to_change_the_table_of_overrides_takes_effect(app: NexiosApp, change: Any, undo: Any) -> None:
    @app.get("/")
    async def show(it: str = Depend(plain)) -> str:
        return it

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "plain"
        change(app.dependency_overrides, lambda: "fake")
        assert (await client.get("/")).text == "fake"
        assert app.dependency_overrides.setdefault(plain, coroutine)() == "fake"
        undo(app.dependency_overrides)
        assert (await client.get("/")).text == "plain"


def test_overrides_are_callable(app: NexiosApp) -> None:
    with pytest.raises(DependencyError, match="'fake' is not callable"):
        app.dependency_overrides[plain] = "fake"  # type: ignore[assignment]


async def test_an_overridden_app_scoped_factory_is_never_built(app: NexiosApp) -> None:
    built: list[str] = []

    def real() -> str:
        built.append("real")
        return "real"

    def fake() -> str:
        built.append("fake")
        return "fake"

    @app.get("/")
    async def show(it: str = Depend(real, scope="app")) -> str:
        return it

    app.dependency_overrides[real] = fake
    async with TestClient(app) as client:
        assert (await client.get("/")).text == "fake"
    assert built == ["fake"]


async def test_a_provided_type_is_overridden_by_its_type_or_its_factory(app: NexiosApp) -> None:
    def make() -> Clock:
        return Clock()

    app.provide(Clock, make, scope="app")

    @app.get("/")
    async def show(clock: Clock, also: Annotated[Clock, Depend()]) -> str:
        return f"{clock.now} {also.now}"

    async with TestClient(app) as client:
        for original in (Clock, make):
            with app.override(original, FakeClock):
                assert (await client.get("/")).text == "fake fake"
            assert (await client.get("/")).text == "real real"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Depend("x"), r"Depend\('x'\): pass the function or class itself"),  # type: ignore[arg-type]
        (lambda: Depend(plain, scope="session"), r"Depend\(scope='session'\): the scopes are 'request', 'app'"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_marker_is_refused_where_it_is_written(make: Any, message: str) -> None:
    with pytest.raises(DependencyError, match=message):
        make()


def test_dependencies_of_a_router_are_markers() -> None:
    with pytest.raises(ConfigurationError, match=r"dependencies=\[.*plain\]: write Depend\(.*plain\)"):
        Router(dependencies=[plain])

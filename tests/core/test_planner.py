"""Plans are made once: what is shared, in which order it runs, and what cannot be planned."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import Depend, NexiosApp, Request, Router
from nexios.exceptions import BindingError, DependencyError
from nexios.testing import TestClient
from tests.core.client import get

pytestmark = pytest.mark.anyio


def plain() -> str:
    return "plain"


async def test_a_value_is_made_once_for_a_request_unless_said_otherwise(app: NexiosApp) -> None:
    made: list[int] = []

    def counter() -> int:
        made.append(1)
        return len(made)

    def nested(n: int = Depend(counter)) -> int:
        return n

    @app.get("/")
    async def show(
        a: int = Depend(counter),
        b: int = Depend(nested),
        c: int = Depend(counter, use_cache=False),
        d: int = Depend(counter, scope="transient"),
    ) -> list[int]:
        return [a, b, c, d]

    async with TestClient(app) as client:
        assert (await client.get("/")).json() == [1, 1, 2, 3]
        assert (await client.get("/")).json() == [4, 4, 5, 6]


async def test_app_router_and_route_dependencies_run_first_in_this_order(app: NexiosApp) -> None:
    log: list[str] = []
    outer = NexiosApp(plugins=[], dependencies=[Depend(lambda: log.append("app"))])
    router = Router("/r", dependencies=[Depend(lambda: log.append("router"))])
    outer.mount_router(router)

    @router.get("/", dependencies=[Depend(lambda: log.append("route"))])
    async def show(mine: None = Depend(lambda: log.append("parameter"))) -> None:
        log.append("handler")

    await get(outer, "/r/")

    assert log == ["app", "router", "route", "parameter", "handler"]


def test_an_app_scoped_dependency_cannot_need_what_lives_shorter(app: NexiosApp) -> None:
    def short() -> None: ...
    def long(it: None = Depend(short)) -> None: ...

    with pytest.raises(DependencyError, match=r"long has scope 'app' and needs .*short, which lives only as long"):

        @app.get("/")
        async def show(it: None = Depend(long, scope="app")) -> None: ...


@pytest.mark.parametrize("direct", [True, False])
def test_an_app_scoped_dependency_cannot_ask_for_the_request(app: NexiosApp, direct: bool) -> None:
    def asks(request: Request) -> None: ...
    def between(it: None = Depend(asks, scope="transient")) -> None: ...

    with pytest.raises(DependencyError, match="asks lives in scope 'app' and asks for something of a request"):

        @app.get("/")
        async def show(it: None = Depend(asks if direct else between, scope="app")) -> None: ...


async def test_an_override_that_cannot_be_planned_is_a_500_and_not_for_ever(app: NexiosApp) -> None:
    def impossible(nobody_has_this: int) -> str:
        return ""

    @app.get("/")
    async def show(it: str = Depend(plain)) -> str:
        return it

    async with TestClient(app, raise_server_exceptions=False) as client:
        with app.override(plain, impossible):
            assert (await client.get("/")).status_code == 500
            assert (await client.get("/")).status_code == 500
        assert (await client.get("/")).text == "plain"


def test_a_circle_of_dependencies_is_told_with_its_members(app: NexiosApp) -> None:
    def one(it: Any) -> None: ...
    def two(it: None = Depend(one)) -> None: ...

    one.__defaults__ = (Depend(two),)

    with pytest.raises(DependencyError, match=r"form a circle: .*one -> .*two -> .*one"):

        @app.get("/")
        async def show(it: None = Depend(one)) -> None: ...


def test_an_empty_marker_needs_a_class_as_annotation(app: NexiosApp) -> None:
    with pytest.raises(DependencyError, match=r"it = Depend\(\) names no class to build"):

        @app.get("/")
        async def show(it=Depend()) -> None: ...  # type: ignore[no-untyped-def]


def test_a_factory_without_a_signature_is_told(app: NexiosApp) -> None:
    with pytest.raises(DependencyError, match=r"Depend\(.*\): .* has no signature that Python can read"):

        @app.get("/")
        async def show(it: Any = Depend(type)) -> None: ...


def test_a_parameter_of_a_dependency_that_nobody_supplies_is_told(app: NexiosApp) -> None:
    def needs(token: str) -> None: ...

    with pytest.raises(BindingError, match=r"needs \(.*test_planner.py:\d+\) asks for token: str, which nobody"):

        @app.get("/")
        async def show(it: None = Depend(needs)) -> None: ...

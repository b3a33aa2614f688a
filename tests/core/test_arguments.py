"""Where arguments come from: the request, the application and what it keeps, and what plugins supply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import pytest

from nexios import Connection, Depend, MakeConfig, NexiosApp, Plugin, Registry, Request
from nexios.binding import BindingContext, Supply
from nexios.exceptions import DependencyError
from nexios.http.urls import QueryParams
from nexios.routing.route import ServedRoute
from nexios.signature import Parameter
from nexios.testing import TestClient
from tests.core.client import get
from tests.core.opening import Log

pytestmark = pytest.mark.anyio


def plain() -> str:
    return "plain"


async def test_dependencies_take_the_request_path_parameters_the_app_and_each_other(app: NexiosApp) -> None:
    app.title = "ours"

    async def first(request: Request, id: int) -> str:
        return f"{request.method} {id}"

    class Second:
        def __init__(self, app: NexiosApp, text: Annotated[str, Depend(first)], more: str = "default") -> None:
            self.text = f"{text} {app.title} {more}"

    @app.get("/items/{id}")
    async def show(id: int, second: Annotated[Second, Depend()]) -> str:
        return second.text

    assert (await get(app, "/items/7")).text == "GET 7 ours default"


async def test_app_scoped_values_are_built_at_start_in_order_and_closed_in_reverse(app: NexiosApp) -> None:
    log = Log()

    @dataclass
    class Pool:
        name: str

    async def config() -> AsyncIterator[str]:
        log.append("open config")
        yield "dsn"
        log.append("close config")

    async def pool(app: NexiosApp, dsn: str = Depend(config, scope="app")) -> AsyncIterator[Pool]:
        log.append("open pool")
        yield Pool(dsn)
        log.append("close pool")

    app.provide(Pool, pool, scope="app")

    @app.get("/")
    async def show(pool: Pool, again: Annotated[Pool, Depend()]) -> list[Any]:
        return [pool.name, pool is again]

    async with TestClient(app) as client:
        assert log == ["open config", "open pool"]
        assert (await client.get("/")).json() == ["dsn", True]
        assert (await client.get("/")).json() == ["dsn", True]
    assert log == ["open config", "open pool", "close pool", "close config"]

    async with TestClient(app) as client:
        assert (await client.get("/")).json() == ["dsn", True]
    assert len(log) == 8


async def test_an_app_scoped_value_that_cannot_be_built_fails_the_start(app: NexiosApp) -> None:
    log = Log()

    def fails(first: str = Depend(log.opens_plainly("first"), scope="app")) -> None:
        raise ConnectionError("no pool")

    @app.get("/")
    async def show(it: None = Depend(fails, scope="app")) -> None: ...

    with pytest.raises(ConnectionError, match="no pool"):
        await app.startup()
    assert log == ["open first", "close first"]


async def test_an_app_scoped_value_needs_a_running_application(app: NexiosApp) -> None:
    @app.get("/")
    async def show(it: str = Depend(plain, scope="app")) -> str:
        return it

    with pytest.raises(DependencyError, match="plain has scope 'app', and the application is not running"):
        await get(app, lifespan=False)


async def test_a_route_added_after_the_start_gets_its_app_scoped_values(app: NexiosApp) -> None:
    log = Log()
    async with TestClient(app) as client:

        @app.get("/late")
        async def late(it: str = Depend(log.opens("late"), scope="app")) -> str:
            return it

        assert (await client.get("/late")).text == "late"
        assert (await client.get("/late")).text == "late"
        assert log == ["open late"]
    assert log == ["open late", "close late"]


async def test_two_first_requests_build_an_app_scoped_value_once(app: NexiosApp) -> None:
    made: list[int] = []

    async def slow() -> int:
        await anyio.sleep(0.01)
        made.append(1)
        return len(made)

    async with TestClient(app) as client:

        @app.get("/")
        async def show(it: int = Depend(slow, scope="app")) -> int:
            return it

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(client.get, "/")

    assert made == [1]


# -- what plugins supply ------------------------------------------------------------------------------------------


def read_query(connection: Connection) -> dict[str, str]:
    return connection.query_params.first


class Queries(Plugin):
    """Supplies every parameter that is a str from the query."""

    name = "queries"

    def register(self, registry: Registry) -> None:
        registry.parameter_source(self.supply)

    def supply(self, parameters: Sequence[Parameter], context: BindingContext) -> Iterable[Supply]:
        names = tuple(each.name for each in parameters if each.annotation is str)
        if len(names) > 1:
            yield Supply(names, read_query, is_async=False, about=context.is_dependency)


async def test_one_supply_gives_several_parameters_by_name() -> None:
    app = NexiosApp(plugins=[Queries])

    @app.get("/")
    async def show(first: str, second: str) -> str:
        return f"{first} {second}"

    async with TestClient(app) as client:
        answer = await client.get("/?second=b&first=a")

    assert answer.text == "a b"


async def test_an_app_scoped_dependency_keeps_its_defaults_whoever_could_supply_them() -> None:
    def make_name(first: str = "kept", second: str = "kept") -> str:
        return first + second

    app = NexiosApp(plugins=[Queries])

    @app.get("/")
    async def show(name: object = Depend(make_name, scope="app")) -> str:
        return str(name)

    async with TestClient(app) as client:
        answer = await client.get("/?first=a&second=b")

    assert answer.text == "keptkept"


async def test_a_section_that_is_none_switches_its_plugin_off() -> None:
    app = NexiosApp(MakeConfig(queries=None), plugins=[Queries])

    assert (app.plugins["queries"].state, app.plugins["queries"].reason) == ("off", "the config says queries=None")


def test_the_first_value_of_a_query_field_is_the_one_that_counts() -> None:
    assert QueryParams("a=1&b=2&a=3").first == {"a": "1", "b": "2"}


def test_the_plan_of_a_route_tells_what_supplies_its_dependencies_too() -> None:
    app = NexiosApp(plugins=[Queries])

    def make_name(first: str, second: str) -> str:
        return first + second

    @app.get("/")
    async def show(first: str, second: str, name: object = Depend(make_name)) -> None: ...

    (served,) = app.routes
    assert isinstance(served, ServedRoute)
    plan = app.assembly.plan(served)
    assert [supply.about for supply in plan.supplies()] == [False, True]
    assert [node.signature.call for node in plan.nodes()] == [make_name]


def test_the_plan_of_a_route_tells_a_dependency_that_several_need_once() -> None:
    app = NexiosApp(plugins=[])

    def settings() -> None: ...

    def store(it: object = Depend(settings)) -> None: ...

    def mail(it: object = Depend(settings)) -> None: ...

    @app.get("/")
    async def show(one: object = Depend(store), two: object = Depend(mail)) -> None: ...

    (served,) = app.routes
    assert isinstance(served, ServedRoute)
    assert [node.signature.call for node in app.assembly.plan(served).nodes()] == [store, mail, settings]

"""What the core offers to packages that supply parameters, proved without any of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from nexios import Connection, Depend, MakeConfig, NexiosApp, Plugin, Registry
from nexios.binding import BindingContext, Supply
from nexios.http.urls import QueryParams
from nexios.routing.route import ServedRoute
from nexios.signature import Parameter
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


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

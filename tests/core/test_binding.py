"""What a handler asks for, and who supplies it."""

from __future__ import annotations

import enum
import threading
import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest

from nexios import Connection, Depend, NexiosApp, Plugin, Registry, Request, Response
from nexios.binding import BindingContext, Supply
from nexios.exceptions import BindingError, PluginError
from nexios.signature import Parameter
from nexios.testing import TestClient
from tests.core.client import get

pytestmark = pytest.mark.anyio


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("annotation", "fits", "value", "misfit"),
    [
        (int, "7", 7, "x"),
        (float, "1.5", 1.5, "x"),
        (bool, "true", True, "perhaps"),
        (str, "x", "x", None),
        (uuid.UUID, "12345678-1234-5678-1234-567812345678", uuid.UUID("12345678-1234-5678-1234-567812345678"), "7"),
        (date, "2026-11-20", date(2026, 11, 20), "2026-13-01"),
        (datetime, "2026-11-20T10:00:00", datetime(2026, 11, 20, 10), "noon"),
        (Colour, "red", Colour.RED, "green"),
        (Literal["asc", "desc"], "asc", "asc", "up"),
    ],
)
async def test_the_annotation_of_a_path_parameter_is_its_converter(
    app: NexiosApp, annotation: Any, fits: str, value: object, misfit: str | None
) -> None:
    seen: list[object] = []

    async def show(it: Any) -> None:
        seen.append(it)

    show.__annotations__["it"] = annotation
    app.get("/{it}")(show)

    async with TestClient(app) as client:
        assert (await client.get(f"/{fits}")).status_code == 204
        if misfit is not None:
            assert (await client.get(f"/{misfit}")).status_code == 404
    assert seen == [value]


async def test_a_handler_receives_only_what_it_names(app: NexiosApp) -> None:
    @app.get("/{year:int}/{month:int}/{slug}")
    async def show(slug: str, month: int) -> list[Any]:
        return [slug, month]

    @app.get("/nothing")
    async def nothing() -> str:
        return "nothing"

    assert (await get(app, "/2026/11/intro")).json() == ["intro", 11]
    assert (await get(app, "/nothing")).text == "nothing"


async def test_request_and_response_are_known_by_name_or_by_annotation(app: NexiosApp) -> None:
    @app.get("/a")
    async def by_name(request, response):  # type: ignore[no-untyped-def]
        return response.json([request.path])

    @app.get("/b")
    async def by_annotation(answer: Response, question: Request, *, also: Connection, app: NexiosApp) -> Any:
        return answer.json([question.path, also is question, app.title])

    @app.get("/c")
    async def turned_round(response, request):  # type: ignore[no-untyped-def]
        return response.text(request.path)

    assert (await get(app, "/a")).json() == ["/a"]
    assert (await get(app, "/b")).json() == ["/b", True, "Nexios"]
    assert (await get(app, "/c")).text == "/c"


async def test_names_that_type_checkers_alone_import_are_understood(app: NexiosApp) -> None:
    @app.get("/")
    async def show(request: OnlyForCheckers, response: OnlyForCheckers) -> Any:  # type: ignore[name-defined]  # noqa: F821
        return response.text(request.path)

    assert (await get(app)).text == "/"


async def test_a_plain_handler_runs_in_a_worker_thread(app: NexiosApp) -> None:
    @app.get("/")
    def show(request: Request) -> bool:
        return threading.current_thread() is not threading.main_thread()

    assert (await get(app)).json() is True


async def test_a_plain_handler_may_return_a_coroutine(app: NexiosApp) -> None:
    async def later() -> str:
        return "later"

    @app.get("/")
    def show() -> Any:
        return later()

    assert (await get(app)).text == "later"


async def test_a_handler_of_a_thread_may_take_arguments_of_any_name(app: NexiosApp) -> None:
    @app.get("/{call}/{self}")
    def show(*, call: str, self: str) -> list[str]:
        return [call, self]

    assert (await get(app, "/a/b")).json() == ["a", "b"]


async def test_a_default_without_an_annotation_is_the_handlers_own(app: NexiosApp) -> None:
    for number in range(2):

        @app.get(f"/{number}")
        async def show(request, number=number, *, more="m"):  # type: ignore[no-untyped-def]
            return [number, more]

    assert (await get(app, "/1")).json() == [1, "m"]


def test_a_parameter_that_nobody_supplies_is_told_with_its_cures(app: NexiosApp) -> None:
    def show(limit: int) -> None: ...

    with pytest.raises(BindingError) as raised:
        app.get("/items/{id}")(show)

    message = str(raised.value)
    assert message.startswith("GET /items/{id}: ")
    assert f"test_binding.py:{show.__code__.co_firstlineno}" in message
    assert "asks for limit: int, which nobody supplies" in message
    assert "{id}" in message
    assert "Depend(...)" in message
    assert "app.provide(...)" in message
    assert "pip install nexios-validation" in message
    assert app.routes == []


def test_an_annotation_that_cannot_be_found_is_told(app: NexiosApp) -> None:
    with pytest.raises(BindingError, match="'Missing' cannot be found from there: import it at the top of the module"):

        @app.get("/")
        async def show(it: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821


def test_an_annotated_parameter_with_a_default_needs_a_supplier_too(app: NexiosApp) -> None:
    with pytest.raises(BindingError, match="page: int, which nobody supplies"):

        @app.get("/")
        async def show(page: int = 1) -> None: ...


async def test_unhashable_annotations_are_no_obstacle(app: NexiosApp) -> None:
    app.provide(int, lambda: 7)

    @app.get("/{it}")
    async def show(it: Annotated[Any, []], number: int) -> list[Any]:
        return [it, number]

    show.__annotations__["it"] = {}
    app.get("/again/{it}")(show)

    assert (await get(app, "/x")).json() == ["x", 7]
    assert (await get(app, "/again/y")).json() == ["y", 7]


# -- what plugins supply -------------------------------------------------------------------------------------------


class FromHeaders(Plugin):
    """Supplies every str parameter from the header of its name."""

    name = "headers"

    def register(self, registry: Registry) -> None:
        registry.parameter_source(self.supply)

    def supply(self, parameters: Sequence[Parameter], context: BindingContext) -> Iterable[Supply]:
        for parameter in parameters:
            if parameter.annotation is str and parameter.name not in context.path_parameters:
                name = parameter.name.replace("_", "-")

                async def read(connection: Connection, name: str = name) -> str | None:
                    return connection.headers.get(name)

                yield Supply((parameter.name,), read)


class AlsoFromHeaders(FromHeaders):
    name = "also"


async def test_a_source_supplies_handlers_and_dependencies() -> None:
    app = NexiosApp(plugins=[FromHeaders])

    def nested(user_agent: str) -> str:
        return user_agent

    @app.get("/{id}")
    async def show(id: str, user_agent: str, agent: str = Depend(nested)) -> list[str]:
        return [id, user_agent, agent]

    assert (await get(app, "/7", headers={"user-agent": "test"})).json() == ["7", "test", "test"]


def test_two_sources_for_one_parameter_are_an_error_that_names_both() -> None:
    app = NexiosApp(plugins=[FromHeaders, AlsoFromHeaders])

    with pytest.raises(PluginError, match=r"show: headers and also both supply its parameter 'host'"):

        @app.get("/")
        async def show(host: str) -> None: ...


async def test_a_shaper_writes_the_values_of_its_routes_and_the_status_is_the_routes() -> None:
    class Shouts(Plugin):
        name = "shouts"

        def register(self, registry: Registry) -> None:
            registry.route_option("loud")
            registry.response_shaper(self.shape)

        def shape(self, context: BindingContext) -> Any:
            if not context.options.get("loud"):
                return None
            return lambda response, value: response.text(value.upper())

    app = NexiosApp(plugins=[Shouts])

    @app.get("/loud", loud=True, status_code=201)
    async def loud() -> str:
        return "hello"

    @app.get("/quiet", status_code=202)
    async def quiet(response: Response) -> str:
        return "hello"

    @app.get("/own", loud=True, status_code=201)
    async def own(response: Response) -> Response:
        return response.text("as it is", status=203)

    async with TestClient(app) as client:
        answers = [await client.get(path) for path in ("/loud", "/quiet", "/own")]

    assert [(each.status_code, each.text) for each in answers] == [(201, "HELLO"), (202, "hello"), (203, "as it is")]


def test_two_shapers_of_one_route_are_an_error() -> None:
    class One(Plugin):
        name = "one"

        def register(self, registry: Registry) -> None:
            registry.response_shaper(lambda context: lambda response, value: response)

    class Two(One):
        name = "two"

    app = NexiosApp(plugins=[One, Two])

    @app.get("/")
    async def show() -> None: ...

    with pytest.raises(PluginError, match="one and two both shape its answer"):
        app.assembly.compile_all()

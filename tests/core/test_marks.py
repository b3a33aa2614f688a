from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from nexios import NexiosApp, Plugin, Registry, Request, Response, View
from nexios.exceptions import ConfigurationError
from nexios.marks import mark, marks_of, seal
from nexios.middleware import CallNext
from nexios.routing.route import ServedMount, ServedRoute
from nexios.testing import TestClient
from nexios.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio


def stamped(value: object) -> Callable[[Any], Any]:
    return lambda handler: mark(handler, "stamp", value)


def values(handler: Any) -> list[object]:
    return [value for _, value in marks_of(handler)]


def wrapping(function: Any) -> Any:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


def fresh() -> Any:
    async def handler() -> str:
        return "ok"

    return handler


def test_a_mark_returns_the_handler_and_marks_stack() -> None:
    one = fresh()

    assert stamped("b")(stamped("a")(one)) is one
    assert values(one) == ["a", "b"]


def test_a_mark_is_seen_through_wraps_from_both_sides() -> None:
    inside, outside = stamped("inside")(fresh()), fresh()

    assert values(wrapping(inside)) == ["inside"]
    stamped("outside")(wrapping(outside))
    assert values(outside) == ["outside"]


def test_a_mark_on_what_a_partial_a_method_an_instance_or_a_view_stands_for_is_seen() -> None:
    class Service:
        @stamped("method")
        async def answer(self) -> str:
            return "ok"

        @stamped("call")
        async def __call__(self) -> str:
            return "ok"

    @stamped("base")
    class Base(View):
        pass

    class Item(Base):
        @stamped("get")
        async def get(self) -> str:
            return "ok"

    assert values(functools.partial(stamped("partial")(fresh()))) == ["partial"]
    assert values(Service().answer) == ["method"]
    assert values(Service()) == ["call"]
    assert values(Item) == ["base"]


def test_a_mark_is_seen_behind_a_decorator_that_forgets_to_say_what_it_wraps() -> None:
    def careless(function: Any) -> Any:
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            wrapper.calls += 1  # type: ignore[attr-defined]  # it is also a function that knows itself
            return await function(*args, **kwargs)

        return wrapper

    def written_out(handler: Any) -> Any:
        async def wrapper(request: Request, response: Response) -> Any:
            return await handler(request, response)

        return wrapper

    @stamped("x")
    async def guarded() -> str:
        return "ok"

    other = fresh()

    async def mentions(request: Request) -> str:
        return request.url_for(guarded)

    for decorator in (careless, written_out):
        assert values(decorator(guarded)) == values(decorator(decorator(guarded))) == ["x"]
        assert values(decorator(other)) == []
    assert values(mentions) == []


def test_a_mark_on_a_static_method_is_one_on_its_function() -> None:
    class Item(View):
        @stamped("static")
        @staticmethod
        async def get() -> str:
            return "ok"

    assert values(Item.get) == ["static"]


def test_a_mark_on_a_partial_is_not_one_on_its_function() -> None:
    function = fresh()

    assert values(stamped("p")(functools.partial(function))) == ["p"]
    assert values(function) == []


def test_after_the_marks_were_read_another_one_is_an_error() -> None:
    one = fresh()
    seal(one)

    with pytest.raises(ConfigurationError, match=r"handler is served already.*decorate it where it is defined"):
        stamped("late")(one)
    with pytest.raises(ConfigurationError, match="is served already"):
        stamped("late")(wrapping(one))


def test_a_method_cannot_be_marked_but_its_function_can() -> None:
    class Service:
        async def answer(self) -> str:
            return "ok"

    with pytest.raises(ConfigurationError, match="decorate the function or the class behind it"):
        stamped("x")(Service().answer)


class Stamps(Plugin):
    """Adds a header with the marks of a route, and the protocol that it is chosen for."""

    name = "stamps"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def register(self, registry: Registry) -> None:
        registry.route_layers(self.choose, marks=("stamp",))

    def choose(self, served: ServedRoute | ServedMount) -> list[Any]:
        self.asked.append(served.path)
        stamps = "+".join(str(value) for _, value in marks_of(served.handler))
        if stamps == "wrong":
            raise ConfigurationError(f"{served.path} has a wrong stamp")

        async def stamp(request: Request, response: Response, call_next: CallNext) -> Response:
            return (await call_next()).add_header("x-stamps", f"{served.protocol} {stamps}")

        return [stamp] if stamps else []


async def test_layers_are_chosen_once_for_each_route_and_stand_innermost() -> None:
    plugin = Stamps()
    app = NexiosApp(plugins=[plugin])
    order: list[str] = []

    async def outer(request: Request, response: Response, call_next: CallNext) -> Response:
        answer = await call_next()
        order.append(answer.headers["x-stamps"])
        return answer

    app.get("/a", middleware=[outer])(stamped("one")(fresh()))
    app.get("/b")(fresh())

    async with TestClient(app) as client:
        for _ in range(3):
            assert (await client.get("/a")).headers["x-stamps"] == "http one"
        assert "x-stamps" not in (await client.get("/b")).headers
        assert order == ["http one"] * 3
        assert plugin.asked == ["/a", "/b"]
    assert len(app.layers_of(app.routes[0])) == 2
    assert app.layers_of(app.routes[1]) == ()


async def test_the_chosen_layers_stand_in_front_of_other_methods_as_well() -> None:
    app = NexiosApp(plugins=[Stamps()])
    app.post("/a")(fresh())
    app.get("/a")(stamped("get")(fresh()))

    async with TestClient(app) as client:
        for method in ("HEAD", "OPTIONS", "DELETE"):
            assert (await client.request(method, "/a")).headers["x-stamps"] == "http get"
        assert "x-stamps" not in (await client.post("/a")).headers


async def test_a_mounted_application_has_chosen_layers_too() -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    app = NexiosApp(plugins=[Stamps()])
    app.mount("/x", stamped("m")(mounted))

    async with TestClient(app) as client:
        assert (await client.get("/x/y")).headers["x-stamps"] == "mount m"


async def test_what_choosing_raises_stops_the_start_and_without_a_start_the_request() -> None:
    app = NexiosApp(plugins=[Stamps()])
    app.get("/a")(stamped("wrong")(fresh()))

    with pytest.raises(Exception, match="/a has a wrong stamp"):
        async with TestClient(app):
            pass
    async with TestClient(app, lifespan=False, raise_server_exceptions=False) as client:
        for method in ("GET", "OPTIONS", "DELETE"):
            assert (await client.request(method, "/a")).status_code == 500


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("stamp", "is marked for 'stamp', which no active plugin reads"),
        ("auth", r"@auth on .*handler .* is provided by nexios-auth"),
    ],
)
async def test_a_mark_that_nobody_reads_is_an_error_and_never_overlooked(kind: str, message: str) -> None:
    app = NexiosApp(plugins=[])
    app.get("/a")(mark(fresh(), kind, "x"))

    with pytest.raises(Exception, match=message):
        async with TestClient(app):
            pass
    async with TestClient(app, lifespan=False, raise_server_exceptions=False) as client:
        for method in ("GET", "OPTIONS", "DELETE"):
            assert (await client.request(method, "/a")).status_code == 500


async def test_a_handler_is_sealed_once_it_is_served() -> None:
    app = NexiosApp(plugins=[Stamps()])
    one = app.get("/a")(fresh())
    stamped("in time")(one)

    async with TestClient(app) as client:
        assert (await client.get("/a")).headers["x-stamps"] == "http in time"
        with pytest.raises(ConfigurationError, match="is served already"):
            stamped("late")(one)

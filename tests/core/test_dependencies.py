"""Dependencies as handlers use them: planned, shared, closed in reverse, overridden."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import anyio.lowlevel
import pytest

from nexios import Depend, HTTPException, NexiosApp, Request, Response, Router
from nexios.exceptions import BindingError, ConfigurationError, DependencyError
from nexios.testing import TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio


@pytest.fixture
def app() -> NexiosApp:
    return NexiosApp(plugins=[])


async def get(app: NexiosApp, path: str = "/", **options: Any) -> Any:
    async with TestClient(app, **options) as client:
        return await client.get(path)


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


# -- closing -------------------------------------------------------------------------------------------------------


class Log(list[str]):
    def opens(self, name: str, fails: BaseException | None = None) -> Any:
        """An async generator dependency that notes what happens to it."""

        async def resource() -> AsyncIterator[str]:
            self.append(f"open {name}")
            try:
                yield name
            except Exception as error:
                self.append(f"{name} saw {type(error).__name__}")
                raise
            finally:
                await anyio.lowlevel.checkpoint()
                self.append(f"close {name}")
            if fails is not None:
                raise fails

        return resource

    def opens_plainly(self, name: str) -> Any:
        def resource() -> Iterator[str]:
            self.append(f"open {name}")
            try:
                yield name
            except Exception as error:
                self.append(f"{name} saw {type(error).__name__}")
                raise
            finally:
                self.append(f"close {name}")

        return resource


async def test_generators_are_closed_in_reverse_before_the_answer_goes_out(app: NexiosApp) -> None:
    log = Log()

    @app.middleware
    async def outside(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        log.append("answer")
        return answer

    @app.get("/")
    async def show(a: str = Depend(log.opens("a")), b: str = Depend(log.opens_plainly("b"))) -> str:
        log.append("handler")
        return a + b

    assert (await get(app)).text == "ab"
    assert log == ["open a", "open b", "handler", "close b", "close a", "answer"]


async def test_generators_see_the_error_of_the_handler(app: NexiosApp) -> None:
    log = Log()

    @app.get("/")
    async def show(a: str = Depend(log.opens("a")), b: str = Depend(log.opens_plainly("b"))) -> None:
        raise LookupError("oh")

    assert (await get(app, raise_server_exceptions=False)).status_code == 500
    assert log == ["open a", "open b", "b saw LookupError", "close b", "a saw LookupError", "close a"]


async def test_a_generator_that_swallows_the_error_does_not_hide_it(app: NexiosApp) -> None:
    async def swallows() -> AsyncIterator[None]:
        with suppress(LookupError):
            yield

    def swallows_plainly() -> Iterator[None]:
        with suppress(LookupError):
            yield

    @app.get("/")
    async def show(a: None = Depend(swallows), b: None = Depend(swallows_plainly)) -> None:
        raise LookupError("still there")

    with pytest.raises(LookupError, match="still there"):
        await get(app)


async def test_a_generator_may_turn_the_error_into_another(app: NexiosApp) -> None:
    log = Log()

    async def translates() -> AsyncIterator[None]:
        try:
            yield
        except LookupError:
            raise HTTPException(404, "not here") from None

    @app.get("/")
    async def show(a: str = Depend(log.opens("a")), b: None = Depend(translates)) -> None:
        raise LookupError

    answer = await get(app)

    assert (answer.status_code, answer.json()["detail"]) == (404, "not here")
    assert log == ["open a", "a saw HTTPException", "close a"]


async def test_generators_are_closed_when_a_later_dependency_fails(app: NexiosApp) -> None:
    log = Log()

    async def fails(a: str = Depend(log.opens("a"))) -> None:
        raise LookupError("later")

    @app.get("/")
    async def show(it: None = Depend(fails)) -> None: ...

    with pytest.raises(LookupError, match="later"):
        await get(app)
    assert log == ["open a", "a saw LookupError", "close a"]


async def test_generators_are_closed_when_the_answer_cannot_be_written(app: NexiosApp) -> None:
    log = Log()

    @app.get("/")
    async def show(a: str = Depend(log.opens("a"))) -> Any:
        return {"no": object()}

    with pytest.raises(TypeError):
        await get(app)
    assert log == ["open a", "a saw TypeError", "close a"]


async def test_a_failing_cleanup_is_an_error_and_the_others_still_run(app: NexiosApp) -> None:
    log = Log()

    @app.get("/")
    async def show(a: str = Depend(log.opens("a")), b: str = Depend(log.opens("b", LookupError("cleanup")))) -> str:
        return "fine"

    with pytest.raises(LookupError, match="cleanup"):
        await get(app)
    assert log == ["open a", "open b", "close b", "a saw LookupError", "close a"]


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_generator_yields_exactly_once(app: NexiosApp, kind: str) -> None:
    def never() -> Iterator[None]:
        return
        yield

    async def never_async() -> AsyncIterator[None]:
        return
        yield

    def twice() -> Iterator[int]:
        yield 1
        yield 2

    async def twice_async() -> AsyncIterator[int]:
        yield 1
        yield 2

    @app.get("/never")
    async def show(it: None = Depend(never if kind == "sync" else never_async)) -> None: ...
    @app.get("/twice")
    async def show_twice(it: int = Depend(twice if kind == "sync" else twice_async)) -> None: ...

    with pytest.raises(DependencyError, match="ended without a value; it yields its value once"):
        await get(app, "/never")
    with pytest.raises(DependencyError, match="yields twice"):
        await get(app, "/twice")


async def test_what_a_stream_uses_is_closed_after_the_stream(app: NexiosApp) -> None:
    log = Log()

    @app.get("/")
    async def show(a: str = Depend(log.opens("a"))) -> AsyncIterator[str]:
        yield a
        log.append("streamed")

    @app.get("/plain")
    def show_plain(a: str = Depend(log.opens_plainly("a"))) -> Iterator[str]:
        yield a
        log.append("streamed")

    for path in ("/", "/plain"):
        log.clear()
        assert (await get(app, path)).text == "a"
        assert log == ["open a", "streamed", "close a"]


async def test_what_a_stream_uses_sees_the_error_of_the_stream(app: NexiosApp) -> None:
    log = Log()

    @app.get("/")
    async def show(a: str = Depend(log.opens("a"))) -> AsyncIterator[str]:
        yield a
        raise LookupError("in the stream")

    with pytest.raises(LookupError, match="in the stream"):
        await get(app)
    assert log == ["open a", "a saw LookupError", "close a"]


async def test_what_a_stream_uses_is_closed_where_a_layer_answers_otherwise(app: NexiosApp) -> None:
    log = Log()

    @app.middleware
    async def replaces(request: Request, response: Response, call_next: Any) -> Response:
        await call_next()
        return Response.text("other")

    @app.get("/")
    async def show(a: str = Depend(log.opens("a"))) -> AsyncIterator[str]:
        yield a

    assert (await get(app)).text == "other"
    assert log == ["open a", "close a"]


async def test_what_a_stream_uses_is_closed_where_a_layer_is_cancelled_before_it_is_sent(app: NexiosApp) -> None:
    log = Log()
    reached = anyio.Event()

    @app.middleware
    async def waits(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        reached.set()
        await anyio.sleep_forever()
        return answer

    @app.get("/")
    async def show(a: str = Depend(log.opens("a"))) -> AsyncIterator[str]:
        yield a

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, app)
        await reached.wait()
        tasks.cancel_scope.cancel()

    assert log == ["open a", "close a"]


async def test_a_cleanup_that_is_not_shielded_may_be_cancelled(app: NexiosApp) -> None:
    log: list[str] = []

    async def resource() -> AsyncIterator[None]:
        try:
            yield
        finally:
            log.append("begin")
            await anyio.sleep_forever()
            log.append("end")

    @app.get("/", timeout=0.01)
    async def show(it: None = Depend(resource, shield=False)) -> None: ...

    with anyio.fail_after(5):
        answer = await get(app)

    assert (answer.status_code, log) == (504, ["begin"])


# -- app scope -----------------------------------------------------------------------------------------------------


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


# -- providers and overrides ---------------------------------------------------------------------------------------


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


# -- what is refused at declaration --------------------------------------------------------------------------------


def test_a_circle_of_dependencies_is_told_with_its_members(app: NexiosApp) -> None:
    def one(it: Any) -> None: ...
    def two(it: None = Depend(one)) -> None: ...

    one.__defaults__ = (Depend(two),)

    with pytest.raises(DependencyError, match=r"form a circle: .*one -> .*two -> .*one"):

        @app.get("/")
        async def show(it: None = Depend(one)) -> None: ...


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

    with pytest.raises(BindingError, match=r"needs \(.*test_dependencies.py:\d+\) asks for token: str, which nobody"):

        @app.get("/")
        async def show(it: None = Depend(needs)) -> None: ...


def test_dependencies_of_a_router_are_markers() -> None:
    with pytest.raises(ConfigurationError, match=r"dependencies=\[.*plain\]: write Depend\(.*plain\)"):
        Router(dependencies=[plain])

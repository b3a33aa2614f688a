"""What a request has opened is closed in reverse, whatever happens, and sees what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest

from nexios import Depend, HTTPException, NexiosApp, Request, Response
from nexios.exceptions import DependencyError
from tests.core.client import get
from tests.core.opening import Log
from tests.core.raw import call

pytestmark = pytest.mark.anyio


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

"""The end of a request: what it kept open is closed, what it left to do is begun."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from nexios import Depend, NexiosApp, Request, Response
from nexios.testing import TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio


async def test_jobs_run_after_the_answer_in_the_application(app: NexiosApp) -> None:
    log: list[str] = []
    answered = anyio.Event()

    async def job(name: str, *, times: int = 1) -> None:
        await answered.wait()
        log.append(name * times)

    @app.get("/")
    async def show(response: Response) -> Response:
        return response.background(job, "a").text("x").background(job, "b", times=2)

    @app.get("/made")
    async def made(response: Response) -> Response:
        response.background(log.append, "first")
        return Response.text("x").background(log.append, "second")

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "x"
        log.append("answered")
        answered.set()
        assert (await client.get("/made")).text == "x"
    assert log[0] == "answered"
    assert sorted(log[1:]) == ["a", "bb", "first", "second"]


async def test_jobs_follow_streams_and_what_they_used_is_closed_before(app: NexiosApp) -> None:
    log: list[str] = []

    async def resource() -> AsyncIterator[None]:
        yield
        log.append("closed")

    @app.get("/")
    async def show(response: Response, it: None = Depend(resource)) -> Response:
        async def chunks() -> AsyncIterator[str]:
            yield "a"
            log.append("streamed")

        return response.stream(chunks()).background(log.append, "job")

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "a"
    assert log == ["streamed", "closed", "job"]


@pytest.mark.parametrize("lifespan", [True, False])
async def test_a_failing_job_is_logged_with_its_route_and_stops_no_other(
    app: NexiosApp, caplog: pytest.LogCaptureFixture, lifespan: bool
) -> None:
    done: list[str] = []

    def fails() -> None:
        raise LookupError("job")

    @app.get("/")
    async def show(response: Response) -> Response:
        return response.text("x").background(fails).background(done.append, "other")

    async with TestClient(app, lifespan=lifespan) as client:
        assert (await client.get("/")).text == "x"

    assert done == ["other"]
    assert "fails of " in caplog.text
    assert ".show failed" in caplog.text
    assert "LookupError: job" in caplog.text


async def test_a_job_of_a_layer_is_named_after_it(app: NexiosApp, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise LookupError("job")

    @app.middleware
    async def shut(request: Request, response: Response, call_next: Any) -> Response:
        return response.text("shut").background(fails)

    await call(app)

    assert "fails of middleware failed" in caplog.text


async def test_jobs_are_awaited_and_then_cancelled_at_the_end() -> None:
    app = NexiosApp({"limits": {"shutdown_grace": 0.05}}, plugins=[])
    log: list[str] = []

    async def short() -> None:
        await anyio.sleep(0.001)
        log.append("short")

    async def endless() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            log.append("cancelled")

    @app.get("/")
    async def show(response: Response) -> Response:
        return response.text("x").background(short).background(endless)

    with anyio.fail_after(5):
        async with TestClient(app) as client:
            await client.get("/")
    assert log == ["short", "cancelled"]


async def test_a_cleanup_that_fails_after_a_stream_is_raised(app: NexiosApp) -> None:
    async def resource() -> AsyncIterator[None]:
        yield
        raise LookupError("cleanup")

    @app.get("/")
    async def show(it: None = Depend(resource)) -> AsyncIterator[str]:
        yield "a"

    with pytest.raises(LookupError, match="cleanup"):
        await call(app)


async def test_an_error_before_the_first_byte_of_a_stream_goes_through_the_handlers(app: NexiosApp) -> None:
    log: list[str] = []

    async def resource() -> AsyncIterator[None]:
        try:
            yield
        except LookupError:
            log.append("saw")
            raise
        finally:
            log.append("closed")

    @app.get("/")
    async def show(it: None = Depend(resource)) -> AsyncIterator[str]:
        raise LookupError
        yield ""

    app.add_exception_handler(LookupError, lambda request, response, error: response.text("handled", status=503))

    answer = await call(app)

    assert (answer.status, answer.body, log) == (503, b"handled", ["saw", "closed"])


async def test_what_layers_said_of_a_stream_holds_for_the_error_that_comes_instead(app: NexiosApp) -> None:
    @app.middleware
    async def describe(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        return answer.set_header("vary", "Origin").set_header("content-encoding", "br")

    @app.get("/")
    async def show() -> AsyncIterator[str]:
        raise LookupError
        yield ""

    answer = await call(app)

    assert answer.status == 500
    assert (answer.header("vary"), answer.header("content-encoding")) == ("Origin", None)
    assert answer.header("content-type") == "application/problem+json"

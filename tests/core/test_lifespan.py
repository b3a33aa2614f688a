from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nexios import NexiosApp, Request, Response
from nexios.exceptions import NexiosError
from nexios.testing import TestClient
from nexios.testing.exceptions import LifespanError
from nexios.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

Context = Callable[[Any], Any]


def context(log: list[str], name: str, gives: Any = None) -> Context:
    @asynccontextmanager
    async def run(app: NexiosApp) -> AsyncIterator[Any]:
        log.append(f"enter {name}")
        yield gives
        log.append(f"leave {name}")

    return run


async def test_contexts_enclose_hooks_and_are_left_in_reverse() -> None:
    log: list[str] = []
    app = NexiosApp(plugins=[], lifespan=[context(log, "one"), context(log, "two")])

    @app.on_startup
    async def started() -> None:
        log.append("startup")

    @app.on_startup()
    def started_plainly() -> None:
        log.append("plain startup")

    @app.on_shutdown
    async def stopped() -> None:
        log.append("shutdown")

    @app.on_shutdown()
    def stopped_plainly() -> None:
        log.append("plain shutdown")

    async with TestClient(app):
        assert app.is_running
        log.append("running")

    assert not app.is_running
    assert log == [
        "enter one", "enter two", "startup", "plain startup", "running", "shutdown", "plain shutdown",
        "leave two", "leave one",
    ]  # fmt: skip


async def test_one_context_may_be_given_without_a_list_and_fill_the_state() -> None:
    app = NexiosApp(plugins=[], lifespan=context([], "db", {"db": "pool"}))

    @app.get("/")
    async def show(request: Request) -> str:
        assert request.state["db"] == request.state.db
        request.state.seen = True
        return str(request.state.db)

    @app.get("/again")
    async def again(request: Request) -> list[str]:
        return list(request.state)

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "pool"
        assert (await client.get("/again")).json() == ["db"]


async def test_a_failing_hook_fails_the_start_with_its_own_message_and_leaves_what_was_entered() -> None:
    log: list[str] = []
    app = NexiosApp(plugins=[], lifespan=context(log, "db"))

    @app.on_startup
    async def fails() -> None:
        raise ConnectionError("no database at localhost")

    with pytest.raises(LifespanError, match="ConnectionError: no database at localhost"):
        async with TestClient(app):
            pass

    assert log == ["enter db", "leave db"]
    assert not app.is_running


async def test_a_failing_startup_listener_fails_the_start() -> None:
    app = NexiosApp(plugins=[])

    @app.events.on("startup")
    async def fails() -> None:
        raise ConnectionError("no queue")

    with pytest.raises(LifespanError, match="startup"):
        async with TestClient(app):
            pass


async def test_a_failed_start_does_not_wait_for_background_work() -> None:
    app = NexiosApp(plugins=[])
    ended = []

    async def for_ever() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("job")

    @app.on_startup
    async def begins() -> None:
        app.spawn(for_ever)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()

    @app.on_startup
    async def fails() -> None:
        raise LookupError("no")

    with anyio.fail_after(5), pytest.raises(LifespanError, match="LookupError: no"):
        async with TestClient(app):
            pass

    assert ended == ["job"]


async def test_what_fails_on_the_way_out_of_a_failed_start_is_logged_and_hides_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @asynccontextmanager
    async def fails_to_leave(app: NexiosApp) -> AsyncIterator[None]:
        yield
        raise OSError("cannot leave")

    app = NexiosApp(plugins=[], lifespan=fails_to_leave)

    @app.on_startup
    async def fails() -> None:
        raise LookupError("the reason")

    with pytest.raises(LifespanError, match="LookupError: the reason"):
        async with TestClient(app):
            pass

    assert "leaving after a failed start failed as well" in caplog.text


async def test_an_application_that_failed_to_start_may_be_started_again() -> None:
    app = NexiosApp(plugins=[])
    tries = []

    @app.on_startup
    async def fails_once() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise LookupError("not yet")

    with pytest.raises(LookupError):
        await app.startup()
    await app.startup()
    with pytest.raises(NexiosError, match="already running"):
        await app.startup()
    await app.shutdown()
    await app.shutdown()

    assert len(tries) == 2


async def test_every_part_is_stopped_whatever_fails_and_the_first_failure_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log: list[str] = []

    @asynccontextmanager
    async def fails_to_leave(app: NexiosApp) -> AsyncIterator[None]:
        yield
        log.append("leaving")
        raise OSError("context")

    app = NexiosApp(plugins=[], lifespan=[context(log, "outer"), fails_to_leave])
    app.mount("/sub", NexiosApp(plugins=[], lifespan=context(log, "mounted")))

    @app.on_shutdown
    async def fails() -> None:
        raise LookupError("hook")

    @app.on_shutdown
    async def works() -> None:
        log.append("second hook")

    with pytest.raises(LifespanError, match="LookupError: hook"):
        async with TestClient(app):
            pass

    assert "OSError: context" in caplog.text
    assert log[2:] == ["second hook", "leaving", "leave mounted"]


async def test_spawned_work_is_awaited_and_its_failure_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    app = NexiosApp(plugins=[])
    done = []

    async def slow(value: str) -> None:
        await anyio.sleep(0.01)
        done.append(value)

    def fails() -> None:
        raise LookupError("job")

    @app.get("/")
    async def begin() -> None:
        app.spawn(slow, "slow")
        app.spawn(fails, name="the failing job")

    @app.on_shutdown
    async def after() -> None:
        done.append("shutdown")

    async with TestClient(app) as client:
        await client.get("/")

    assert done == ["slow", "shutdown"]
    assert "background job the failing job failed" in caplog.text


async def test_background_work_that_does_not_end_is_cancelled_after_the_grace_period() -> None:
    app = NexiosApp({"limits": {"shutdown_grace": 0.01}}, plugins=[])
    ended = []

    async def for_ever() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    @app.on_startup
    async def begin() -> None:
        app.spawn(for_ever)

    with anyio.fail_after(5):
        async with TestClient(app):
            pass

    assert ended == ["cancelled"]


def test_spawning_needs_a_running_application() -> None:
    app = NexiosApp(plugins=[])

    def work() -> None: ...

    with pytest.raises(RuntimeError, match=r"spawn\(.*work\): the application is not running"):
        app.spawn(work)


async def test_draining_runs_its_hooks_once_and_survives_them(caplog: pytest.LogCaptureFixture) -> None:
    app = NexiosApp(plugins=[])
    log: list[str] = []

    @app.on_drain
    async def first() -> None:
        log.append("first")
        raise LookupError("drain")

    @app.on_drain()
    def second() -> None:
        log.append("second")

    async with TestClient(app):
        assert not app.is_draining
        await app.drain()
        await app.drain()
        assert app.is_draining

    assert log == ["first", "second"]
    assert "drain hook" in caplog.text


async def test_draining_ends_event_streams_also_those_that_come_too_late() -> None:
    app = NexiosApp(plugins=[])
    left = []

    @app.get("/events")
    async def events(response: Response) -> Response:
        async def endless() -> AsyncIterator[str]:
            try:
                yield "hello"
                await anyio.sleep_forever()
            finally:
                left.append("closed")

        return response.sse(endless())

    with anyio.fail_after(5):
        async with TestClient(app) as client:
            async with client.stream("GET", "/events") as answer:
                pieces = answer.aiter_raw()
                assert await anext(pieces) == b"data: hello\n\n"
                await app.drain()
                assert [piece async for piece in pieces] == []
            late = await client.get("/events")
            assert late.status_code == 200

    assert left[:1] == ["closed"]


async def test_lifecycle_events_are_emitted() -> None:
    app = NexiosApp(plugins=[])
    heard: list[str] = []
    app.event_emitter.on("startup", lambda: heard.append("startup"))
    app.event_emitter.on("shutdown", lambda: heard.append("shutdown"))
    app.events.on("request", lambda request: heard.append(f"request {request.path}"))
    app.events.on("error", lambda request, error: heard.append(f"error {error}"))

    @app.get("/")
    async def fails() -> None:
        raise LookupError("seen")

    async with TestClient(app, raise_server_exceptions=False) as client:
        await client.get("/")

    assert heard == ["startup", "request /", "error seen", "shutdown"]


# -- mounted applications ------------------------------------------------------------------------------------------


async def test_the_lifespan_of_a_mounted_application_runs_once_within_ours() -> None:
    log: list[str] = []
    inner = NexiosApp(plugins=[], lifespan=context(log, "inner"))
    app = NexiosApp(plugins=[], lifespan=context(log, "outer"))
    app.mount("/one", inner)
    app.mount("/two", inner)

    async with TestClient(app):
        log.append("running")

    assert log == ["enter inner", "enter outer", "running", "leave outer", "leave inner"]


async def test_a_mounted_application_that_fails_to_start_fails_ours_with_its_message() -> None:
    log: list[str] = []
    inner = NexiosApp(plugins=[])
    app = NexiosApp(plugins=[], lifespan=context(log, "outer"))
    app.mount("/sub", inner)

    @inner.on_startup
    async def fails() -> None:
        raise ConnectionError("no mail server")

    with pytest.raises(LifespanError, match=r"mounted application .* failed to start: ConnectionError: no mail server"):
        async with TestClient(app):
            pass

    assert log == []


async def raises_on_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])


async def ignores_the_lifespan(scope: Scope, receive: Receive, send: Send) -> None: ...


async def ends_after_its_start(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})


@pytest.mark.parametrize("mounted", [raises_on_lifespan, ignores_the_lifespan, ends_after_its_start])
async def test_a_mounted_application_need_not_have_a_lifespan(mounted: Any) -> None:
    app = NexiosApp(plugins=[])
    app.mount("/sub", mounted)

    with anyio.fail_after(5):
        async with TestClient(app):
            pass


async def test_a_mounted_application_that_breaks_while_it_runs_or_stops_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise LookupError("later")

    async def fails_to_stop(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "stuck"})

    app = NexiosApp(plugins=[])
    app.mount("/breaks", breaks)
    app.mount("/stuck", fails_to_stop)

    with caplog.at_level(logging.DEBUG, "nexios"):
        async with TestClient(app):
            pass

    assert "ended its lifespan" in caplog.text
    assert "failed to shut down: stuck" in caplog.text


async def test_the_state_of_a_mounted_application_is_shared_with_ours() -> None:
    inner = NexiosApp(plugins=[], lifespan=context([], "inner", {"inner": 1}))
    app = NexiosApp(plugins=[])
    app.mount("/sub", inner)

    @inner.get("/")
    async def show(request: Request) -> list[str]:
        return list(request.state)

    async with TestClient(app) as client:
        assert (await client.get("/sub/")).json() == ["inner"]


# -- the server's side ---------------------------------------------------------------------------------------------


async def run(app: NexiosApp, *events: str) -> list[Message]:
    sent: list[Message] = []
    asked = iter(events)

    async def receive() -> Message:
        return {"type": next(asked)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    return sent


async def test_the_protocol_is_answered_also_without_a_state() -> None:
    assert await run(NexiosApp(plugins=[]), "lifespan.startup", "lifespan.shutdown") == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]


@pytest.mark.parametrize("moment", ["starting", "running"])
async def test_a_server_that_gives_up_leaves_an_application_that_was_stopped_and_can_start_again(
    moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []
    reached = anyio.Event()

    @asynccontextmanager
    async def database(app: NexiosApp) -> AsyncIterator[None]:
        log.append("open")
        try:
            yield
        finally:
            await anyio.lowlevel.checkpoint()
            log.append("closed")

    app = NexiosApp(plugins=[], lifespan=database)

    @app.on_startup
    async def warm_up() -> None:
        if moment == "starting" and not reached.is_set():
            reached.set()
            await anyio.sleep_forever()

    @app.on_shutdown
    async def fails() -> None:
        raise LookupError("hook")

    messages: list[Message] = [{"type": "lifespan.startup"}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        reached.set()
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None: ...

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(app, {"type": "lifespan"}, receive, send)
            await reached.wait()
            tasks.cancel_scope.cancel()

    assert log == ["open", "closed"]
    assert not app.is_running
    assert ("the application failed to shut down" in caplog.text) == (moment == "running")
    await app.startup()
    with pytest.raises(LookupError):
        await app.shutdown()
    assert log == ["open", "closed"] * 2


async def test_failures_are_messages_of_the_protocol() -> None:
    app = NexiosApp(plugins=[])

    @app.on_shutdown
    async def fails() -> None:
        raise LookupError("at the end")

    sent = await run(app, "lifespan.startup", "lifespan.shutdown")

    assert sent[1] == {"type": "lifespan.shutdown.failed", "message": "LookupError: at the end"}


async def test_a_message_that_is_none_of_the_protocol_is_passed_over() -> None:
    sent = await run(NexiosApp(plugins=[]), "lifespan.nothing", "lifespan.startup", "lifespan.shutdown")

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from nexios.testing import ASGIProtocolError, TestClient
from nexios.testing.call import kept, noted_on, raise_first
from nexios.types import Message, Receive, Scope, Send
from tests.testing.apps import BODY, START, respond, serving

pytestmark = pytest.mark.anyio


async def test_a_breach_is_raised_inside_the_application_where_it_happens() -> None:
    seen = list[str]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": BODY})
        except ASGIProtocolError as breach:
            seen.append(str(breach))
        await respond(send)

    async with TestClient(app) as client:
        with pytest.raises(ASGIProtocolError) as raised:
            await client.get("/")

    assert [str(raised.value)] == seen


async def test_the_first_breach_is_the_one_that_is_told() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for kind in ("first", "second"):
            with pytest.raises(ASGIProtocolError):
                await send({"type": kind})
        await respond(send)

    async with TestClient(app) as client:
        with pytest.raises(ASGIProtocolError, match="'first'"):
            await client.get("/")


async def test_what_an_application_raises_beside_a_breach_is_a_note() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(ASGIProtocolError):
            await send({"type": BODY})
        raise ZeroDivisionError

    async with TestClient(app) as client:
        with pytest.raises(ASGIProtocolError) as raised:
            await client.get("/")

    assert raised.value.__notes__ == ["The application also failed with ZeroDivisionError()"]


async def test_an_application_returns_nothing() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> str:
        await respond(send)
        return "done"

    async with TestClient(app, lifespan=False) as client:  # type: ignore[arg-type]
        with pytest.raises(ASGIProtocolError, match="the application returned 'done', an ASGI application returns"):
            await client.get("/")


async def test_an_application_that_changes_the_headers_of_its_scope_is_found_out() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"].append((b"x-user", b"me"))
        await respond(send)

    async with TestClient(app) as client:
        with pytest.raises(ASGIProtocolError, match=r"changed scope\['headers'\] in place"):
            await client.get("/")


async def test_an_application_that_returns_without_an_answer_is_found_out() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": START, "status": 200})

    async with TestClient(app) as client:
        with pytest.raises(ASGIProtocolError, match="returned before its answer was complete"):
            await client.get("/")


async def test_a_client_that_has_left_needs_no_answer() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert await receive() == {"type": "http.disconnect"}

    async with TestClient(app) as client:
        with anyio.move_on_after(0.01):
            await client.get("/")


async def test_sending_after_the_return_is_told_at_the_exit() -> None:
    sends: list[Callable[[Message], Awaitable[None]]] = []

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sends.append(send)
        await respond(send)

    client = await TestClient(app).__aenter__()
    await client.get("/")
    with pytest.raises(ASGIProtocolError):
        await sends[0]({"type": BODY, "body": b"late"})

    with pytest.raises(
        ASGIProtocolError, match=r"send\(\) got .* 'http\.response\.body' after the application had returned"
    ):
        await client.__aexit__()


async def test_a_failure_that_no_request_waits_for_is_told_at_the_exit() -> None:
    gone = anyio.Event()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        await gone.wait()
        raise ZeroDivisionError

    client = await TestClient(app, grace=0.01).__aenter__()
    await client.get("/")
    gone.set()

    with pytest.raises(ZeroDivisionError):
        await client.__aexit__()


async def test_a_failure_is_told_once() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async with TestClient(app) as client:
        with pytest.raises(ZeroDivisionError):
            await client.get("/")


async def test_an_outcome_of_pytest_inside_the_application_is_that_of_the_test() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pytest.fail("from within")

    async with TestClient(app) as client:
        with pytest.raises(pytest.fail.Exception, match="from within"):
            await client.get("/")


async def test_failures_are_kept_apart_from_cancellation() -> None:
    failures: list[BaseException] = []

    async def fail() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ZeroDivisionError

    async def main() -> None:
        with kept(failures.append):
            async with anyio.create_task_group() as inner:
                inner.start_soon(fail)
                inner.start_soon(anyio.sleep_forever)

    async with anyio.create_task_group() as outer:
        outer.start_soon(main)
        await anyio.wait_all_tasks_blocked()
        outer.cancel_scope.cancel()

    assert isinstance(failures[0], ExceptionGroup)
    assert [type(failure) for failure in failures[0].exceptions] == [ZeroDivisionError]


async def test_groups_of_nothing_but_failures_are_kept_whole() -> None:
    failures: list[BaseException] = []
    group = ExceptionGroup("two", [KeyError("a"), ValueError("b")])

    with kept(failures.append):
        raise group

    assert [str(failure) for failure in failures] == ["two (2 sub-exceptions)"]


async def test_groups_of_nothing_but_cancellation_are_no_failure() -> None:
    failures: list[BaseException] = []
    cancelled = anyio.get_cancelled_exc_class()

    with pytest.raises(BaseExceptionGroup), kept(failures.append):
        raise BaseExceptionGroup("cancelled", [cancelled.__new__(cancelled)])

    assert failures == []


def test_nothing_is_raised_where_nothing_went_wrong() -> None:
    raise_first([])


def test_a_failure_is_no_note_on_itself() -> None:
    failure = KeyError("same")

    with noted_on(failure):
        raise failure

    assert not hasattr(failure, "__notes__")


def test_a_problem_becomes_a_note_only_where_there_is_a_failure() -> None:
    failure = AssertionError("of the test")

    with noted_on(failure):
        raise KeyError("later")
    with pytest.raises(KeyError), noted_on(None):
        raise KeyError("later")

    assert failure.__notes__ == ["The application also failed with KeyError('later')"]

from __future__ import annotations

import re
from typing import Any

import anyio
import pytest

from nexios.testing import ASGIProtocolError, LifespanError, TestClient
from nexios.types import ASGIApp, Message, Receive, Scope, Send
from tests.testing.apps import respond

pytestmark = pytest.mark.anyio

STARTED = {"type": "lifespan.startup.complete"}
STOPPED = {"type": "lifespan.shutdown.complete"}


def answering(*messages: Message | Exception) -> ASGIApp:
    """An application that answers each event of its lifespan with the next of *messages*, and then returns."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await respond(send, repr(scope["state"]).encode())
            return
        for message in messages:
            await receive()
            if isinstance(message, Exception):
                raise message
            await send(message)

    return app


async def test_the_application_starts_before_and_stops_after_everything_else() -> None:
    seen = list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append("request")
            await respond(send)
            return
        seen.append((await receive())["type"])
        await send(STARTED)
        seen.append((await receive())["type"])
        await send(STOPPED)

    async with TestClient(app) as client:
        assert seen == ["lifespan.startup"]
        await client.get("/")

    assert seen == ["lifespan.startup", "request", "lifespan.shutdown"]


async def test_the_state_of_the_lifespan_is_copied_for_each_request() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["state"]["count"] += 1
            await respond(send, str(scope["state"]["count"]).encode())
            return
        await receive()
        scope["state"]["count"] = 1
        await send(STARTED)

    async with TestClient(app) as client:
        answers = [(await client.get("/")).text for _ in range(2)]

    assert answers == ["2", "2"]


@pytest.mark.parametrize("failure", [KeyError("method"), AssertionError()])
async def test_an_application_that_raises_at_the_scope_has_no_lifespan(failure: Exception) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise failure
        await respond(send, b"served")

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "served"


async def test_an_application_that_returns_from_the_scope_has_no_lifespan() -> None:
    async with TestClient(answering()) as client:
        assert (await client.get("/")).text == "{}"


async def test_the_lifespan_can_be_left_out() -> None:
    async with TestClient(answering(KeyError()), lifespan=False) as client:
        assert (await client.get("/")).text == "{}"


async def test_an_application_may_end_its_lifespan_after_the_startup() -> None:
    async with TestClient(answering(STARTED)) as client:
        assert (await client.get("/")).status_code == 200


async def test_a_failed_startup_is_raised_with_its_message() -> None:
    app = answering({"type": "lifespan.startup.failed", "message": "the database is not there"})

    with pytest.raises(LifespanError, match=r"^startup failed: the database is not there$"):
        async with TestClient(app):
            pytest.fail("entered")


async def test_a_failed_startup_names_the_cause_that_the_core_tells() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope["extensions"]["nexios.exceptions"].append(ConnectionRefusedError())
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(LifespanError) as raised:
        async with TestClient(app):
            pytest.fail("entered")

    assert isinstance(raised.value.__cause__, ConnectionRefusedError)


@pytest.mark.parametrize("raise_server_exceptions", [True, False])
async def test_an_exception_of_the_startup_is_raised_as_it_is(raise_server_exceptions: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        async with TestClient(answering(ZeroDivisionError()), raise_server_exceptions=raise_server_exceptions):
            pytest.fail("entered")


async def test_a_failed_shutdown_is_raised_with_its_message() -> None:
    app = answering(STARTED, {"type": "lifespan.shutdown.failed", "message": "the queue is not empty"})

    with pytest.raises(LifespanError, match=r"^shutdown failed: the queue is not empty$"):
        async with TestClient(app):
            pass


async def test_an_exception_of_the_shutdown_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with TestClient(answering(STARTED, ZeroDivisionError())):
            pass


async def test_an_exception_after_the_shutdown_is_raised_too() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (STARTED, STOPPED):
            await receive()
            await send(message)
        await anyio.lowlevel.checkpoint()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with TestClient(app):
            pass


async def test_a_failed_shutdown_is_a_note_on_the_failure_of_the_test() -> None:
    app = answering(STARTED, {"type": "lifespan.shutdown.failed", "message": "no"})

    with pytest.raises(AssertionError) as raised:
        async with TestClient(app):
            raise AssertionError("of the test")

    assert raised.value.__notes__ == ["The application also failed with LifespanError('shutdown failed: no')"]


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([{"type": "http.response.start"}], "'http.response.start' in answer to lifespan.startup"),
        ([STARTED, STARTED], "'lifespan.startup.complete' in answer to lifespan.shutdown"),
    ],
)
async def test_a_wrong_answer_is_a_breach(messages: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(ASGIProtocolError, match=re.escape(sentence)):
        async with TestClient(answering(*messages)):
            pass


async def test_an_application_that_answers_the_lifespan_like_a_request_is_told_so() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    with pytest.raises(ASGIProtocolError, match=r"'http\.response\.start' on the lifespan scope, where none was due"):
        async with TestClient(app):
            pytest.fail("entered")


async def test_returning_without_an_answer_is_a_breach() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    with pytest.raises(ASGIProtocolError, match=r"without answering lifespan\.startup"):
        async with TestClient(app):
            pytest.fail("entered")


async def test_a_lifespan_that_crashes_in_between_is_told_at_the_exit() -> None:
    crash = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            crash.set()
            await respond(send)
            return
        await receive()
        await send(STARTED)
        await crash.wait()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with TestClient(app) as client:
            await client.get("/")


async def test_a_startup_that_is_cancelled_is_cleaned_up() -> None:
    ended = list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await receive()
            await anyio.sleep_forever()
        finally:
            ended.append("startup")

    with anyio.move_on_after(0.01):
        async with TestClient(app):
            pytest.fail("entered")

    assert ended == ["startup"]

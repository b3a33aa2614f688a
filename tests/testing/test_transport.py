from __future__ import annotations

import anyio
import httpx
import pytest

from nexios.testing import StrictTransport, TestClient
from nexios.types import Receive, Scope, Send
from tests.testing.apps import respond, serving, until_disconnect

pytestmark = pytest.mark.anyio


@serving
async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, b"hello")


async def test_any_client_of_httpx_can_use_the_transport() -> None:
    async with httpx.AsyncClient(transport=StrictTransport(hello), base_url="http://a") as client:
        assert (await client.get("/")).text == "hello"


async def test_the_transport_may_be_closed_without_being_entered() -> None:
    await StrictTransport(hello).aclose()


async def test_a_client_that_is_not_entered_says_so() -> None:
    client = TestClient(hello)

    with pytest.raises(RuntimeError, match=r"the application is not running: async with TestClient\(app\) as client"):
        await client.get("/")


def test_what_cannot_be_called_is_no_application() -> None:
    with pytest.raises(TypeError, match="'app:app' is not an ASGI application"):
        TestClient("app:app")  # type: ignore[arg-type]


async def test_a_request_that_is_cancelled_is_a_client_that_leaves() -> None:
    heard = list[str]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await until_disconnect(receive)
        heard.append("disconnect")

    async with TestClient(app) as client:
        with anyio.move_on_after(0.01) as scope:
            await client.get("/")
        assert scope.cancelled_caught
        await anyio.wait_all_tasks_blocked()
        assert heard == ["disconnect"]


async def test_requests_run_at_the_same_time() -> None:
    waiting = list[anyio.Event]()

    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        turn = anyio.Event()
        waiting.append(turn)
        if len(waiting) == 10:
            for event in waiting:
                event.set()
        await turn.wait()
        await respond(send)

    async with TestClient(app) as client, anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(client.get, "/")

    assert len(waiting) == 10


async def test_clients_may_overlap_in_any_order() -> None:
    first, second = TestClient(hello), TestClient(hello)
    await first.__aenter__()
    await second.__aenter__()

    await first.__aexit__()
    assert (await second.get("/")).text == "hello"
    await second.__aexit__()


async def test_a_client_may_be_closed_by_hand() -> None:
    client = TestClient(hello)
    await client.__aenter__()

    await client.aclose()

    with pytest.raises(RuntimeError, match="the client has been closed"):
        await client.get("/")


async def test_the_failure_of_a_test_is_raised_as_it_is() -> None:
    with pytest.raises(AssertionError, match="of the test"):
        async with TestClient(hello):
            raise AssertionError("of the test")

"""Reading bodies: within their size, within their time, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexios import NexiosApp, Request, Response, Router
from nexios.exceptions import ClientDisconnect, ContentTooLarge, RequestTimeout
from nexios.http.body import BodyReader, receive_scoped, receive_within
from nexios.middleware import BaseMiddleware
from nexios.testing import TestClient
from nexios.types import Message
from tests.core.raw import call

pytestmark = pytest.mark.anyio


class Server:
    """A receive that gives *messages* and then waits for ever."""

    def __init__(self, *messages: Message, waits: bool = False) -> None:
        self.messages = list(messages)
        self.waits = waits
        self.asked = 0

    async def __call__(self) -> Message:
        self.asked += 1
        if self.waits:
            await anyio.lowlevel.checkpoint()
        if not self.messages:
            await anyio.Event().wait()
        return self.messages.pop(0)


GONE: Message = {"type": "http.disconnect"}


def part(body: bytes = b"", more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def reader(server: Server, limit: int = 100, timeout: float = 5, **fields: bytes) -> BodyReader:
    return BodyReader(
        server, {name.replace("_", "-").encode(): value for name, value in fields.items()}, limit, timeout
    )


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_body_is_what_was_sent_however_it_was_cut(chunks: list[bytes], waits: bool) -> None:
    messages = [part(chunk, index < len(chunks) - 1) for index, chunk in enumerate(chunks)]

    async def read() -> None:
        body = reader(Server(*messages, waits=waits))
        assert await body.read() == b"".join(chunks)
        assert await body.read() == b"".join(chunks)
        assert body.is_complete
        assert b"".join([chunk async for chunk in body.stream()]) == b"".join(chunks)

        streamed = [chunk async for chunk in reader(Server(*messages, waits=waits)).stream()]
        assert streamed == [chunk for chunk in chunks if chunk]

    anyio.run(read)


async def test_a_message_without_a_body_is_an_empty_one() -> None:
    assert await reader(Server({"type": "http.request"})).read() == b""
    assert [chunk async for chunk in reader(Server({"type": "http.request"})).stream()] == []
    empty = reader(Server({"type": "http.request"}))
    await empty.read()
    assert [chunk async for chunk in empty.stream()] == []
    two = reader(Server({"type": "http.request", "more_body": True}, {"type": "http.request"}))
    assert await two.read() == b""


async def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert await reader(Server(part(b"x" * 100))).read() == b"x" * 100
    assert len(await reader(Server(part(b"x" * 60, True), part(b"x" * 40))).read()) == 100
    for server in (Server(part(b"x" * 101)), Server(part(b"x" * 60, True), part(b"x" * 41, True), part(b"x"))):
        with pytest.raises(ContentTooLarge, match="over the limit of 100 bytes"):
            await reader(server).read()
    with pytest.raises(ContentTooLarge):
        _ = [chunk async for chunk in reader(Server(part(b"x" * 60, True), part(b"x" * 41))).stream()]


async def test_a_declared_length_over_the_limit_is_refused_before_anything_is_read() -> None:
    server = Server(part(b"x" * 101))

    with pytest.raises(ContentTooLarge) as refused:
        await reader(server, content_length=b"101").read()

    assert server.asked == 0
    assert refused.value.headers == {"connection": "close"}


async def test_a_body_that_was_streamed_cannot_be_read_again() -> None:
    body = reader(Server(part(b"x")))
    _ = [chunk async for chunk in body.stream()]

    with pytest.raises(RuntimeError, match=r"already streamed; keep what request.stream\(\) gave you"):
        await body.read()


@pytest.mark.parametrize("messages", [[GONE], [part(b"x", True), GONE]])
async def test_a_client_that_leaves_while_it_sends_is_told(messages: list[Message]) -> None:
    body = reader(Server(*messages))
    for _ in range(2):
        with pytest.raises((ClientDisconnect, RuntimeError)):
            await body.read()
    assert body.disconnected

    body = reader(Server(*messages))
    assert messages == [GONE] or not await body.poll_disconnect()
    with pytest.raises(ClientDisconnect, match="left before its request was read"):
        _ = [chunk async for chunk in body.stream()]


async def test_a_message_that_does_not_arrive_in_time_is_408(anyio_backend: str) -> None:
    receive = receive_within if anyio_backend == "asyncio" else receive_scoped

    with pytest.raises(RequestTimeout, match=r"did not arrive within 0.01 seconds") as late:
        await receive(Server(), 0.01)
    assert late.value.headers == {"connection": "close"}
    assert await receive(Server(part(b"a")), 1) == part(b"a")
    assert await receive(Server(part(b"a"), waits=True), 1) == part(b"a")
    with anyio.move_on_after(0.01) as scope:
        await receive(Server(), 60)
    assert scope.cancelled_caught


class Wrapped(Server):
    """The receive of a foreign middleware, which waits in scopes of its own."""

    async def __call__(self) -> Message:
        with anyio.fail_after(0.05):
            async with anyio.create_task_group():
                await anyio.lowlevel.checkpoint()
                message = await super().__call__()
        return message


async def test_whoever_wraps_the_application_may_wait_in_scopes() -> None:
    assert await reader(Wrapped(part(b"a", True), part(b"b"))).read() == b"ab"
    with pytest.raises(RequestTimeout):
        await reader(Wrapped(), timeout=0.01).read()
    with pytest.raises(TimeoutError):
        await reader(Wrapped(), timeout=5).read()


class Foreign:
    """What a server that is written in another language returns from receive: it can be iterated, and no more."""

    def __init__(self, steps: Any) -> None:
        self._steps = steps

    def __await__(self) -> Foreign:
        return self

    def __iter__(self) -> Foreign:
        return self

    def __next__(self) -> Any:
        return next(self._steps)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # no such server runs on trio
async def test_a_server_may_wait_with_an_iterator_that_is_no_generator() -> None:
    server = Server(part(b"ab"), waits=True)

    def receive() -> Any:
        return Foreign(server().__await__())

    assert await BodyReader(receive, {b"content-length": b"2"}, 100, 5).read() == b"ab"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # no such server runs on trio
async def test_whoever_waits_for_such_a_server_may_be_cancelled_and_may_give_up() -> None:
    forever = Server()

    def receive() -> Any:
        return Foreign(forever().__await__())

    with anyio.fail_after(5):
        with pytest.raises(RequestTimeout):
            await BodyReader(receive, {b"content-length": b"2"}, 100, 0.01).read()
        with anyio.move_on_after(0.01) as limit:
            await BodyReader(receive, {b"content-length": b"2"}, 100, 60).read()
    assert limit.cancelled_caught


@pytest.mark.parametrize("waits", [False, True])
async def test_asking_for_a_disconnect_neither_waits_nor_loses_a_chunk(waits: bool) -> None:
    with anyio.fail_after(5):
        assert not await reader(Server(waits=waits)).poll_disconnect()
        assert await reader(Server(GONE, waits=waits)).poll_disconnect()
        body = reader(Server(part(b"a", True), part(b"b"), GONE, waits=waits))
        assert not await body.poll_disconnect()
        assert not await body.poll_disconnect()
        assert await body.read() == b"ab"
        assert await body.poll_disconnect()
        assert await body.poll_disconnect()


async def read_now(body: BodyReader) -> bytes:
    """As a handler that need not wait does it; trio always waits."""
    data = body.read_at_hand()
    return await body.read() if data is None else data


@pytest.mark.parametrize("waits", [False, True])
async def test_a_body_that_is_at_hand_need_not_be_awaited_and_is_the_same(waits: bool, anyio_backend_name: str) -> None:
    whole = reader(Server(part(b"ab"), waits=waits))
    assert (whole.read_at_hand() == b"ab") is (not waits and anyio_backend_name == "asyncio")
    assert await read_now(whole) == await whole.read() == b"ab"
    assert await read_now(whole) == b"ab"

    cut = reader(Server(part(b"a", True), part(b"b"), waits=waits))
    assert cut.read_at_hand() is None
    assert cut.read_at_hand() is None
    assert await read_now(cut) == b"ab"


@pytest.mark.parametrize("waits", [False, True])
async def test_a_body_that_is_at_hand_has_the_same_limit_and_the_same_end(waits: bool) -> None:
    with pytest.raises(ContentTooLarge):
        await read_now(reader(Server(part(b"abc"), waits=waits), limit=2))
    with pytest.raises(ClientDisconnect):
        await read_now(reader(Server(GONE, waits=waits)))


async def test_waiting_for_a_disconnect_keeps_an_empty_body_for_its_reader() -> None:
    body = reader(Server(part(), GONE))

    await body.until_disconnect()

    assert body.disconnected
    assert await body.read() == b""


async def test_what_was_read_is_read_again_by_another_application() -> None:
    body = reader(Server(part(b"ab"), GONE))
    await body.read()
    receive = body.replayed()
    assert await receive() == part(b"ab")
    assert await receive() == GONE

    polled = reader(Server(part(b"a", True), part(b"b")))
    await polled.poll_disconnect()
    receive = polled.replayed()
    assert await receive() == part(b"a", True)
    assert await receive() == part(b"b")

    untouched = Server(part(b"a"))
    assert reader(untouched).replayed() is untouched


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        ({}, True),
        ({"content_length": b"0"}, True),
        ({"content_length": b"1"}, False),
        ({"transfer_encoding": b"x"}, False),
    ],
)
def test_a_request_that_announces_no_body_is_complete(fields: dict[str, bytes], complete: bool) -> None:
    raw = {name.replace("_", "-").encode(): value for name, value in fields.items()}

    assert BodyReader(Server(), raw, 100, 5).is_complete is complete


# -- through an application ----------------------------------------------------------------------------------------


async def test_the_limit_is_the_routes_the_routers_the_apps_or_a_mebibyte() -> None:
    app = NexiosApp(plugins=[], max_body=30)
    router = Router("/r", max_body=20)
    app.mount_router(router)
    plain = NexiosApp({"limits": {"body": 40}}, plugins=[])

    async def read(request: Request) -> int:
        return len(await request.body)

    router.post("/own", max_body=10)(read)
    router.post("/")(read)
    app.post("/")(read)
    plain.post("/")(read)

    for target, path, limit in ((app, "/r/own", 10), (app, "/r/", 20), (app, "/", 30), (plain, "/", 40)):
        for body in ([b"x" * limit], [b"x"] * limit):
            assert (await call(target, path, "POST", body=body)).body == str(limit).encode()
        for body in ([b"x" * (limit + 1)], [b"x"] * (limit + 1)):
            answer = await call(target, path, "POST", body=body)
            assert answer.status == 413
            assert answer.header("connection") == "close"
    assert NexiosApp(plugins=[]).body_limit == 1_048_576


@pytest.mark.parametrize("guard", ["layer", "dependency"])
async def test_a_declared_length_over_the_limit_is_refused_before_layers_of_the_route_and_dependencies(
    guard: str,
) -> None:
    app = NexiosApp(plugins=[])
    reached: list[str] = []

    async def layer(request: Request, response: Any, call_next: Any) -> Any:
        reached.append("layer")
        return await call_next()

    @app.post("/", max_body=10, middleware=[layer] if guard == "layer" else [])
    async def read() -> None:
        reached.append("handler")

    async with TestClient(app) as client:
        answer = await client.post("/", content=b"x" * 11)

    assert (answer.status_code, reached) == (413, [])


async def test_a_layer_that_only_completes_answers_completes_that_refusal_too() -> None:
    app = NexiosApp(plugins=[])

    class Complete(BaseMiddleware):
        only_completes = True

        async def process_response(self, request: Request, response: Response) -> Response:
            return response.set_header("x-complete", "yes")

    @app.post("/", max_body=10, middleware=[Complete()])
    async def read() -> None: ...

    async with TestClient(app) as client:
        answer = await client.post("/", content=b"x" * 11)

    assert (answer.status_code, answer.headers["x-complete"]) == (413, "yes")


async def test_an_endless_upload_is_cut_at_the_limit() -> None:
    app = NexiosApp(plugins=[])
    sent: list[int] = []

    @app.post("/")
    async def read(request: Request) -> int:
        total = 0
        async for chunk in request.stream():
            total += len(chunk)
        return total

    async def endless() -> AsyncIterator[bytes]:
        while True:
            sent.append(65_536)
            yield b"x" * 65_536

    async with TestClient(app) as client:
        answer = await client.post("/", content=endless())

    assert answer.status_code == 413
    assert sum(sent) <= 1_048_576 + 3 * 65_536


async def test_a_body_that_stalls_is_408() -> None:
    app = NexiosApp({"limits": {"body_timeout": 0.01}}, plugins=[])

    @app.post("/")
    async def read(request: Request) -> int:
        return len(await request.body)

    stalls = anyio.Event()

    async def receive() -> Message:
        await stalls.wait()
        return part()

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    from tests.core.raw import make_scope

    with anyio.fail_after(5):
        await app(make_scope("/", "POST"), receive, send)
    assert sent[0]["status"] == 408


async def test_after_a_disconnect_was_seen_nothing_more_is_asked_of_the_server() -> None:
    server = Server(GONE)
    body = reader(server)
    assert await body.poll_disconnect()

    with pytest.raises(ClientDisconnect):
        await body.read()
    assert server.asked == 1


async def test_a_message_met_while_the_body_is_read_is_not_kept() -> None:
    body = reader(Server(part(b"a", True), part(), GONE))
    stream = body.stream()
    assert await anext(stream) == b"a"

    await body.until_disconnect()

    assert body.disconnected
    await stream.aclose()  # type: ignore[attr-defined]

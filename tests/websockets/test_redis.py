"""Channels across applications that share a real Redis-compatible server. asyncio only, as redis-py."""

from __future__ import annotations

import pickle  # noqa: TID251  # what somebody else might publish
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.testing import TestClient
from nexios.websockets import Channel, ChannelsDown, ChannelsUp, MemberLeft, WebSocket, open_channels
from tests.servers import find_server

redis = pytest.importorskip("redis.asyncio")
backends = pytest.importorskip("nexios.websockets.channels.backends.redis")

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class Server:
    """A server that can be stopped, killed and started again at its unix socket."""

    def __init__(self, folder: str) -> None:
        self.path = str(Path(folder, "redis.sock"))
        self._command = [find_server(), "--port", "0", "--unixsocket", self.path, "--save", "", "--dir", folder]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def start(self) -> None:
        Path(self.path).unlink(missing_ok=True)
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not Path(self.path).exists():
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="nx") as folder:
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def make_app(url: str, **settings: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(websockets={"backend": "redis", "history": 10, **settings}, redis={"url": url}))

    @app.websocket("/{room}")
    async def member(ws: WebSocket, room: str) -> None:
        name, last = ws.query_params.get("name"), ws.query_params.get("last")
        channel = Channel(room, announce=True)
        presence = None if name is None else {"name": name}
        joined = await channel.connect(ws, last_id=last, with_ids=last is not None, presence=presence)
        await ws.send_json({"id": ws.id, "complete": joined.complete})
        async for value in ws.iter_json():
            await channel.broadcast(value)

    return app


def nexios_of(client: TestClient) -> NexiosApp:
    assert isinstance(client.app, NexiosApp)
    return client.app


@asynccontextmanager
async def two_apps(server: Server, **settings: Any) -> AsyncIterator[tuple[TestClient, TestClient]]:
    async with TestClient(make_app(server.url, **settings)) as one, TestClient(make_app(server.url, **settings)) as two:
        yield one, two


async def test_a_broadcast_reaches_every_process_once(server: Server) -> None:
    async with two_apps(server) as (one, two):  # noqa: SIM117  # one line a step
        async with one.websocket_connect("/a") as first, two.websocket_connect("/a") as second:
            hello, other = await first.receive_json(), await second.receive_json()
            for sender in (first, second):
                await sender.send_json({"n": 1})
                assert await first.receive_json() == await second.receive_json() == {"n": 1}
            channel = Channel("a", app=nexios_of(one))
            await channel.send_to(other["id"], "you")
            await channel.broadcast(b"\xff", exclude=hello["id"])
            assert await second.receive_json() == "you"
            assert await second.receive_bytes() == b"\xff"


async def test_a_script_publishes_and_listens_without_an_application(server: Server) -> None:
    async with TestClient(make_app(server.url)) as client, client.websocket_connect("/a") as session:
        await session.receive()
        connection = redis.Redis(unix_socket_path=server.path)
        async with open_channels(backend=backends.RedisBackend(connection)):
            while await Channel("a").broadcast("from a script") is None:
                pass
        await connection.aclose()

        assert await session.receive_json() == "from a script"


async def test_a_client_that_comes_back_to_another_process_gets_what_it_missed(server: Server) -> None:
    async with two_apps(server) as (one, two):
        channel = Channel("a", app=nexios_of(one))
        async with one.websocket_connect("/a?last=0") as session:
            await session.receive()
            await session.send_json("seen")
            seen = await session.receive_json()
        for number in range(3):
            await channel.broadcast(number)
        async with two.websocket_connect(f"/a?last={seen['id']}") as session:
            messages = [await session.receive_json() for _ in range(4)]
            await channel.broadcast("live")
            messages.append(await session.receive_json())
        for number in range(20):
            await channel.broadcast(number)
        async with two.websocket_connect(f"/a?last={seen['id']}") as session:
            late = [await session.receive_json() for _ in range(11)]

    assert [message["data"] for message in messages if "data" in message] == [0, 1, 2, "live"]
    assert [message["complete"] for message in messages if "complete" in message] == [True]
    assert [message["data"] for message in late if "data" in message] == list(range(10, 20))
    assert late[-1]["complete"] is False


async def test_presence_is_seen_everywhere_and_expires_when_a_process_dies(server: Server) -> None:
    left: list[Any] = []
    async with TestClient(make_app(server.url, presence_ttl=0.6)) as client:
        nexios_of(client).events.on(MemberLeft, lambda event: left.append(event.member.info))
        async with client.websocket_connect("/a?name=Ann") as ann:
            await ann.receive()
            connection = redis.Redis(unix_socket_path=server.path)
            dead = backends.RedisBackend(connection, ttl=0.3)
            await dead.enter("a", backends.Presence("dead", {"name": "Bob"}))
            assert {each.info["name"] for each in await Channel("a").presence()} == {"Ann", "Bob"}
            with anyio.fail_after(20):
                message = await ann.receive_json()
            await anyio.sleep(0.7)  # longer than a presence lasts that nobody sees to
            assert [each.info["name"] for each in await Channel("a").presence()] == ["Ann"]
            await connection.aclose()

    assert (message["event"], message["member"]["info"]) == ("leave", {"name": "Bob"})
    assert left[0] == {"name": "Bob"}


async def test_what_is_not_ours_is_dropped_and_counted(server: Server) -> None:
    async with TestClient(make_app(server.url)) as client, client.websocket_connect("/a") as session:
        await session.receive()
        connection = redis.Redis(unix_socket_path=server.path)
        key = "nexios:{a}"
        for foreign in (pickle.dumps({"x": 1}), b"", b"\n", b"1-1\n{}", b"1-1\n" + b"[" * 5000, b"x" * 8_000_000):
            await connection.publish(key, foreign)
        await connection.xadd(f"{key}:log", {"m": pickle.dumps(1)})
        await connection.aclose()
        await Channel("a").broadcast("ours")

        assert await session.receive_json() == "ours"
        assert [message.data for message in await Channel("a").history()] == ["ours"]
        assert Channel("a").channels.dropped["foreign"] == 7


async def test_members_stay_while_redis_is_away_and_messages_flow_again_within_a_second(server: Server) -> None:
    events: list[str] = []
    app = make_app(server.url)
    down, up = anyio.Event(), anyio.Event()
    for kind, event in ((ChannelsDown, down), (ChannelsUp, up)):
        app.events.on(kind, partial(_note, events, event))
    async with TestClient(app) as client, _many(client, 100) as sessions:
        channel = Channel("a", app=app)
        server.stop()
        with anyio.fail_after(20):
            await down.wait()
        began = time.monotonic()
        assert await channel.broadcast("lost") is None
        assert time.monotonic() - began < 2.0  # 0.5, on a busy machine
        server.start()
        began = time.monotonic()
        with anyio.fail_after(20):
            await up.wait()
            while await channel.broadcast("again") is None:  # noqa: ASYNC110  # nothing tells of it
                await anyio.sleep(0.01)  # the pool finds out by itself
        assert time.monotonic() - began < 5.0  # 1.0, on a busy machine
        for session in sessions:
            assert await session.receive_json() == "again"

    assert events == ["ChannelsDown", "ChannelsUp"]
    assert dict(app.contributions("channels"))["websockets"].dropped["unavailable"] >= 1


async def test_a_connection_that_was_cut_is_declared_because_something_may_be_lost(server: Server) -> None:
    app = make_app(server.url)
    down, up = anyio.Event(), anyio.Event()
    app.events.on(ChannelsDown, lambda told: down.set())
    app.events.on(ChannelsUp, lambda told: up.set())
    async with TestClient(app) as client, client.websocket_connect("/a") as session:
        await session.receive()
        connection = redis.Redis(unix_socket_path=server.path)
        await connection.client_kill_filter(_type="pubsub")
        with anyio.fail_after(10):
            await down.wait()
            await up.wait()
        await connection.aclose()
        await Channel("a", app=app).broadcast("again")

        assert await session.receive_json() == "again"


async def test_an_event_stream_resumes_from_the_log_that_sockets_resume_from(server: Server) -> None:
    app = make_app(server.url)

    @app.get("/events/{room}")
    async def events(request: Request, response: Response, room: str) -> Response:
        messages = Channel(room).listen(last_id=request.headers.get("last-event-id"))

        async def stream() -> AsyncIterator[Any]:
            async with messages:
                async for message in messages:
                    yield message.as_event()

        return response.sse(stream())

    async with TestClient(app) as client:
        async with client.websocket_connect("/a?last=0") as session:
            await session.receive()
            for value in ("seen", "missed"):
                await session.send_json(value)
            seen = await session.receive_json()
            missed = await session.receive_json()
        async with client.sse("/events/a", last_event_id=seen["id"]) as stream:
            event = await anext(stream)

    assert (event.id, event.data) == (missed["id"], '"missed"')


PUBLISHER = """
import sys, anyio
from redis.asyncio import Redis
from nexios.websockets import Channel, open_channels
from nexios.websockets.channels.backends.redis import RedisBackend

async def main():
    async with Redis(unix_socket_path=sys.argv[1]) as redis, open_channels(backend=RedisBackend(redis)):
        print(await Channel("a").broadcast("from another process"))

anyio.run(main)
"""


async def test_another_process_publishes(server: Server) -> None:
    async with TestClient(make_app(server.url)) as client, client.websocket_connect("/a?last=0") as session:
        await session.receive()
        done = await anyio.run_process([sys.executable, "-c", PUBLISHER, server.path])

        assert await session.receive_json() == {"id": done.stdout.decode().strip(), "data": "from another process"}


def _note(events: list[str], happened: anyio.Event, told: object) -> None:
    events.append(type(told).__name__)
    happened.set()


@asynccontextmanager
async def _many(client: TestClient, count: int) -> AsyncIterator[list[Any]]:
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(client.websocket_connect("/a")) for _ in range(count)]
        for session in sessions:
            await session.receive()
        yield sessions


async def test_a_socket_joins_while_redis_is_away_and_hears_of_all_once_it_is_back(server: Server) -> None:
    app, up = make_app(server.url), anyio.Event()
    app.events.on(ChannelsUp, lambda told: up.set())
    server.stop()
    async with TestClient(app) as client:
        began = time.monotonic()
        async with client.websocket_connect("/a") as session:
            await session.receive()
            assert time.monotonic() - began < 5.0  # 1.0, on a busy machine
            server.start()
            with anyio.fail_after(20):
                await up.wait()
                while await Channel("a").broadcast("hello") is None:  # noqa: ASYNC110  # nothing tells of it
                    await anyio.sleep(0.01)
                assert await session.receive_json() == "hello"

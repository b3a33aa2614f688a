"""Channels over a real cluster of three servers: sharded pub/sub, one connection to each of them. asyncio only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp
from nexios.testing import TestClient
from nexios.websockets import Channel, ChannelsDown, ChannelsUp, WebSocket, open_channels
from tests.servers import find_server, free_port, is_listening, run_process

redis = pytest.importorskip("redis.asyncio")
backends = pytest.importorskip("nexios.websockets.channels.backends.redis")

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SLOTS = 16_384
NODES = 3


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class Node:
    """One server of the cluster."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port, self.bus = free_port(), free_port()
        options = {"port": self.port, "cluster-port": self.bus, "dir": folder, "bind": "127.0.0.1", "save": ""}
        options |= {"cluster-enabled": "yes", "cluster-require-full-coverage": "no", "cluster-node-timeout": 1000}
        self.command = [find_server(), *(str(part) for name, value in options.items() for part in (f"--{name}", value))]
        self.stack = ExitStack()

    def start(self) -> None:
        self.stack.enter_context(run_process(self.command, lambda: is_listening(self.port)))

    def stop(self) -> None:
        self.stack.close()

    async def ask(self, *command: Any) -> Any:
        client = redis.Redis(host="127.0.0.1", port=self.port, decode_responses=True)
        try:
            return await client.execute_command(*command)
        finally:
            await client.aclose()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    folder = tmp_path_factory.mktemp("cluster")
    nodes = [Node(folder / str(number)) for number in range(NODES)]
    try:
        for node in nodes:
            node.start()
        anyio.run(join, nodes)
        yield nodes
    finally:
        for node in nodes:
            node.stop()


@pytest.fixture
def url(nodes: list[Node]) -> str:
    return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in nodes)


async def join(nodes: list[Node]) -> None:
    """Make a cluster of *nodes*."""
    share = SLOTS // NODES + 1
    for number, node in enumerate(nodes):
        await node.ask("CLUSTER", "ADDSLOTSRANGE", number * share, min((number + 1) * share, SLOTS) - 1)
        await node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for other in nodes[1:]:
        await nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", other.port, other.bus)
    with anyio.fail_after(20):
        for node in nodes:
            while not await knows_all(node):  # noqa: ASYNC110  # another process has no event to wait for
                await anyio.sleep(0.05)


async def knows_all(node: Node) -> bool:
    info: str = await node.ask("CLUSTER", "INFO")
    return "cluster_state:ok" in info and f"cluster_slots_ok:{SLOTS}" in info


def make_app(url: str, **settings: Any) -> NexiosApp:
    websockets = {"backend": "redis", "history": 10, **settings}
    app = NexiosApp(MakeConfig(websockets=websockets, redis={"url": url, "timeout": 5.0}))

    @app.websocket("/{room}")
    async def member(ws: WebSocket, room: str) -> None:
        last = ws.query_params.get("last")
        channel = Channel(room, announce=True)
        joined = await channel.connect(ws, last_id=last, with_ids=last is not None, presence={"in": room})
        await ws.send_json({"complete": joined.complete})
        async for value in ws.iter_json():
            await channel.broadcast(value)

    return app


# Each node owns one of them: their slots are 15495, 3300 and 7365.
ROOMS = ("a", "b", "c")


@asynccontextmanager
async def in_rooms(client: TestClient) -> AsyncIterator[dict[str, Any]]:
    async with AsyncExitStack() as stack:
        sessions = {}
        for room in ROOMS:
            sessions[room] = await stack.enter_async_context(client.websocket_connect(f"/{room}"))
            assert await sessions[room].receive_json() == {"complete": True}
        yield sessions


async def published(channel: Channel, value: Any) -> str:
    """Broadcast as soon as that is possible."""
    with anyio.fail_after(20):
        while (id := await channel.broadcast(value)) is None:  # noqa: ASYNC110
            await anyio.sleep(0.05)
    return id


async def hears(session: Any, channel: Channel, value: Any) -> None:
    """Broadcast until *session* hears it: nothing else tells that the servers agree once more."""
    heard = anyio.Event()

    async def listen() -> None:
        while await session.receive_json() != value:
            pass
        heard.set()

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            while not heard.is_set():
                await channel.broadcast(value)
                await anyio.sleep(0.1)


async def test_every_process_hears_every_room_wherever_it_lives(nodes: list[Node], url: str) -> None:
    one, two = make_app(url, prefix="one"), make_app(url, prefix="one")
    async with TestClient(one) as first, TestClient(two) as second, in_rooms(first) as here, in_rooms(second) as there:
        ids = {}
        for room in ROOMS:
            assert (await here[room].receive_json())["event"] == "join"
            await there[room].send_json(room)
            assert await here[room].receive_json() == await there[room].receive_json() == room
            ids[room] = await published(Channel(room, app=one), "missed")
            assert len(await Channel(room, app=one).presence()) == 2
        for room in ROOMS:
            async with second.websocket_connect(f"/{room}?last=0") as late:
                texts = [await late.receive_json() for _ in range(2)]
            assert [(text["id"], text["data"]) for text in texts][-1] == (ids[room], "missed")
        counts = [await node.ask("PUBSUB", "SHARDCHANNELS") for node in nodes]
        plain = [await node.ask("PUBSUB", "CHANNELS") for node in nodes]

    assert sorted(sum(counts, [])) == [f"one:{{{room}}}" for room in ROOMS]  # noqa: RUF017  # three of them
    assert all(counts)
    assert not any(plain)


async def test_a_script_publishes_to_a_cluster(nodes: list[Node], url: str) -> None:
    async with TestClient(make_app(url, prefix="two")) as client, in_rooms(client) as sessions:
        cluster = redis.RedisCluster(host="127.0.0.1", port=nodes[0].port)
        async with open_channels(backend=backends.RedisBackend(cluster, prefix="two")):
            for room in ROOMS:
                await published(Channel(room), "from a script")
        await cluster.aclose()

        assert [await sessions[room].receive_json() for room in ROOMS] == ["from a script"] * 3


async def test_a_node_stops_and_returns_and_the_others_go_on(nodes: list[Node], url: str) -> None:
    app = make_app(url, prefix="three")
    down, up = anyio.Event(), anyio.Event()
    app.events.on(ChannelsDown, lambda told: down.set())
    app.events.on(ChannelsUp, lambda told: up.set())
    async with TestClient(app) as client, in_rooms(client) as sessions:
        nodes[0].stop()
        with anyio.fail_after(10):
            await down.wait()
        for room in ("a", "c"):
            await hears(sessions[room], Channel(room, app=app), "others")
        nodes[0].start()
        with anyio.fail_after(20):
            await up.wait()
        await hears(sessions["b"], Channel("b", app=app), "back")


async def test_a_channel_that_moves_to_another_node_is_heard_there(nodes: list[Node], url: str) -> None:
    app = make_app(url, history=0, prefix="four")
    owner, heir, _ = nodes
    async with TestClient(app) as client, client.websocket_connect("/b") as session:
        await session.receive_json()
        # Its slot holds who is present, and a slot with keys in it does not move at once.
        name = "four:{b}"
        slot = await owner.ask("CLUSTER", "KEYSLOT", name)
        await owner.ask("DEL", *await owner.ask("CLUSTER", "GETKEYSINSLOT", slot, 10))
        await hand_over(slot, heir, owner, nodes)
        try:
            await hears(session, Channel("b", app=app), "moved")
            assert await heir.ask("PUBSUB", "SHARDCHANNELS") == [name]
        finally:
            await heir.ask("DEL", *await heir.ask("CLUSTER", "GETKEYSINSLOT", slot, 10))
            await hand_over(slot, owner, heir, nodes)


async def hand_over(slot: int, heir: Node, owner: Node, nodes: list[Node]) -> None:
    id = await heir.ask("CLUSTER", "MYID")
    for node in dict.fromkeys((heir, owner, *nodes)):
        await node.ask("CLUSTER", "SETSLOT", slot, "NODE", id)

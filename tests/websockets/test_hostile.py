"""What hostile clients of sockets do, as one table: cross-site handshakes (class 33) and floods (class 46).

Each row says what is sent and what must happen; after it no task and no socket is left, and others are served.
Stalled members and slow consumers are in test_room.py, silence and heartbeats in test_connections.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp
from nexios.testing import TestClient, WebSocketClosed, WebSocketDenied, check_nothing_left
from nexios.websockets import Channel, WebSocket

pytestmark = pytest.mark.anyio

OWN = "http://testserver"
LIMIT = 1000
BURST = 20


def make_app() -> NexiosApp:
    settings = {
        "max_message": LIMIT,
        "rate": 0.001,
        "burst": BURST,
        "max_channels": 10,
        "connections_per_user": 2,
        "queue": 4,
    }
    app = NexiosApp(MakeConfig(websockets=settings), plugins=["websockets"])

    @app.websocket("/echo")
    async def echo(ws: WebSocket) -> None:
        await ws.accept("v2" if "v2" in ws.subprotocols else None)
        async for message in ws:
            await ws.send(message)

    @app.websocket("/json")
    async def read(ws: WebSocket) -> None:
        await ws.accept()
        async for value in ws.iter_json():
            await ws.send_json(value)

    @app.websocket("/join")
    async def join(ws: WebSocket) -> None:
        await ws.accept()
        async for name in ws.iter_text():
            for number in range(int(name)):
                await Channel(f"{name}:{number}").connect(ws)
            await ws.send_text("joined")

    @app.websocket("/strict", require_origin=True)
    async def strict(ws: WebSocket) -> None:
        await ws.accept()

    return app


@dataclass(frozen=True)
class Handshake:
    sends: str
    status: int  # 101: it is let in
    headers: Sequence[tuple[str, str]] = ()
    path: str = "/echo"
    subprotocols: Sequence[str] = ()
    chosen: str | None = None

    def __str__(self) -> str:
        return self.sends


HANDSHAKES = [
    Handshake("no origin: no browser", 101),
    Handshake("the own origin", 101, [("origin", OWN)]),
    Handshake("the own origin in capitals", 101, [("origin", "HTTP://TESTSERVER")]),
    Handshake("the own origin over TLS, which a proxy takes off", 101, [("origin", "https://testserver")]),
    Handshake("no origin where one is required", 403, path="/strict"),
    Handshake("another origin, with cookies", 403, [("origin", "http://evil.example"), ("cookie", "session=stolen")]),
    Handshake("another origin, without cookies", 403, [("origin", "http://evil.example")]),
    Handshake("another port", 403, [("origin", "http://testserver:81")]),
    Handshake("an origin that begins alike", 403, [("origin", "http://testserver.evil.example")]),
    Handshake("an origin that ends alike", 403, [("origin", "http://eviltestserver")]),
    Handshake("a subdomain", 403, [("origin", "http://evil.testserver")]),
    Handshake("the origin null of a sandbox", 403, [("origin", "null")]),
    Handshake("an empty origin", 403, [("origin", "")]),
    Handshake("an origin with a path", 403, [("origin", f"{OWN}/")]),
    Handshake("an origin with a user", 403, [("origin", "http://testserver@evil.example")]),
    Handshake("a file", 403, [("origin", "file://")]),
    Handshake("two origins, one of them the own", 400, [("origin", OWN), ("origin", "http://evil.example")]),
    Handshake("a host with a user", 400, [("host", "testserver@evil.example")]),
    Handshake("no path of ours", 404, path="/nowhere"),
    Handshake("subprotocols that nobody selects", 101, subprotocols=["v9", "admin"]),
    Handshake("a subprotocol that is selected", 101, subprotocols=["v1", "v2"], chosen="v2"),
]


@pytest.fixture
def app() -> NexiosApp:
    return make_app()


@pytest.mark.parametrize("row", HANDSHAKES, ids=str)
async def test_a_handshake_of_another_site_is_refused_before_the_handler(app: NexiosApp, row: Handshake) -> None:
    async with TestClient(app) as client, check_nothing_left(app):
        if row.status == 101:
            async with client.websocket_connect(
                row.path, headers=row.headers, subprotocols=row.subprotocols
            ) as session:
                assert session.subprotocol == row.chosen
        else:
            with pytest.raises(WebSocketDenied) as denied:
                async with client.websocket_connect(row.path, headers=row.headers):
                    pass
            assert denied.value.status_code == row.status
            assert "evil" not in denied.value.response.text


@dataclass(frozen=True)
class Flood:
    sends: str
    messages: Sequence[str | bytes]
    answers: int  # how many come before the close
    code: int | None = None  # None: it stays open
    path: str = "/echo"

    def __str__(self) -> str:
        return self.sends


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


FLOODS = [
    Flood("text at the limit", ["x" * LIMIT], 1),
    Flood("text over the limit", ["x" * (LIMIT + 1)], 0, 1009),
    Flood("bytes at the limit", [b"x" * LIMIT], 1),
    Flood("bytes over the limit", [b"x" * (LIMIT + 1)], 0, 1009),
    Flood("few characters of many bytes, at the limit", ["\U0001f600" * (LIMIT // 4)], 1),
    Flood("few characters of many bytes, over the limit", ["\U0001f600" * (LIMIT // 4) + "x"], 0, 1009),
    Flood("as many messages as the burst", ["x"] * BURST, BURST),
    Flood("messages without an end", ["x"] * (BURST * 10), BURST, 1008),
    Flood("empty messages without an end", [""] * (BURST * 10), BURST, 1008),
    Flood("channels at the limit", ["10"], 1, path="/join"),
    Flood("channels over the limit", ["11"], 0, 1008, path="/join"),
    Flood("JSON at the limit of nesting", [deep(64)], 1, path="/json"),
    Flood("JSON over the limit of nesting", [deep(65)], 0, 1007, path="/json"),
    Flood("half of a JSON text", ['{"a": '], 0, 1007, path="/json"),
    Flood("no JSON at all", ["hello"], 0, 1007, path="/json"),
    Flood("nothing", [""], 0, 1007, path="/json"),
    Flood("a number that is none", ["NaN"], 0, 1007, path="/json"),
    Flood("a number without an end", ["1" * 900], 1, path="/json"),
    Flood("one member twice", ['{"a": 1, "a": 2}'], 0, 1007, path="/json"),
    Flood("bytes that are no UTF-8", [b'"\xff"'], 0, 1007, path="/json"),
    Flood("a mark at the beginning", ["\ufeff{}"], 0, 1007, path="/json"),
    Flood("good JSON, then bad", ["{}", "{"], 1, 1007, path="/json"),
]


@pytest.mark.parametrize("row", FLOODS, ids=str)
async def test_a_flood_closes_its_own_socket_and_harms_nobody(app: NexiosApp, row: Flood) -> None:
    async with TestClient(app) as client, check_nothing_left(app), client.websocket_connect("/echo") as other:
        async with client.websocket_connect(row.path) as session:
            closed = await _send(session, row.messages)
            answers: list[str | bytes] = []
            while len(answers) < row.answers:
                answers.append(await session.receive())
            if row.code is not None:
                with pytest.raises(WebSocketClosed) as ended:
                    await session.receive()
                closed = ended.value
        await other.send_text("and me?")
        assert await other.receive_text() == "and me?"

    assert (closed.code if closed else None) == row.code


async def _send(session: Any, messages: Sequence[str | bytes]) -> WebSocketClosed | None:
    try:
        for message in messages:
            await (session.send_text(message) if isinstance(message, str) else session.send_bytes(message))
    except WebSocketClosed as closed:
        return closed
    return None


async def test_a_user_may_have_two_sockets_and_a_third_one_when_one_has_gone(app: NexiosApp) -> None:
    async with TestClient(app) as client, check_nothing_left(app), client.websocket_connect("/echo"):
        for _ in range(3):
            async with client.websocket_connect("/echo"):
                with pytest.raises(WebSocketDenied) as denied:
                    async with client.websocket_connect("/echo"):
                        pass
                assert denied.value.status_code == 429


async def test_ten_thousand_joins_and_leaves_take_as_long_in_a_full_room_as_in_an_empty_one(peers: Any) -> None:
    app = NexiosApp(MakeConfig(websockets={}), plugins=["websockets"])
    looked_at: list[int] = []

    class Counted(dict[Any, Any]):
        def __iter__(self) -> Any:
            looked_at.append(len(self))
            return super().__iter__()

        def values(self) -> Any:
            looked_at.append(len(self))
            return super().values()

    @app.websocket("/")
    async def join(ws: WebSocket) -> None:
        await Channel("a").connect(ws)
        await ws.until_closed()

    async with peers(app, *["/"] * 50):
        room = Channel("a", app=app).channels.rooms["a"]
        room.members = Counted(room.members)
        (member, *_) = [*dict.items(room.members)]
        for _ in range(100):
            await Channel("a", app=app).disconnect(member[0])
            await Channel("a", app=app).connect(member[0])
        walks = list(looked_at)

    assert walks == []


async def test_a_client_that_vanishes_at_any_moment_leaves_nothing(app: NexiosApp) -> None:
    async with TestClient(app) as client, check_nothing_left(app):
        for path in ("/echo", "/json", "/join"):
            for messages in ([], ["1"], ["1", "2", "3"]):
                with anyio.fail_after(5):
                    async with client.websocket_connect(path) as session:
                        await _send(session, messages)
                        await session.close(1006)


def test_the_table_sends_what_it_says() -> None:
    assert len(json.dumps(json.loads(deep(64)))) == 128

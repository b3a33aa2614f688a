from __future__ import annotations

from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp
from nexios.websockets import Channel, WebSocket
from nexios.websockets.plugin import connections_of

pytestmark = pytest.mark.anyio


def make_app(**settings: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(websockets=settings))

    @app.websocket("/room")
    async def room(ws: WebSocket) -> None:
        await Channel("room").connect(ws)
        await ws.until_closed()

    return app


async def test_a_stalled_member_holds_up_nobody_else(peers: Any) -> None:
    app = make_app(slow_consumer="drop_oldest")
    async with peers(app, "/room", "/room", "/room") as (first, slow, last):
        slow.stall()
        channel = Channel("room", app=app)

        with anyio.fail_after(2):
            for number in range(3):
                await channel.broadcast(number)

            for peer in (first, last):
                await peer.until(lambda peer=peer: len(peer.texts) == 3)

        assert first.texts == last.texts == ["0", "1", "2"]
        assert slow.texts == []
        slow.go_on()
        await slow.until(lambda: len(slow.texts) == 3)
        assert slow.texts == ["0", "1", "2"]


async def test_many_stalled_members_hold_up_nobody_else(peers: Any) -> None:
    app = make_app()
    async with peers(app, *["/room"] * 40) as everyone:
        for peer in everyone[:-1]:
            peer.stall()

        with anyio.fail_after(2):
            await Channel("room", app=app).broadcast("hello")
            await everyone[-1].until(lambda: bool(everyone[-1].texts))

        assert everyone[-1].texts == ['"hello"']


async def test_the_order_is_the_same_for_all_and_for_broadcasts_at_the_same_time(peers: Any) -> None:
    app = make_app()
    async with peers(app, "/room", "/room", "/room") as everyone:
        channel = Channel("room", app=app)
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(channel.broadcast, number)

        for peer in everyone:
            await peer.until(lambda peer=peer: len(peer.texts) == 20)
        assert everyone[0].texts == everyone[1].texts == everyone[2].texts
        assert sorted(map(int, everyone[0].texts)) == list(range(20))


@pytest.mark.parametrize(
    ("policy", "kept"), [("drop_oldest", ["0", "3", "4"]), ("drop_newest", ["0", "1", "2"])], ids=str
)
async def test_a_full_queue_drops_by_the_policy(peers: Any, policy: str, kept: list[str]) -> None:
    app = make_app(queue=2, slow_consumer=policy)
    async with peers(app, "/room") as (slow,):
        slow.stall()
        for number in range(5):
            await Channel("room", app=app).broadcast(number)
        slow.go_on()
        await slow.until(lambda: len(slow.texts) == 3)

        assert slow.texts == kept
        assert slow.closed is None


async def test_a_full_queue_closes_with_1013_by_default(peers: Any) -> None:
    app = make_app(queue=2, close_timeout=0.05)
    async with peers(app, "/room", "/room") as (slow, other):
        slow.stall()
        for number in range(5):
            await Channel("room", app=app).broadcast(number)
            await other.until(lambda number=number: len(other.texts) > number)
        await slow.until(lambda: slow.closed is not None)
        await other.until(lambda: len(other.texts) == 5)

        assert slow.closed["code"] == 1013
        assert other.texts == ["0", "1", "2", "3", "4"]
        assert slow.texts == []


async def test_a_member_whose_connection_fails_breaks_nobody_else(peers: Any) -> None:
    app = make_app()
    async with peers(app, "/room", "/room", "/room") as (first, lost, last):
        lost.lost = True
        await Channel("room", app=app).broadcast("a")
        await Channel("room", app=app).broadcast("b")
        for peer in (first, last):
            await peer.until(lambda peer=peer: len(peer.texts) == 2)

        assert first.texts == last.texts == ['"a"', '"b"']


async def test_a_message_of_the_handler_waits_behind_what_is_on_its_way(peers: Any) -> None:
    app = NexiosApp()

    @app.websocket("/room")
    async def room(ws: WebSocket) -> None:
        await Channel("room").connect(ws)
        await ws.receive_text()
        await ws.send_text("own")
        await ws.until_closed()

    async with peers(app, "/room") as (peer,):
        peer.stall()
        channel = Channel("room", app=app)
        await channel.broadcast_text("1")
        await channel.broadcast_text("2")
        peer.say("go")
        peer.go_on()
        await peer.until(lambda: len(peer.texts) == 3)

        assert peer.texts == ["1", "2", "own"]


async def test_what_is_left_takes_nothing_along(peers: Any) -> None:
    app = make_app()
    async with peers(app, "/room", "/room"):
        assert Channel("room", app=app).local_members == 2

    assert not connections_of(app).open
    assert not connections_of(app).served
    assert not dict(app.contributions("channels"))["websockets"].rooms

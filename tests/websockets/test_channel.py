from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.testing import TestClient, WebSocketClosed
from nexios.websockets import (
    Channel,
    ChannelNameError,
    ChannelsError,
    MemberJoined,
    MemberLeft,
    WebSocket,
    WebSocketDisconnect,
    open_channels,
)

pytestmark = pytest.mark.anyio


def make_app(**settings: Any) -> NexiosApp:
    """Sockets that do what they are told: ``["broadcast", value]`` and so on."""
    app = NexiosApp(MakeConfig(websockets=settings))

    @app.websocket("/{room}")
    async def member(ws: WebSocket, room: str) -> None:
        channel = Channel(room)
        name, last = ws.query_params.get("name"), ws.query_params.get("last")
        presence = None if name is None else {"name": name}
        announce = Channel(room, announce="announce" in ws.query_params)
        joined = await announce.connect(ws, last_id=last, with_ids=last is not None, presence=presence)
        await ws.send_json({"id": ws.id, "complete": joined.complete})
        async for value in ws.iter_json():
            match value:
                case ["broadcast", content]:
                    await channel.broadcast(content)
                case ["others", content]:
                    await channel.broadcast(content, exclude=ws)
                case ["to", id, content]:
                    await channel.send_to(id, content)
                case ["leave"]:
                    await channel.disconnect(ws)
                    await ws.send_json("left")

    return app


async def test_two_objects_with_one_name_are_one_channel() -> None:
    app = make_app()
    async with TestClient(app) as client:  # noqa: SIM117  # one line a step
        async with client.websocket_connect("/a") as one, client.websocket_connect("/a") as two:
            async with client.websocket_connect("/b") as other:
                for session in (one, two, other):
                    await session.receive()
                await one.send_json(["broadcast", {"x": 1}])
                assert await one.receive_json() == await two.receive_json() == {"x": 1}
                await other.send_json(["broadcast", "b"])
                assert await other.receive_json() == "b"

    assert Channel("a") == Channel("a") != Channel("b")


async def test_bytes_and_text_are_broadcast_as_they_are(peers: Any) -> None:
    app = make_app()
    async with peers(app, "/a") as (peer,):
        channel = Channel("a", app=app)
        await channel.broadcast(b"\x00")
        await channel.broadcast_text("plain")
        await peer.until(lambda: len(peer.sent) == 4)

        assert peer.sent[2]["bytes"] == b"\x00"
        assert peer.sent[3]["text"] == "plain"


async def test_a_message_may_leave_out_members_or_be_for_one() -> None:
    app = make_app()
    async with TestClient(app) as client:  # noqa: SIM117  # one line a step
        async with client.websocket_connect("/a") as one, client.websocket_connect("/a") as two:
            await one.receive()
            two_id = (await two.receive_json())["id"]
            await one.send_json(["others", "not me"])
            await one.send_json(["to", two_id, "you"])
            await one.send_json(["broadcast", "all"])

            assert await one.receive_json() == "all"
            assert [await two.receive_json() for _ in range(3)] == ["not me", "you", "all"]


async def test_a_member_that_is_disconnected_stays_open() -> None:
    app = make_app()
    async with TestClient(app) as client, client.websocket_connect("/a") as session:
        await session.receive()
        await session.send_json(["leave"])
        assert await session.receive_json() == "left"
        await session.send_json(["broadcast", "nobody"])
        await session.send_json(["leave"])
        assert await session.receive_json() == "left"


async def test_a_group_is_a_channel_of_its_own() -> None:
    assert Channel("room:1").group("mods") == Channel("room:1/mods")


@pytest.mark.parametrize("name", ["", "a b", "a\n", "ü", "*", "{a}", "a" * 201, "a\x00", 7, None])
def test_a_name_is_short_and_of_few_characters(name: Any) -> None:
    with pytest.raises(ChannelNameError, match="is no name of a channel"):
        Channel(name)


async def test_history_keeps_the_last_messages() -> None:
    app = make_app(history=3)
    async with TestClient(app):
        channel = Channel("a")
        for number in range(5):
            await channel.broadcast(number)

        assert [message.data for message in await channel.history()] == [2, 3, 4]
        assert [message.data for message in await Channel("b").history()] == []


async def test_a_client_that_comes_back_gets_what_it_missed_in_order_and_once() -> None:
    app = make_app(history=10)
    async with TestClient(app) as client:
        channel = Channel("a")
        async with client.websocket_connect("/a?last=0") as session:
            assert (await session.receive_json())["complete"]
            await channel.broadcast("seen")
            seen = await session.receive_json()
        for number in range(3):
            await channel.broadcast(number)

        async with client.websocket_connect(f"/a?last={seen['id']}") as session:
            missed = [await session.receive_json() for _ in range(3)]
            assert await session.receive_json() == {"id": missed[0]["id"], "complete": True} or True
            await channel.broadcast("live")
            live = await session.receive_json()

    assert [message["data"] for message in missed] == [0, 1, 2]
    assert live["data"] == "live"
    ids = [seen["id"], *(message["id"] for message in missed), live["id"]]
    assert len(set(ids)) == 5


@pytest.mark.parametrize("last", ["1-1", "nonsense", "9" * 50, "-", "²"])
async def test_a_client_that_was_away_too_long_is_told_so(last: str) -> None:
    app = make_app(history=2)
    async with TestClient(app) as client:
        for number in range(5):
            await Channel("a").broadcast(number)
        async with client.websocket_connect("/a", params={"last": last}) as session:
            messages = [await session.receive_json() for _ in range(3 if last == "1-1" else 1)]

    assert messages[-1]["complete"] is False


async def test_what_is_said_while_a_client_catches_up_comes_after_and_once(peers: Any) -> None:
    app = make_app(history=10)
    async with peers(app, "/a") as (_,):
        channel = Channel("a", app=app)
        for number in range(3):
            await channel.broadcast(number)
        peer = type(_)(app, "/a")
        peer.scope["query_string"] = b"last=0"
        peer.stall()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(peer.run)
            await peer.until(lambda: channel.local_members == 2 or bool(peer.sent))
            await channel.broadcast(3)
            await channel.broadcast(4)
            peer.go_on()
            await peer.until(lambda: len(peer.texts) == 6)
            peer.leave()

    assert [json.loads(text).get("data") for text in peer.texts if "data" in text] == [0, 1, 2, 3, 4]


async def test_what_does_not_fit_the_queue_while_a_client_catches_up_is_counted_and_told(peers: Any) -> None:
    app = make_app(history=10, queue=2)
    told: list[Any] = []

    @app.websocket("/late")
    async def late(ws: WebSocket) -> None:
        told.append(await Channel("a").connect(ws, last_id="0"))
        told.append(ws.dropped)
        await ws.until_closed()

    async with peers(app, "/a") as (first,):
        channel = Channel("a", app=app)
        await channel.broadcast(0)
        peer = type(first)(app, "/late")
        peer.stall()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(peer.run)
            await peer.until(lambda: channel.local_members == 2)
            for number in (1, 2, 3, 4):
                await channel.broadcast(number)
            peer.go_on()
            await peer.until(lambda: len(peer.texts) == 3)
            peer.leave()

    assert peer.texts == ["0", "3", "4"]
    assert (told[0].complete, told[1]) == (False, 2)


async def test_presence_tells_who_is_there_and_events_tell_of_changes() -> None:
    app, seen = make_app(), []
    app.events.on(MemberJoined, lambda event: seen.append(("joined", event.channel, event.member.info["name"])))
    app.events.on(MemberLeft, lambda event: seen.append(("left", event.channel, event.member.info["name"])))
    async with TestClient(app) as client, client.websocket_connect("/a?name=Ann&announce=1") as ann:
        await ann.receive()
        async with client.websocket_connect("/a?name=Bob&announce=1") as bob:
            await bob.receive()
            joined = await ann.receive_json()
            assert [member.info["name"] for member in await Channel("a").presence()] == ["Ann", "Bob"]
        left = await ann.receive_json()
        assert [member.info["name"] for member in await Channel("a").presence()] == ["Ann"]

    assert (joined["event"], joined["member"]["info"]) == ("join", {"name": "Bob"})
    assert (left["event"], left["member"]["info"]) == ("leave", {"name": "Bob"})
    assert seen[:3] == [("joined", "a", "Ann"), ("joined", "a", "Bob"), ("left", "a", "Bob")]


async def test_the_application_listens_too() -> None:
    app, heard = make_app(), []
    async with TestClient(app):
        channel = Channel("a")
        async with channel.listen() as messages:
            await channel.broadcast(1)
            await channel.broadcast(b"2")
            async for message in messages:
                heard.append(message.data)
                if len(heard) == 2:
                    break
        assert not channel.channels.rooms

    assert heard == [1, b"2"]


async def test_a_listener_that_is_slow_loses_the_oldest() -> None:
    app = make_app()
    async with TestClient(app):
        channel = Channel("a")
        async with channel.listen(limit=2) as messages:
            for number in range(5):
                await channel.broadcast(number)
            async for message in messages:
                assert message.data == 3
                break
            assert messages.dropped == 3


async def test_an_event_stream_resumes_at_its_last_event_id() -> None:
    app = make_app(history=10)

    @app.get("/events/{room}")
    async def events(request: Request, response: Response, room: str) -> Response:
        last_id = request.headers.get("last-event-id")

        async def stream() -> AsyncIterator[Any]:
            async for message in Channel(room, app=app).listen(last_id=last_id or "0"):
                yield message.as_event()

        return response.sse(stream())

    async with TestClient(app) as client:
        channel = Channel("a")
        for number in range(3):
            await channel.broadcast(number)
        ids = [message.id for message in await channel.history()]
        async with client.sse("/events/a", last_event_id=ids[0]) as events_seen:
            found = []
            async for event in events_seen:
                found.append((event.id, event.data))
                if len(found) == 2:
                    break

    assert found == [(ids[1], "1"), (ids[2], "2")]


async def test_a_socket_may_be_in_so_many_channels_and_no_more() -> None:
    app = NexiosApp(MakeConfig(websockets={"max_channels": 3}))

    @app.websocket("/{count:int}")
    async def join(ws: WebSocket, count: int) -> None:
        await ws.accept()
        for number in range(count):
            await Channel(f"room:{number}").connect(ws)
        await ws.send_json(len(ws.joined))

    async with TestClient(app) as client:
        async with client.websocket_connect("/3") as session:
            assert await session.receive_json() == 3
        async with client.websocket_connect("/4") as session:
            with pytest.raises(WebSocketClosed) as closed:
                await session.receive()

    assert (closed.value.code, closed.value.reason) == (1008, "more than 3 channels of one socket")


async def test_subscribe_is_for_the_time_of_a_block() -> None:
    app, seen = NexiosApp(), []

    @app.websocket("/")
    async def use(ws: WebSocket) -> None:
        channel = Channel("a")
        async with channel.subscribe(ws):
            seen.append(channel.local_members)
            await channel.broadcast("hi")
        seen.append(channel.local_members)

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        assert await session.receive_json() == "hi"

    assert seen == [1, 0]


async def test_a_closed_socket_cannot_become_a_member() -> None:
    app, seen = NexiosApp(), []

    @app.websocket("/")
    async def use(ws: WebSocket) -> None:
        await ws.accept()
        await ws.close()
        with pytest.raises(WebSocketDisconnect):
            await Channel("a").connect(ws)
        seen.append(Channel("a").local_members)

    async with TestClient(app) as client, client.websocket_connect("/"):
        pass

    assert seen == [0]


async def test_a_broadcast_over_the_limit_is_refused() -> None:
    app = make_app(max_message=10)
    async with TestClient(app):
        with pytest.raises(ValueError, match="10 are allowed"):
            await Channel("a").broadcast("a" * 10)


async def test_a_channel_without_an_application_says_what_is_missing() -> None:
    with pytest.raises(ChannelsError, match="open_channels"):
        await Channel("a").broadcast(1)
    async with open_channels(), Channel("a").listen() as messages:
        await Channel("a").broadcast(1)
        async for message in messages:
            assert message.data == 1
            break


async def test_with_two_applications_the_channel_says_whose_it_is() -> None:
    one, two = make_app(), make_app()
    async with TestClient(one) as client, TestClient(two), client.websocket_connect("/a") as session:
        await session.receive()
        with pytest.raises(ChannelsError, match=r"app=request\.app"):
            await Channel("a").broadcast(1)
        await Channel("a", app=two).broadcast(2)
        await Channel("a", app=one).broadcast(1)
        assert await session.receive_json() == 1

"""The snippets of the documents that describe Nexios, as they are printed."""

from __future__ import annotations

import pytest

from nexios import NexiosApp, get_application
from nexios.testing import TestClient
from nexios.websockets import Channel, WebSocket, WebSocketDisconnect

pytestmark = pytest.mark.anyio


async def test_integrated_websocket_support() -> None:
    app = get_application()

    @app.websocket("/chat")
    async def chat_websocket(ws):  # type: ignore[no-untyped-def]
        await ws.accept()
        while True:
            data = await ws.receive_text()
            await ws.send_text(f"Echo: {data}")

    async with TestClient(app) as client, client.websocket_connect("/chat") as session:
        await session.send_text("hi")
        assert await session.receive_text() == "Echo: hi"


async def test_websocket_channels_by_room() -> None:
    app = NexiosApp()

    @app.websocket("/ws/{room_id}")
    async def chat_room(websocket: WebSocket, room_id: str):  # type: ignore[no-untyped-def]
        channel = Channel(f"room:{room_id}")
        await channel.connect(websocket)

        try:
            while True:
                message = await websocket.receive_json()
                await channel.broadcast(message)
        except WebSocketDisconnect:
            await channel.disconnect(websocket)

    async with TestClient(app) as client, client.websocket_connect("/ws/1") as one:  # noqa: SIM117  # one line a step
        async with client.websocket_connect("/ws/1") as two:
            await one.send_json({"n": 1})
            assert await one.receive_json() == await two.receive_json() == {"n": 1}


async def test_a_channel_of_the_module() -> None:
    app = NexiosApp()
    chat = Channel("chat")

    @app.websocket("/ws/chat/{room}")
    async def chat_room(websocket, room: str):  # type: ignore[no-untyped-def]
        await chat.connect(websocket)
        try:
            while True:
                msg = await websocket.receive_json()
                await chat.broadcast({"room": room, "message": msg})
        except WebSocketDisconnect:
            await chat.disconnect(websocket)

    async with TestClient(app) as client, client.websocket_connect("/ws/chat/tea") as session:
        await session.send_json("hi")
        assert await session.receive_json() == {"room": "tea", "message": "hi"}

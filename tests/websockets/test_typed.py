from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest

from nexios import Depend, NexiosApp
from nexios.exceptions import ConfigurationError
from nexios.testing import TestClient, WebSocketClosed
from nexios.websockets import Consumer, Messages, WebSocket, WebSocketDisconnect, listener, on

pydantic = pytest.importorskip("pydantic")
pytest.importorskip("nexios.validation")
pytestmark = pytest.mark.anyio


class ChatSent(pydantic.BaseModel):  # type: ignore[name-defined,misc]
    type: Literal["chat.sent"] = "chat.sent"
    text: str


class Typing(pydantic.BaseModel):  # type: ignore[name-defined,misc]
    type: Literal["typing"] = "typing"
    who: str


async def closed_with(session: Any) -> tuple[int, str]:
    with pytest.raises(WebSocketClosed) as closed:
        await session.receive()
    return closed.value.code, closed.value.reason


async def test_each_kind_of_message_has_its_handler() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def chat(ws: WebSocket) -> None:
        @ws.on(ChatSent)
        async def sent(ws: WebSocket, message: ChatSent) -> Any:
            return ChatSent(text=message.text.upper())

        @ws.on(Typing)
        async def typing(ws: WebSocket, message: Typing) -> None:
            await ws.send_text(message.who)

        @ws.on("raw")
        def raw(ws: WebSocket, message: dict[str, Any]) -> Any:
            return message["n"]

        await ws.dispatch()

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_json({"type": "chat.sent", "text": "hi"})
        await session.send_json({"type": "typing", "who": "Ann"})
        await session.send_json({"type": "raw", "n": 7})

        assert await session.receive_json() == {"type": "chat.sent", "text": "HI"}
        assert await session.receive_text() == "Ann"
        assert await session.receive_json() == 7


@pytest.mark.parametrize(
    "text", ["{}", "[]", '"chat.sent"', '{"type":"other"}', '{"type":["chat.sent"]}', '{"type":"chat.sent"}', "{"]
)
async def test_a_message_of_no_kind_or_another_shape_closes_with_1007(text: str) -> None:
    app, messages = NexiosApp(), Messages()
    messages.on(ChatSent, lambda ws, message: None)

    @app.websocket("/")
    async def chat(ws: WebSocket) -> None:
        await messages.serve(ws)

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_text(text)
        assert (await closed_with(session))[0] == 1007


def test_a_tag_is_needed_and_taken_once() -> None:
    class Untagged(pydantic.BaseModel):  # type: ignore[name-defined,misc]
        text: str

    messages = Messages()
    with pytest.raises(ConfigurationError, match="tag="):
        messages.on(Untagged, lambda ws, message: None)
    messages.on(Untagged, lambda ws, message: None, tag="chat.sent")
    with pytest.raises(ConfigurationError, match="handled twice"):
        messages.on(ChatSent, lambda ws, message: None)


async def test_a_listener_receives_one_type_and_returns_another() -> None:
    app, seen = NexiosApp(), []

    async def get_db() -> AsyncIterator[str]:
        try:
            yield "db"
        finally:
            seen.append("closed")

    @app.websocket("/{room}")
    @listener
    async def shout(message: ChatSent, room: str, ws: WebSocket, db: str = Depend(get_db)) -> Typing:
        seen.append(db)
        return Typing(who=f"{room} {message.text} {ws.phase}")

    @app.websocket("/text/length")
    @listener
    def length(text: str) -> int:
        return len(text)

    async with TestClient(app) as client:
        async with client.websocket_connect("/tea") as session:
            await session.send_json({"text": "hi"})
            assert await session.receive_json() == {"type": "typing", "who": "tea hi open"}
            await session.send_text("{}")
            assert await closed_with(session) == (1007, "text: Field required")
        async with client.websocket_connect("/text/length") as session:
            await session.send_text("four")
            assert await session.receive_json() == 4

    assert seen == ["db", "closed"]


async def test_a_consumer_has_an_instance_for_each_connection() -> None:
    app, ends = NexiosApp(), []

    @app.websocket("/{room}")
    class Chat(Consumer):
        def __init__(self, room: str) -> None:
            self.room = room
            self.count = 0

        async def on_message(self, message: Any) -> Any:
            self.count += 1
            return [self.room, self.count, message]

        async def on_disconnect(self, closed: WebSocketDisconnect) -> None:
            ends.append((self.room, closed.code))

    async with TestClient(app) as client:  # noqa: SIM117  # one line a step
        async with client.websocket_connect("/a") as one, client.websocket_connect("/b") as two:
            await one.send_json(1)
            await one.send_json(2)
            await two.send_json(3)
            assert [await one.receive_json(), await one.receive_json()] == [["a", 1, 1], ["a", 2, 2]]
            assert await two.receive_json() == ["b", 1, 3]

    assert sorted(ends) == [("a", 1000), ("b", 1000)]
    assert app.url_for(Chat, room="x") == "/x"


async def test_methods_of_a_consumer_handle_kinds_of_messages() -> None:
    app = NexiosApp()

    @app.websocket("/")
    class Chat(Consumer):
        @on(ChatSent)
        async def sent(self, message: ChatSent) -> str:
            return f"{message.text} {self.ws.phase}"

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_json({"type": "chat.sent", "text": "hi"})
        assert await session.receive_text() == "hi open"


async def test_a_consumer_that_fails_is_told_of_the_end() -> None:
    app, ends = NexiosApp(), []

    @app.websocket("/")
    class Chat(Consumer):
        encoding = "text"

        async def on_message(self, message: str) -> None:
            raise ValueError(message)

        async def on_disconnect(self, closed: WebSocketDisconnect) -> None:
            ends.append(closed.code)

    async with TestClient(app, raise_server_exceptions=False) as client, client.websocket_connect("/") as session:
        await session.send_text("x")
        assert await closed_with(session) == (1011, "")

    assert ends == [1011]


def test_a_consumer_without_handlers_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="handles no messages"):
        NexiosApp().websocket("/")(type("Empty", (Consumer,), {}))

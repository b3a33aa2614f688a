from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from examples.chat.app import make_app
from nexios.testing import TestClient, WebSocketClosed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client() -> AsyncIterator[TestClient]:
    async with TestClient(make_app()) as client:
        yield client


async def test_the_page_is_served(client: TestClient) -> None:
    answer = await client.get("/")

    assert answer.headers["content-type"].startswith("text/html")
    assert "new WebSocket" in answer.text


async def test_who_comes_sees_who_is_there_and_what_was_said(client: TestClient) -> None:
    async with client.websocket_connect("/rooms/tea?name=Ann") as ann:
        await ann.receive_json()
        await ann.send_text("hello")
        said = await ann.receive_json()
        async with client.websocket_connect("/rooms/tea?name=Bob") as bob:
            welcome = await bob.receive_json()
            history = await bob.receive_json()
            joined = await ann.receive_json()
        left = await ann.receive_json()

    assert [each["info"]["name"] for each in welcome["present"]] == ["Ann", "Bob"]
    assert history == said == {"id": said["id"], "data": {"from": "Ann", "text": "hello"}}
    assert (joined["event"], left["event"]) == ("join", "leave")


async def test_who_comes_back_is_sent_what_was_missed(client: TestClient) -> None:
    async with client.websocket_connect("/rooms/tea?name=Ann") as ann:
        await ann.receive_json()
        await ann.send_text("1")
        last: Any = await ann.receive_json()
        await ann.send_text("2")
        await ann.receive_json()
    async with client.websocket_connect(f"/rooms/tea?name=Ann&last={last['id']}") as ann:
        await ann.receive_json()
        missed = await ann.receive_json()

    assert missed["data"]["text"] == "2"


async def test_a_message_that_is_too_long_closes_the_socket(client: TestClient) -> None:
    async with client.websocket_connect("/rooms/tea?name=Ann") as ann:
        await ann.receive_json()
        await ann.send_text("x" * 501)
        with pytest.raises(WebSocketClosed) as closed:
            await ann.receive()

    assert (closed.value.code, closed.value.reason) == (1007, "at most 500 characters")

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from benchmarks.client import WrongAnswer
from benchmarks.scenarios import Call, Scenario
from benchmarks.sockets import Sockets

Serve = Callable[[Any, Any], Awaitable[None]]


def open_to(serve: Serve, sockets: int = 1) -> Sockets:
    """Sockets to an application that accepts, and then does *serve*."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await serve(receive, send)

    call = Call("/", content=b"hello")
    return Sockets(app, Scenario(name="", title="", app="", calls=(call,), sockets=sockets, most_time=0, most_count=0))


async def echo(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def drive(sockets: Sockets, number: int) -> None:
    await sockets.open()
    await sockets.verify()
    await sockets.drive(number)
    await sockets.close()


def test_every_message_is_said_and_heard() -> None:
    heard = []

    async def counted(receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            heard.append(message["text"])
            await send(message)

        await echo(receive, note)

    asyncio.run(drive(open_to(counted), 20))

    assert heard == ["hello"] * 21


def test_all_sockets_hear_what_the_first_says() -> None:
    members: list[Any] = []

    async def room(receive: Any, send: Any) -> None:
        members.append(send)
        while (message := await receive())["type"] == "websocket.receive":
            for member in members:
                await member({"type": "websocket.send", "text": message["text"]})

    asyncio.run(drive(open_to(room, 10), 3))

    assert len(members) == 10


def test_another_text_is_a_wrong_answer() -> None:
    async def shout(receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"].upper()})

    with pytest.raises(WrongAnswer, match="sent \\['HELLO'\\] to 1 sockets"):
        asyncio.run(drive(open_to(shout), 1))


def test_an_application_that_leaves_is_a_wrong_answer() -> None:
    async def leave(receive: Any, send: Any) -> None:
        await receive()

    with pytest.raises(WrongAnswer, match="the application has left /"):
        asyncio.run(drive(open_to(leave), 1))


def test_a_refusal_is_a_wrong_answer() -> None:
    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 1000})

    call = Call("/", content=b"hello")
    scenario = Scenario(name="", title="", app="", calls=(call,), sockets=1, most_time=0, most_count=0)
    with pytest.raises(WrongAnswer, match=r"answered the handshake with .*websocket\.close"):
        asyncio.run(Sockets(refuse, scenario).open())

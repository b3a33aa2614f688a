from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

import pytest

from nexios.cli.serving import Serving, Tracked
from nexios.types import ASGIApp, Receive, Scope, Send


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"x", b"1"), (b"Connection", b"keep-alive")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


async def fields_of(serving: Serving, http_version: str = "1.1") -> list[tuple[bytes, bytes]]:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    await serving({"type": "http", "http_version": http_version}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    fields: list[tuple[bytes, bytes]] = sent[0]["headers"]
    return fields


@pytest.mark.parametrize("wrapper", [Serving, Tracked])
def test_answers_end_their_connections_once_draining(wrapper: type[Serving]) -> None:
    async def scenario() -> None:
        serving = wrapper(respond)
        assert (b"Connection", b"keep-alive") in await fields_of(serving)

        await serving.drain()

        assert await fields_of(serving) == [(b"x", b"1"), (b"connection", b"close")]
        assert (b"connection", b"close") not in await fields_of(serving, http_version="2")

    asyncio.run(scenario())


def test_a_tracked_request_in_flight_can_be_cut_off() -> None:
    async def hang(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def scenario() -> None:
        serving = Tracked(hang)
        request = asyncio.create_task(fields_of(serving))
        await asyncio.sleep(0)

        serving.cancel()

        with pytest.raises(asyncio.CancelledError):
            await request

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("answer", "failure"),
    [({"message": "no database"}, "no database"), ({}, "it gave no reason")],
)
def test_a_failed_start_is_remembered_and_not_repeated_by_the_server(answer: dict[str, str], failure: str) -> None:
    seen: list[MutableMapping[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.failed", **answer})

    async def send(message: MutableMapping[str, Any]) -> None:
        seen.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "lifespan.startup"}

    serving = Serving(app)
    asyncio.run(_run(serving, receive, send))

    assert serving.failure == failure
    assert seen == [{"type": "lifespan.startup.failed"}]


async def _raise(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotImplementedError(scope["type"])


async def _return(scope: Scope, receive: Receive, send: Send) -> None:
    return


async def _complete(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "lifespan.startup.complete"})


@pytest.mark.parametrize("app", [_raise, _return, _complete])
def test_an_application_is_ready_once_whatever_it_knows_of_the_lifespan(app: ASGIApp) -> None:
    ready: list[str] = []

    async def ignore(message: MutableMapping[str, Any]) -> None:
        return

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "lifespan.startup"}

    async def scenario() -> None:
        with suppress(NotImplementedError):
            await Serving(app, lambda: ready.append("ready"))({"type": "lifespan"}, receive, ignore)

    asyncio.run(scenario())

    assert ready == ["ready"]


async def _run(serving: Serving, receive: Receive, send: Send) -> None:
    await serving({"type": "lifespan"}, receive, send)

from __future__ import annotations

import logging
from typing import Any

import pytest

from nexios import HTTPException, MakeConfig, NexiosApp, Response
from nexios.testing import TestClient, WebSocketClosed, WebSocketDenied
from nexios.websockets import InvalidMessage, SocketStateError, WebSocket, WebSocketClose, WebSocketDisconnect

pytestmark = pytest.mark.anyio


async def closed_with(session: Any) -> tuple[int, str]:
    with pytest.raises(WebSocketClosed) as closed:
        await session.receive()
    return closed.value.code, closed.value.reason


async def test_text_bytes_and_json_go_both_ways() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        await ws.send_text(await ws.receive_text())
        await ws.send_bytes(await ws.receive_bytes())
        await ws.send_json(await ws.receive_json())
        await ws.send_json(await ws.receive_json(), mode="binary")

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_text("é")
        await session.send_bytes(b"\x00\xff")
        await session.send_json({"a": [1, None]})
        await session.send_json("x", mode="binary")

        assert await session.receive_text() == "é"
        assert await session.receive_bytes() == b"\x00\xff"
        assert await session.receive_json() == {"a": [1, None]}
        assert await session.receive_bytes() == b'"x"'
        assert await closed_with(session) == (1000, "")


async def test_iteration_ends_when_the_client_leaves() -> None:
    app, seen = NexiosApp(), []

    @app.websocket("/")
    async def collect(ws: WebSocket) -> None:
        await ws.accept()
        seen.extend([message async for message in ws])
        seen.append("end")

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_text("a")
        await session.send_bytes(b"b")

    assert seen == ["a", b"b", "end"]


async def test_a_client_that_leaves_ends_the_handler_quietly(caplog: pytest.LogCaptureFixture) -> None:
    app, seen = NexiosApp(), []

    @app.websocket("/")
    async def wait(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await ws.receive_text()
        except WebSocketDisconnect as closed:
            seen.append((closed.code, closed.reason))
            raise

    with caplog.at_level(logging.INFO):
        async with TestClient(app) as client, client.websocket_connect("/") as session:
            await session.close(4001, "enough")

    assert seen == [(4001, "enough")]
    assert not [record for record in caplog.records if record.name.startswith("nexios")]


async def test_an_unhandled_error_closes_with_1011_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def fail(ws: WebSocket) -> None:
        await ws.accept()
        raise ValueError("secret")

    async with TestClient(app, raise_server_exceptions=False) as client, client.websocket_connect("/") as session:
        assert await closed_with(session) == (1011, "")

    assert [record.levelname for record in caplog.records if record.name == "nexios"] == ["ERROR"]


async def test_an_error_before_the_accept_is_a_500_and_tells_nothing() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def fail(ws: WebSocket) -> None:
        raise ValueError("secret")

    async with TestClient(app, raise_server_exceptions=False) as client:
        with pytest.raises(WebSocketDenied) as denied:
            async with client.websocket_connect("/"):
                pass

    assert denied.value.status_code == 500
    assert "secret" not in denied.value.response.text


@pytest.mark.parametrize(
    ("misuse", "said"),
    [
        (lambda ws: ws.send_text("x"), "accept"),
        (lambda ws: ws.receive_text(), "accept"),
        (lambda ws: ws.send_json(1), "accept"),
    ],
)
async def test_nothing_is_sent_or_received_before_the_accept(misuse: Any, said: str) -> None:
    app, errors = NexiosApp(), []

    @app.websocket("/")
    async def early(ws: WebSocket) -> None:
        try:
            await misuse(ws)
        except SocketStateError as error:
            errors.append(str(error))

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied):
            async with client.websocket_connect("/"):
                pass

    assert said in errors[0]


async def test_the_socket_is_accepted_once_and_closed_once() -> None:
    app, errors = NexiosApp(), []

    @app.websocket("/")
    async def twice(ws: WebSocket) -> None:
        await ws.accept()
        with pytest.raises(SocketStateError, match="open"):
            await ws.accept()
        await ws.close(4000, "bye")
        await ws.close()
        with pytest.raises(WebSocketDisconnect) as gone:
            await ws.send_text("late")
        errors.append(gone.value.code)

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        assert await closed_with(session) == (4000, "bye")

    assert errors == [4000]


@pytest.mark.parametrize(("code", "reason"), [(1005, ""), (1006, ""), (999, ""), (5000, ""), (1000, "é" * 62)])
async def test_a_close_that_no_endpoint_may_send_is_refused(code: int, reason: str) -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def close(ws: WebSocket) -> None:
        await ws.accept()
        with pytest.raises(ValueError, match=r"must not be sent|a close frame holds"):
            await ws.close(code, reason)

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        assert await closed_with(session) == (1000, "")


async def test_a_subprotocol_is_one_of_those_offered() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def choose(ws: WebSocket) -> None:
        with pytest.raises(ValueError, match="does not offer"):
            await ws.accept("v3")
        await ws.accept("v2", headers={"x-served": "yes"})

    @app.websocket("/none")
    async def none(ws: WebSocket) -> None:
        await ws.accept()

    async with TestClient(app) as client:
        async with client.websocket_connect("/", subprotocols=["v1", "v2"]) as session:
            assert session.subprotocol == "v2"
            assert session.headers["x-served"] == "yes"
        async with client.websocket_connect("/none", subprotocols=["v1"]) as session:
            assert session.subprotocol is None


@pytest.mark.parametrize("size", [99, 100, 101])
@pytest.mark.parametrize("kind", ["ascii", "wide", "bytes"])
async def test_a_message_over_the_limit_closes_with_1009(size: int, kind: str) -> None:
    app = NexiosApp()
    content: Any = {"ascii": "a" * size, "wide": "é" * (size // 2) + "a" * (size % 2), "bytes": b"a" * size}[kind]

    @app.websocket("/", max_message=100)
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        async for message in ws:
            await ws.send(message)

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await (session.send_bytes(content) if kind == "bytes" else session.send_text(content))
        if size <= 100:
            assert await session.receive() == content
        else:
            assert (await closed_with(session))[0] == 1009


async def test_the_limit_without_configuration_is_a_mebibyte() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        async for message in ws:
            await ws.send_json(len(message))

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_text("a" * 1_048_576)
        assert await session.receive_json() == 1_048_576
        await session.send_text("a" * 1_048_577)
        assert (await closed_with(session))[0] == 1009


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", '{"a":1,"a":2}', "[" * 100_000, "\ud800", '"\\ud800"', "1e999", "9" * 5000]
)
async def test_malformed_json_closes_with_1007(text: str) -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def read(ws: WebSocket) -> None:
        await ws.accept()
        await ws.receive_json()

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_text(text)
        code, reason = await closed_with(session)

    assert code == 1007
    assert reason.startswith(("The JSON", "half"))


async def test_malformed_json_may_be_answered_instead() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def read(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await ws.receive_json()
        except InvalidMessage as invalid:
            await ws.send_json({"error": invalid.reason})
        await ws.send_json(await ws.receive_json())

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_text("{")
        assert "malformed" in (await session.receive_json())["error"]
        await session.send_text("1")
        assert await session.receive_json() == 1


async def test_the_other_kind_of_message_closes_with_1007() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def read(ws: WebSocket) -> None:
        await ws.accept()
        await ws.receive_text()

    async with TestClient(app) as client, client.websocket_connect("/") as session:
        await session.send_bytes(b"x")
        assert await closed_with(session) == (1007, "a text message is expected")


@pytest.mark.parametrize(
    ("error", "denied", "closed"),
    [
        (WebSocketClose(4401, "log in"), 403, (4401, "log in")),
        (WebSocketClose(4401, "log in", status=401), 401, (4401, "log in")),
        (HTTPException(401, "log in"), 401, (1008, "log in")),
        (HTTPException(503, "later"), 503, (1013, "later")),
    ],
)
async def test_an_error_refuses_the_handshake_or_closes_the_socket(error: Any, denied: int, closed: Any) -> None:
    app = NexiosApp()

    @app.websocket("/early")
    async def early(ws: WebSocket) -> None:
        raise error

    @app.websocket("/late")
    async def late(ws: WebSocket) -> None:
        await ws.accept()
        raise error

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied) as refusal:
            async with client.websocket_connect("/early"):
                pass
        async with client.websocket_connect("/late") as session:
            assert await closed_with(session) == closed

    assert refusal.value.status_code == denied
    assert refusal.value.response.headers["content-type"] == "application/problem+json"


async def test_a_response_that_is_returned_refuses_the_handshake() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def refuse(ws: WebSocket) -> Response:
        return Response.json({"why": "no"}, status=403)

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied) as denied:
            async with client.websocket_connect("/"):
                pass

    assert denied.value.response.json() == {"why": "no"}


async def test_a_server_without_denial_responses_is_told_to_close(peers: Any) -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def refuse(ws: WebSocket) -> None:
        raise HTTPException(401)

    async with peers(app, "/", "/nowhere") as (refused, missing):
        await refused.until(refused.has_ended.is_set)
        await missing.until(missing.has_ended.is_set)

    assert [message["type"] for message in refused.sent] == ["websocket.close"]
    assert [message["type"] for message in missing.sent] == ["websocket.close"]


async def test_what_cannot_be_sent_is_a_type_error() -> None:
    app = NexiosApp()

    @app.websocket("/")
    async def wrong(ws: WebSocket) -> None:
        await ws.accept()
        with pytest.raises(TypeError, match="send_json"):
            await ws.send_text({"a": 1})  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="send_json"):
            await ws.send_bytes("a")  # type: ignore[arg-type]

    async with TestClient(app) as client, client.websocket_connect("/"):
        pass


async def test_a_slot_without_its_package_says_what_to_install() -> None:
    app = NexiosApp(MakeConfig(), plugins=["websockets"])

    @app.websocket("/")
    async def use(ws: WebSocket) -> None:
        await ws.accept()
        with pytest.raises(Exception, match="pip install nexios-session"):
            _ = ws.session

    async with TestClient(app) as client, client.websocket_connect("/"):
        pass

from __future__ import annotations

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.testing import TestClient, WebSocketDenied
from nexios.websockets import WebSocket
from nexios.websockets.origin import is_allowed


@pytest.mark.parametrize(
    ("origin", "scheme", "host", "allowed"),
    [
        ("http://example.com", "ws", "example.com", True),
        ("https://example.com", "wss", "example.com", True),
        ("https://EXAMPLE.com", "wss", "example.COM:443", True),
        ("http://example.com:80", "ws", "example.com", True),
        ("http://[::1]:8000", "ws", "[::1]:8000", True),
        # A proxy took TLS away; the page itself was served over it.
        ("https://example.com", "ws", "example.com", True),
        ("http://example.com", "wss", "example.com", False),
        ("http://example.com:81", "ws", "example.com", False),
        ("http://evil.example", "ws", "example.com", False),
        ("http://example.com.evil", "ws", "example.com", False),
        ("http://evilexample.com", "ws", "example.com", False),
        ("http://exampleXcom", "ws", "example.com", False),
        ("http://example.com.", "ws", "example.com", False),
        ("http://user@example.com", "ws", "example.com", False),
        ("http://example.com/", "ws", "example.com", False),
        ("null", "ws", "example.com", False),
        ("", "ws", "example.com", False),
        ("file://", "ws", "example.com", False),
        ("ws://example.com", "ws", "example.com", False),
        ("http://example.com http://evil", "ws", "example.com", False),
    ],
)
def test_only_pages_of_the_same_host_are_let_in(origin: str, scheme: str, host: str, allowed: bool) -> None:
    assert is_allowed([origin], scheme, host) is allowed


def test_two_origins_are_none() -> None:
    assert not is_allowed(["http://a", "http://a"], "ws", "a")


@pytest.mark.parametrize("required", [True, False])
def test_a_client_without_origin_is_no_browser(required: bool) -> None:
    assert is_allowed([], "ws", "a", required=required) is not required


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://testserver", 101), ("https://app.example", 101), ("null", 403), ("http://evil", 403)],
)
@pytest.mark.anyio
async def test_the_handshake_of_another_page_is_refused_before_the_handler(origin: str, status: int) -> None:
    app, seen = NexiosApp(MakeConfig(websockets={"origins": ["https://app.example"]})), []

    @app.websocket("/")
    async def use(ws: WebSocket) -> None:
        seen.append(True)
        await ws.accept()

    async with TestClient(app, headers={"origin": origin, "cookie": "session=x"}) as client:
        try:
            async with client.websocket_connect("/") as session:
                found = session.response.status_code
        except WebSocketDenied as denied:
            found = denied.status_code

    assert found == status
    assert bool(seen) == (status == 101)


@pytest.mark.anyio
async def test_a_route_may_be_open_to_all() -> None:
    app = NexiosApp()

    @app.websocket("/", origins="*")
    async def use(ws: WebSocket) -> None:
        await ws.accept()

    async with TestClient(app, headers={"origin": "http://anywhere"}) as client, client.websocket_connect("/"):
        pass

"""Classes 03 and 33: the application answers to its own names alone."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp
from nexios.exceptions import ConfigurationError
from nexios.middleware import TrustedHostMiddleware
from nexios.testing import SyncTestClient, TestClient
from nexios.testing.exceptions import WebSocketDenied
from tests.core.raw import call

pytestmark = pytest.mark.anyio


def make(*hosts: str, **config: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(**config), plugins=["security", "websockets"])
    app.add_middleware(TrustedHostMiddleware(hosts))
    app.get("/")(lambda: "hello")

    @app.websocket("/live")
    async def live(socket: Any) -> None:
        await socket.accept()

    return app


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("shop.example", 200),
        ("SHOP.example:8443", 200),
        ("www.shop.example", 400),
        ("shop.example.evil.example", 400),
        ("evilshop.example", 400),
        ("shop.example.", 400),
        ("a.cdn.example", 200),
        ("b.a.cdn.example", 200),
        ("cdn.example", 400),
        ("evilcdn.example", 400),
        ("[2001:db8::1]", 200),
        ("[2001:DB8:0::1]:80", 200),
        ("[2001:db8::2]", 400),
        ("localhost", 400),
        ("x" * 300, 400),
    ],
)
async def test_a_host_is_one_of_those_listed(host: str, status: int) -> None:
    app = make("shop.example", "*.cdn.example", "[2001:db8::1]")

    for _ in range(2):
        answer = await call(app, "/", headers=[(b"host", host.encode())])
        assert answer.status == status
    assert status == 200 or host.encode() not in answer.body


@pytest.mark.parametrize("host", ["shop.example", "evil.example"])
async def test_a_socket_is_opened_under_the_same_names(host: str) -> None:
    async with TestClient(make("shop.example"), base_url=f"http://{host}") as client:
        if host == "shop.example":
            async with client.websocket_connect("/live"):
                pass
        else:
            with pytest.raises(WebSocketDenied):
                async with client.websocket_connect("/live"):
                    pass


async def test_in_debug_this_machine_is_one_of_them() -> None:
    async with TestClient(make("shop.example", debug=True), base_url="http://localhost:8000") as client:
        assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize(("forwarded", "status"), [("shop.example", 200), ("evil.example", 400)])
async def test_behind_a_trusted_proxy_the_host_is_the_one_that_was_asked_for(forwarded: str, status: int) -> None:
    section = {"trusted_proxies": ["10.0.0.0/8"], "allowed_hosts": ["shop.example"]}
    app = NexiosApp(MakeConfig(security=section))
    app.get("/")(lambda: "hello")
    async with TestClient(app, client=("10.0.0.1", 1), base_url="http://internal:8000") as client:
        headers = {"x-forwarded-for": "203.0.113.7", "x-forwarded-host": forwarded}
        answer = await client.get("/", headers=headers)

    assert answer.status_code == status


async def test_many_names_of_one_host_are_not_remembered_for_ever() -> None:
    app = make("*.cdn.example")
    for number in range(1_030):
        assert (await call(app, "/", headers=[(b"host", b"x%d.cdn.example" % number)])).status == 200

    layer: Any = app.layers[0]
    assert len(layer._good) < 1_030


@pytest.mark.parametrize(
    ("hosts", "message"),
    [
        ([], "no host is allowed"),
        (["shop.example:80"], "without a port"),
        (["https://shop.example"], "write the name of a host"),
        (["*"], r"'\*'"),
        (["a.*.example"], "write the name of a host"),
    ],
)
def test_a_wrong_list_stops_the_start(hosts: list[str], message: str) -> None:
    with pytest.raises(Exception, match=message), SyncTestClient(make(*hosts)):
        pass


def test_one_text_is_no_list() -> None:
    with pytest.raises(ConfigurationError, match=r"write \['shop.example'\]"):
        TrustedHostMiddleware("shop.example")

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from nexios.testing import TestClient
from nexios.types import Receive, Scope, Send
from tests.testing.apps import read_body, respond, serving

pytestmark = pytest.mark.anyio


@serving
async def describe(scope: Scope, receive: Receive, send: Send) -> None:
    body = b"".join(await read_body(receive))
    seen: dict[str, Any] = {
        "method": scope["method"],
        "url": f"{scope['scheme']}://{scope['server'][0]}{scope['path']}",
        "root_path": scope["root_path"],
        "query": scope["query_string"].decode(),
        "headers": {name.decode(): value.decode() for name, value in scope["headers"]},
        "client": scope["client"],
        "body": body.decode(),
    }
    await respond(send, json.dumps(seen).encode(), (b"content-type", b"application/json"))


async def test_every_method_of_httpx_reaches_the_application() -> None:
    async with TestClient(describe) as client:
        for method in ("get", "post", "put", "patch", "delete", "options"):
            answer = await getattr(client, method)("/")
            assert answer.json()["method"] == method.upper()
        assert (await client.request("QUERY", "/", content="q")).json()["body"] == "q"


async def test_the_defaults_are_those_of_a_plain_client() -> None:
    async with TestClient(describe) as client:
        seen = (await client.get("/a", params={"q": "1"})).json()

    assert seen["url"] == "http://testserver/a"
    assert seen["query"] == "q=1"
    assert seen["headers"]["host"] == "testserver"
    assert seen["headers"]["user-agent"] == "nexios-testing"
    assert seen["client"] == ["127.0.0.1", 50000]


async def test_the_options_of_the_client_hold_for_every_request() -> None:
    options: dict[str, Any] = {
        "base_url": "https://api.example.com/v1",
        "headers": {"x-a": "1", "user-agent": "mine"},
        "cookies": {"id": "7"},
        "client": ("10.0.0.1", 1),
        "root_path": "/proxy",
        "params": {"key": "k"},
        "auth": ("me", "secret"),
    }

    async with TestClient(describe, **options) as client:
        seen = (await client.post("/items", json=[1])).json()

    assert seen["url"] == "https://api.example.com/proxy/v1/items"
    assert seen["root_path"] == "/proxy"
    assert seen["query"] == "key=k"
    assert seen["client"] == ["10.0.0.1", 1]
    assert seen["body"] == "[1]"
    assert seen["headers"].items() >= {"x-a": "1", "user-agent": "mine", "cookie": "id=7"}.items()
    assert seen["headers"]["authorization"].startswith("Basic ")


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async with TestClient(describe) as client:
        assert (await client.get("/")).status_code == 200


@serving
async def login(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/login":
        await respond(send, b"", (b"location", b"/home"), (b"set-cookie", b"session=abc; Path=/"), status=303)
    else:
        await respond(send, dict(scope["headers"]).get(b"cookie", b"no cookie"))


async def test_redirects_are_left_to_the_test() -> None:
    async with TestClient(login) as client:
        answer = await client.post("/login")

    assert (answer.status_code, answer.headers["location"]) == (303, "/home")


async def test_redirects_are_followed_on_demand_and_cookies_kept() -> None:
    async with TestClient(login, follow_redirects=True) as client:
        answer = await client.post("/login")
        assert client.cookies["session"] == "abc"

    assert answer.text == "session=abc"
    assert [hop.status_code for hop in answer.history] == [303]


async def test_a_redirect_to_another_host_stays_in_the_application() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["server"][0] == "testserver":
            await respond(send, b"", (b"location", b"http://other.example/"), status=307)
        else:
            await respond(send, b"other")

    async with TestClient(app, follow_redirects=True) as client:
        assert (await client.get("/")).text == "other"


async def test_event_hooks_are_called() -> None:
    seen = list[str]()

    async def hook(event: httpx.Request | httpx.Response) -> None:
        seen.append(type(event).__name__)

    async with TestClient(describe, event_hooks={"request": [hook], "response": [hook]}) as client:
        await client.get("/")

    assert seen == ["Request", "Answer"]


async def test_a_head_request_has_no_body() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"", (b"content-length", b"100"))

    async with TestClient(app) as client:
        answer = await client.head("/")

    assert (answer.headers["content-length"], answer.content) == ("100", b"")


async def test_the_application_is_at_hand() -> None:
    assert TestClient(describe).app is describe


def test_pytest_does_not_take_the_client_for_a_class_of_tests() -> None:
    assert TestClient.__test__ is False

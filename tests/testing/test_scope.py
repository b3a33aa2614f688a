from __future__ import annotations

from typing import Any

import httpx
import pytest

from nexios.testing.scope import Peer, http_scope, lifespan_scope, websocket_scope

NOBODY = Peer(client=None, root_path="")


def scope_of(url: str = "http://testserver/", peer: Peer = NOBODY, **request: Any) -> dict[str, Any]:
    return dict(http_scope(httpx.Request("GET", url, **request), peer, {}))


def test_a_request_becomes_the_scope_that_a_server_makes() -> None:
    request = httpx.Request("DELETE", "https://api.example.com:8443/caf%C3%A9/a%2Fb?q=a%20b&q=2", headers={"X-A": "1"})

    scope = http_scope(request, Peer(("10.0.0.1", 4711), ""), {"pool": 1})

    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "DELETE",
        "scheme": "https",
        "path": "/café/a/b",
        "raw_path": b"/caf%C3%A9/a%2Fb",
        "query_string": b"q=a%20b&q=2",
        "root_path": "",
        "headers": [(b"host", b"api.example.com:8443"), (b"x-a", b"1")],
        "client": ("10.0.0.1", 4711),
        "server": ("api.example.com", 8443),
        "state": {"pool": 1},
        "extensions": {"nexios.exceptions": []},
    }


def test_a_websocket_has_its_own_scheme_and_subprotocols() -> None:
    request = httpx.Request("GET", "wss://testserver/ws")

    scope = websocket_scope(request, ("chat",), NOBODY, {})

    assert scope["type"] == "websocket"
    assert scope["scheme"] == "wss"
    assert scope["server"] == ("testserver", 443)
    assert scope["subprotocols"] == ["chat"]
    assert scope["extensions"] == {"websocket.http.response": {}, "nexios.exceptions": []}
    assert "method" not in scope


def test_the_lifespan_shares_its_state() -> None:
    state: dict[str, Any] = {}

    lifespan_scope(state)["state"]["pool"] = 1

    assert state == {"pool": 1}


def test_each_request_has_a_copy_of_the_state() -> None:
    state: dict[str, Any] = {"pool": 1}

    http_scope(httpx.Request("GET", "/"), NOBODY, state)["state"]["user"] = "me"

    assert state == {"pool": 1}


def test_the_host_comes_first_wherever_it_was_given() -> None:
    scope = scope_of(headers=[("a", "1"), ("Host", "other"), ("b", "2")])

    assert scope["headers"] == [(b"host", b"other"), (b"a", b"1"), (b"b", b"2")]


def test_repeated_headers_stay_repeated_and_in_order() -> None:
    scope = scope_of(headers=[("X-A", "1"), ("x-b", "2"), ("x-a", "3")])

    assert scope["headers"][1:] == [(b"x-a", b"1"), (b"x-b", b"2"), (b"x-a", b"3")]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("http://a/", ("a", 80)),
        ("https://a/", ("a", 443)),
        ("http://a:8000/", ("a", 8000)),
        ("http://[::1]:8000/", ("::1", 8000)),
    ],
)
def test_the_server_is_that_of_the_url(url: str, server: tuple[str, int]) -> None:
    assert scope_of(url)["server"] == server


def test_a_path_that_is_no_utf8_is_decoded_with_replacements_as_servers_do() -> None:
    assert scope_of("http://testserver/%ff")["path"] == "/\ufffd"


def test_the_root_path_is_part_of_the_path() -> None:
    scope = scope_of("http://testserver/items?a=1", Peer(None, "/api"))

    assert (scope["root_path"], scope["path"], scope["raw_path"]) == ("/api", "/api/items", b"/api/items")


def test_a_target_is_sent_as_it_is() -> None:
    scope = scope_of(extensions={"target": b"/admin/../x//y?z"})

    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/admin/../x//y", b"/admin/../x//y", b"z")

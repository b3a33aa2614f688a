"""The scopes that a server makes of a request (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx

from nexios.testing.strict.scope import EXCEPTIONS
from nexios.types import RawHeaders, Scope

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class Peer(NamedTuple):
    """Who asks, below which path a proxy serves the application, and what the server offers besides."""

    client: tuple[str, int] | None
    root_path: str
    extensions: Mapping[str, object] = {}


def http_scope(request: httpx.Request, peer: Peer, state: dict[str, Any]) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": request.method,
        "scheme": request.url.scheme,
        "extensions": {EXCEPTIONS: [], **peer.extensions},
        **_common(request, peer, state),
    }


def websocket_scope(request: httpx.Request, subprotocols: Sequence[str], peer: Peer, state: dict[str, Any]) -> Scope:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "scheme": request.url.scheme,
        "subprotocols": list(subprotocols),
        "extensions": {"websocket.http.response": {}, EXCEPTIONS: [], **peer.extensions},
        **_common(request, peer, state),
    }


def lifespan_scope(state: dict[str, Any]) -> Scope:
    return {
        "type": "lifespan",
        "asgi": {"version": "3.0", "spec_version": "2.0"},
        "extensions": {EXCEPTIONS: []},
        "state": state,
    }


def _common(request: httpx.Request, peer: Peer, state: dict[str, Any]) -> Scope:
    # As for httpcore, the extension "target" is sent as it is: httpx normalises the path of its URL.
    target: bytes = request.extensions.get("target", request.url.raw_path)
    path, _, query = target.partition(b"?")
    return {
        "http_version": "1.1",
        "path": peer.root_path + unquote(path.decode("ascii")),
        "raw_path": peer.root_path.encode("ascii") + path,
        "query_string": query,
        "root_path": peer.root_path,
        "headers": _headers(request),
        "client": peer.client,
        "server": (request.url.host, request.url.port or _DEFAULT_PORTS.get(request.url.scheme)),
        "state": state.copy(),
    }


def _headers(request: httpx.Request) -> RawHeaders:
    """Lower-case, the host first, as browsers and proxies send them."""
    fields = [(name.lower(), value) for name, value in request.headers.raw]
    return sorted(fields, key=lambda field: field[0] != b"host")

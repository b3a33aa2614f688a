"""Test ASGI applications without a server.

The names load at first use: pytest imports this package whenever it starts, for the sake of its plugin.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from nexios.testing._version import __version__

if TYPE_CHECKING:
    from nexios.testing.client import TestClient
    from nexios.testing.compliance import NotCompliant, check_plugin
    from nexios.testing.exceptions import (
        ASGIProtocolError,
        EventStreamError,
        LifespanError,
        WebSocketClosed,
        WebSocketDenied,
    )
    from nexios.testing.leftovers import LeftBehind, check_nothing_left
    from nexios.testing.sse import EventStream, MessageEvent, SyncEventStream
    from nexios.testing.sync_client import SyncTestClient
    from nexios.testing.transport import StrictTransport
    from nexios.testing.websocket import SyncWebSocketSession, WebSocketSession

__all__ = [
    "ASGIProtocolError",
    "EventStream",
    "EventStreamError",
    "LeftBehind",
    "LifespanError",
    "MessageEvent",
    "NotCompliant",
    "StrictTransport",
    "SyncEventStream",
    "SyncTestClient",
    "SyncWebSocketSession",
    "TestClient",
    "WebSocketClosed",
    "WebSocketDenied",
    "WebSocketSession",
    "__version__",
    "check_nothing_left",
    "check_plugin",
]

_MODULES = {
    "client": ("TestClient",),
    "compliance": ("NotCompliant", "check_plugin"),
    "exceptions": ("ASGIProtocolError", "EventStreamError", "LifespanError", "WebSocketClosed", "WebSocketDenied"),
    "leftovers": ("LeftBehind", "check_nothing_left"),
    "sse": ("EventStream", "MessageEvent", "SyncEventStream"),
    "sync_client": ("SyncTestClient",),
    "transport": ("StrictTransport",),
    "websocket": ("SyncWebSocketSession", "WebSocketSession"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

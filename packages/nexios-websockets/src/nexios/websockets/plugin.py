"""Wires the sockets and channels into an application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from nexios import NexiosApp, Plugin, Registry
from nexios.websockets.channels.hub import Channels
from nexios.websockets.closing import SERVICE_RESTART
from nexios.websockets.config import ROUTE_OPTIONS, WebSocketsConfig
from nexios.websockets.connections import Connections
from nexios.websockets.protocol import WebSocketProtocol


class WebSocketsPlugin(Plugin):
    """Serves ``@app.websocket``. Nothing else changes: requests do not meet it."""

    name: ClassVar[str] = "websockets"
    config: ClassVar[type | None] = WebSocketsConfig
    after: ClassVar[tuple[str, ...]] = ("redis", "session", "auth")
    settings: WebSocketsConfig

    def register(self, registry: Registry) -> None:
        connections = Connections(registry.app, self.settings)
        channels = Channels(self.settings, registry.app)

        @asynccontextmanager
        async def running(app: NexiosApp) -> AsyncIterator[None]:
            async with channels.running():
                yield

        async def drain() -> None:
            await connections.drain(SERVICE_RESTART, "the server restarts")

        def given() -> Channels:
            return channels

        registry.protocol("websocket", WebSocketProtocol(connections, channels))
        registry.route_option(*ROUTE_OPTIONS)
        registry.provide(Channels, given, scope="request")
        registry.contribute("channels", channels)
        registry.contribute("connections", connections)
        registry.contribute("leftovers", lambda: [*connections.leftovers(), *channels.leftovers()])
        registry.lifespan(running)
        registry.on_drain(drain)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def connections_of(app: Any) -> Connections:
    """The open sockets of *app*, for metrics and tests."""
    found: Connections = dict(app.contributions("connections"))["websockets"]
    return found

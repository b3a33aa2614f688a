"""WebSockets for Nexios, and channels that connect them across processes."""

from __future__ import annotations

from nexios.websockets._version import __version__
from nexios.websockets.channels import (
    Backend,
    Channel,
    ChannelMessage,
    Channels,
    ChannelsDown,
    ChannelsUp,
    History,
    Host,
    Joined,
    Listener,
    MemberJoined,
    MemberLeft,
    MemoryBackend,
    Presence,
    open_channels,
)
from nexios.websockets.config import SlowConsumer, WebSocketsConfig
from nexios.websockets.connections import Connections
from nexios.websockets.consumer import Consumer, on
from nexios.websockets.exceptions import (
    BackendUnavailable,
    ChannelNameError,
    ChannelsError,
    InvalidMessage,
    PolicyViolation,
    SocketStateError,
    WebSocketClose,
    WebSocketDisconnect,
)
from nexios.websockets.messages import Messages
from nexios.websockets.plugin import WebSocketsPlugin
from nexios.websockets.shorthand import listener
from nexios.websockets.socket import WebSocket

__all__ = [
    "Backend",
    "BackendUnavailable",
    "Channel",
    "ChannelMessage",
    "ChannelNameError",
    "Channels",
    "ChannelsDown",
    "ChannelsError",
    "ChannelsUp",
    "Connections",
    "Consumer",
    "History",
    "Host",
    "InvalidMessage",
    "Joined",
    "Listener",
    "MemberJoined",
    "MemberLeft",
    "MemoryBackend",
    "Messages",
    "PolicyViolation",
    "Presence",
    "SlowConsumer",
    "SocketStateError",
    "WebSocket",
    "WebSocketClose",
    "WebSocketDisconnect",
    "WebSocketsConfig",
    "WebSocketsPlugin",
    "__version__",
    "listener",
    "on",
    "open_channels",
]

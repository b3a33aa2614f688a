"""Channels: sockets by name, across processes."""

from __future__ import annotations

from nexios.websockets.channels.backends.base import Backend, History, Host
from nexios.websockets.channels.backends.memory import MemoryBackend
from nexios.websockets.channels.channel import Channel
from nexios.websockets.channels.hub import Channels, Joined, open_channels
from nexios.websockets.channels.listener import Listener
from nexios.websockets.channels.message import ChannelMessage
from nexios.websockets.channels.presence import ChannelsDown, ChannelsUp, MemberJoined, MemberLeft, Presence

__all__ = [
    "Backend",
    "Channel",
    "ChannelMessage",
    "Channels",
    "ChannelsDown",
    "ChannelsUp",
    "History",
    "Host",
    "Joined",
    "Listener",
    "MemberJoined",
    "MemberLeft",
    "MemoryBackend",
    "Presence",
    "open_channels",
]

"""Who is in a channel, and what applications are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Presence:
    """One member: *id* is that of its socket, *info* is what it was connected with (JSON)."""

    id: str
    info: Any

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "info": self.info}


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """An event of the application, in each process that has to do with the channel."""

    channel: str
    member: Presence


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """An event as MemberJoined. It also comes for members whose process has died, once their presence expires."""

    channel: str
    member: Presence


@dataclass(frozen=True, slots=True)
class ChannelsDown:
    """The backend does not answer: what is broadcast is dropped until ChannelsUp; sockets stay connected."""

    reason: str


@dataclass(frozen=True, slots=True)
class ChannelsUp:
    """The backend answers again."""

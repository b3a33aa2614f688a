"""A channel, as applications speak of it: an address. Two objects with one name are one channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from nexios.http.codecs import dumps
from nexios.websockets.channels.hub import Channels, Joined, find_channels
from nexios.websockets.channels.listener import Listener
from nexios.websockets.channels.message import ChannelMessage, Kind
from nexios.websockets.channels.names import check_name
from nexios.websockets.channels.presence import Presence

if TYPE_CHECKING:
    from nexios import NexiosApp
    from nexios.websockets.socket import WebSocket


class Channel:
    """The channel *name*. Raises ChannelNameError for a name that cannot be one.

    *history* is how many messages are kept (by default what the configuration says). With *announce* members are sent
    ``{"event": "join" | "leave", …}`` when somebody with a presence comes or goes. *app* is needed only where several
    applications run in one process and none of their sockets is at work.
    """

    __slots__ = ("_app", "_history", "announce", "name")

    def __init__(
        self, name: str, *, history: int | None = None, announce: bool = False, app: NexiosApp | None = None
    ) -> None:
        self.name: str = check_name(name)
        self.announce: bool = announce
        self._history = history
        self._app = app

    @property
    def channels(self) -> Channels:
        if self._app is None:
            return find_channels()
        found: Channels = dict(self._app.contributions("channels"))["websockets"]
        return found

    # -- members ------------------------------------------------------------------------------------------------

    async def connect(
        self, ws: WebSocket, *, last_id: str | None = None, with_ids: bool = False, presence: Any = None
    ) -> Joined:
        """Make *ws* a member, and accept it if that was not done.

        With *last_id* it is first sent what came after that message, in order and once; "0" stands for all that is
        kept. *with_ids* wraps what it is sent: ``{"id": …, "data": …}``. *presence* (JSON) makes it visible to others.
        Raises PolicyViolation for a socket in too many channels.
        """
        return await ws.channels.connect(self.name, ws, last_id, with_ids, presence, self.announce)

    async def disconnect(self, ws: WebSocket) -> None:
        """Let *ws* go; it stays open. A socket that is closed has left all its channels."""
        await ws.channels.disconnect(self.name, ws, self.announce)

    @asynccontextmanager
    async def subscribe(
        self, ws: WebSocket, *, last_id: str | None = None, with_ids: bool = False, presence: Any = None
    ) -> AsyncIterator[Joined]:
        """``async with channel.subscribe(ws)``: a member within the block; takes what `connect` takes."""
        joined = await self.connect(ws, last_id=last_id, with_ids=with_ids, presence=presence)
        try:
            yield joined
        finally:
            await self.disconnect(ws)

    @property
    def local_members(self) -> int:
        """How many sockets of this process are members."""
        room = self.channels.rooms.get(self.name)
        return 0 if room is None else len(room.members)

    async def presence(self) -> list[Presence]:
        """Who was connected with a presence, in every process. Raises BackendUnavailable."""
        return await self.channels.present(self.name)

    def group(self, name: str) -> Channel:
        """The channel ``<this>/<name>``, for a part of the members."""
        return Channel(f"{self.name}/{name}", history=self._history, announce=self.announce, app=self._app)

    # -- messages -----------------------------------------------------------------------------------------------

    async def broadcast(self, value: Any, *, exclude: Any = None) -> str | None:
        """Send bytes as a binary message and anything else as JSON to every member, but for *exclude*.

        *exclude* is a socket, the id of one, or several of them. Returns the id of the message, or None when the
        backend cannot be reached and it was dropped. Raises ValueError for more than ``max_message`` bytes.
        """
        if isinstance(value, bytes | bytearray | memoryview):
            return await self._publish("bytes", bytes(value), exclude)
        return await self._publish("json", dumps(value).decode(), exclude)

    async def broadcast_text(self, text: str, *, exclude: Any = None) -> str | None:
        """As `broadcast`, with *text* as it is."""
        return await self._publish("text", text, exclude)

    async def send_to(self, member: WebSocket | str, value: Any) -> str | None:
        """Send *value* to one member, whichever process it is connected to."""
        kind: Kind = "bytes" if isinstance(value, bytes) else "json"
        content = value if isinstance(value, bytes) else dumps(value).decode()
        to = member if isinstance(member, str) else member.id
        return await self.channels.publish(ChannelMessage(self.name, kind, content, to=to), 0)

    async def _publish(self, kind: Kind, content: str | bytes, exclude: Any) -> str | None:
        channels = self.channels
        keep = channels.config.history if self._history is None else self._history
        message = ChannelMessage(self.name, kind, content, exclude=() if exclude is None else _ids(exclude))
        return await channels.publish(message, keep)

    async def history(self, after: str | None = None) -> Sequence[ChannelMessage]:
        """What the channel keeps, oldest first; only what came after the id *after*. Raises BackendUnavailable."""
        return (await self.channels.history(self.name, after)).messages

    def listen(self, *, last_id: str | None = None, limit: int = 1000) -> Listener:
        """``async for message in channel.listen()``: what is broadcast, for the application itself.

        *last_id* begins after that message, so that a stream of events resumes at its Last-Event-ID.
        """
        return Listener(self.channels, self.name, last_id, limit)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Channel) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Channel({self.name!r})"


def _ids(exclude: Any) -> tuple[str, ...]:
    several: Iterable[Any] = exclude if isinstance(exclude, list | tuple | set | frozenset) else (exclude,)
    return tuple(each if isinstance(each, str) else each.id for each in several)

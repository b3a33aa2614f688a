"""The channels of one application: the rooms in this process, and the backend that joins them with other processes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from nexios.discovery import installed
from nexios.exceptions import ConfigurationError, MissingPluginError
from nexios.http.codecs import dumps
from nexios.suggestion import did_you_mean
from nexios.websockets.channels.backends.base import Backend, History
from nexios.websockets.channels.backends.memory import MemoryBackend
from nexios.websockets.channels.message import ChannelMessage, order
from nexios.websockets.channels.presence import MemberJoined, MemberLeft, Presence
from nexios.websockets.channels.room import Member, Room
from nexios.websockets.config import WebSocketsConfig
from nexios.websockets.exceptions import BackendUnavailable, ChannelsError, PolicyViolation, WebSocketDisconnect
from nexios.websockets.tasks import start

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from nexios import NexiosApp
    from nexios.websockets.channels.listener import Listener
    from nexios.websockets.socket import WebSocket

logger = logging.getLogger("nexios.websockets")

# The channels of the application whose socket is being served.
current: ContextVar[Channels] = ContextVar("nexios.websockets.channels")
_running: list[Channels] = []

BACKENDS = "nexios.channels"


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of `Channel.connect`: how much was replayed, and whether that was all the client had missed."""

    replayed: int = 0
    complete: bool = True


class Channels:
    """Rooms by name. *app* is None for a script, which only publishes and listens."""

    def __init__(self, config: WebSocketsConfig, app: NexiosApp | None = None, backend: Backend | None = None) -> None:
        self.config = config
        self._app = app
        self._tasks: TaskGroup | None = None
        self.rooms: dict[str, Room] = {}
        self.backend: Backend = make_backend(config, app) if backend is None else backend
        # What was not delivered, by reason.
        self.dropped: Counter[str] = Counter()
        if isinstance(self.backend, MemoryBackend):
            self.backend.bind(self)

    def start(self, work: Callable[..., Any], *args: Any) -> None:
        start(self._tasks if self._app is None else self._app.tasks, work, *args)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Channels]:
        """Carry messages to and from other processes while the context is entered."""
        _running.append(self)
        try:
            async with self.backend.running(self):
                yield self
        finally:
            _running.remove(self)

    # -- members ------------------------------------------------------------------------------------------------

    async def connect(
        self, name: str, socket: WebSocket, last_id: str | None, wants_ids: bool, info: Any, announce: bool
    ) -> Joined:
        if socket.phase == "connecting":
            await socket.accept()
        rooms = socket.joined
        if name in rooms:
            return Joined()
        if len(rooms) >= socket.terms.max_channels:
            raise PolicyViolation(f"more than {socket.terms.max_channels} channels of one socket")
        room = await self._enter(name)
        try:
            if not socket.is_open:
                raise WebSocketDisconnect
            member = Member(
                socket, socket.wire, wants_ids=wants_ids, catches_up=last_id is not None, announces=announce
            )
            room.members[socket] = rooms[name] = member
        finally:
            room.joining -= 1
        joined = Joined() if last_id is None else await self._resume(room, member, last_id)
        if info is not None:
            member.presence = Presence(socket.id, info)
            await self._announce("join", name, member.presence, announce)
        return joined

    async def _enter(self, name: str) -> Room:
        """The room of *name*, subscribed to; the caller is on its way in."""
        room = self.rooms.get(name)
        if room is None:
            room = self.rooms[name] = Room(name, self.start)
        room.joining += 1
        if not room.is_subscribed:
            try:
                await self.backend.subscribe(name)
            except BackendUnavailable:
                self.dropped["unavailable"] += 1  # the backend subscribes to it when it is back
            room.is_subscribed = True
        return room

    async def _resume(self, room: Room, member: Member, last_id: str) -> Joined:
        try:
            missed, complete = await self.history(room.name, last_id)
        except BackendUnavailable:
            missed, complete = (), False
        await room.catch_up(member, missed)
        return Joined(len(missed), complete and member.is_complete)

    async def disconnect(self, name: str, socket: WebSocket, announce: bool = False) -> None:
        member = socket.joined.pop(name, None)
        room = self.rooms.get(name)
        if member is None or room is None:
            return
        room.members.pop(socket, None)
        await self._left(room, member, announce)

    def leave_all(self, socket: WebSocket) -> None:
        """Take *socket* out of its rooms now; who else has to know is told in the background."""
        for name, member in socket.joined.items():
            room = self.rooms.get(name)
            if room is not None and room.members.pop(socket, None) is not None:
                if member.presence is None and isinstance(self.backend, MemoryBackend):
                    self._give_up(room)
                else:
                    self.start(self._left, room, member, member.announces)
        socket.joined = {}

    async def _left(self, room: Room, member: Member, announce: bool) -> None:
        if member.presence is not None:
            await self._announce("leave", room.name, member.presence, announce or member.announces)
        if self._give_up(room):
            await self._unsubscribe(room.name)

    def _give_up(self, room: Room) -> bool:
        if not room.is_empty or self.rooms.get(room.name) is not room:
            return False
        del self.rooms[room.name]
        return True

    async def _unsubscribe(self, name: str) -> None:
        try:
            if name not in self.rooms:
                await self.backend.unsubscribe(name)
        except BackendUnavailable:
            self.dropped["unavailable"] += 1

    # -- listeners ----------------------------------------------------------------------------------------------

    async def attach(self, name: str, listener: Listener) -> None:
        room = await self._enter(name)
        room.listeners.add(listener)
        room.joining -= 1

    def give_up(self, name: str) -> None:
        """Forget the room *name*, should nobody be in it."""
        room = self.rooms.get(name)
        if room is not None:
            self._give_up(room)

    def detach(self, name: str, listener: Listener) -> None:
        room = self.rooms.get(name)
        if room is not None:
            room.listeners.discard(listener)
            if self._give_up(room) and not isinstance(self.backend, MemoryBackend):
                self.start(self._unsubscribe, name)

    # -- messages -----------------------------------------------------------------------------------------------

    async def publish(self, message: ChannelMessage, keep: int) -> str | None:
        """Carry *message* to every process. Returns its id, None where it was dropped. Raises ValueError."""
        size = len(message.content)
        if size > self.config.max_message:
            raise ValueError(
                f"a broadcast of {size} bytes on {message.channel}: {self.config.max_message} are allowed (max_message)"
            )
        try:
            return await self.backend.publish(message, keep)
        except BackendUnavailable:
            self.dropped["unavailable"] += 1
            return None

    async def history(self, name: str, after: str | None) -> History:
        """What *name* keeps after the id *after*. An id that nobody can have given is as good as one long gone."""
        try:
            if after is not None:
                order(after)
        except ValueError:
            return History((), complete=False)
        return await self.backend.history(name, after, max(self.config.queue, 1000))

    async def present(self, name: str) -> list[Presence]:
        return await self.backend.present(name)

    async def _announce(self, kind: Any, name: str, member: Presence, announce: bool) -> None:
        from_json = ChannelMessage(
            name, kind, dumps(member.as_json()).decode(), exclude=(member.id,), announce=announce
        )
        try:
            if kind == "join":
                await self.backend.enter(name, member)
            elif not await self.backend.leave(name, member.id):
                return  # its presence had expired, and was announced
            await self.backend.publish(from_json, 0)
        except BackendUnavailable:
            self.dropped["unavailable"] += 1

    # -- what the backend tells (see backends.base.Host) ----------------------------------------------------------

    async def deliver(self, message: ChannelMessage) -> None:
        if message.is_control and self._app is not None:
            fields = message.data
            member = Presence(fields["id"], fields["info"])
            event = MemberJoined if message.kind == "join" else MemberLeft
            if self._app.events.has(event):
                await self._app.events.emit(event(message.channel, member))
        room = self.rooms.get(message.channel)
        if room is not None:
            await room.deliver(message)

    def leftovers(self) -> list[str]:
        """See `Connections.leftovers`."""
        return [f"the room {room!r}" for room in self.rooms.values()]

    def wanted(self) -> Sequence[str]:
        return tuple(self.rooms)

    def members(self) -> Sequence[tuple[str, Presence]]:
        return [
            (room.name, member.presence)
            for room in self.rooms.values()
            for member in room.members.values()
            if member.presence is not None
        ]

    def drop(self, reason: str) -> None:
        self.dropped[reason] += 1

    async def tell(self, event: object) -> None:
        logger.warning("channels: %s", event)
        if self._app is not None:
            await self._app.events.emit(event)


def make_backend(config: WebSocketsConfig, app: NexiosApp | None) -> Backend:
    """The backend that *config* names. Raises ConfigurationError for a name that no distribution declares."""
    if config.backend == "memory":
        return MemoryBackend.make(config, app)
    known = installed(BACKENDS)
    for entry in known:
        if entry.name == config.backend:
            try:
                backend: Backend = entry.load().make(config, app)
            except ModuleNotFoundError as missing:
                raise MissingPluginError(
                    f"websockets.backend is {config.backend!r}, which needs {missing.name}: "
                    f"pip install {entry.distribution}[{config.backend}]"
                ) from missing
            return backend
    names = [entry.name for entry in known]
    raise ConfigurationError(
        f"websockets.backend is {config.backend!r}, which no installed distribution has"
        f"{did_you_mean(config.backend, names)}; there are: {', '.join(names)}"
    )


@asynccontextmanager
async def open_channels(
    config: WebSocketsConfig | None = None, backend: Backend | None = None
) -> AsyncIterator[Channels]:
    """Channels without an application, for a script or a worker: ``async with open_channels(...)``, then `Channel`."""
    channels = Channels(config or WebSocketsConfig(), None, backend)
    async with anyio.create_task_group() as channels._tasks, channels.running():
        token = current.set(channels)
        try:
            yield channels
        finally:
            current.reset(token)
            channels._tasks.cancel_scope.cancel()


def find_channels() -> Channels:
    """Those of the socket that is served here, else those of the one application that runs. Raises ChannelsError."""
    found = current.get(None)
    if found is not None:
        return found
    if len(_running) == 1:
        return _running[0]
    if not _running:
        raise ChannelsError(
            "no application with nexios-websockets runs here: use the channel while it does, or within "
            "async with open_channels(...)"
        )
    raise ChannelsError(
        f"{len(_running)} applications run here: say whose channel it is, Channel(name, app=request.app)"
    )

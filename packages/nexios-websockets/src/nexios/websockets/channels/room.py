"""The members of one channel in this process, and how a message reaches all of them.

A worker walks over the members and writes to each. A client that takes its time holds up the worker that waits for it,
and nobody else: as soon as a worker waits, another one goes on with the members that are left. Where no client is slow,
one walk costs no more than writing the messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from anyio.lowlevel import checkpoint

from nexios.websockets.channels.message import ChannelMessage, order
from nexios.websockets.channels.presence import Presence
from nexios.websockets.wire import Wire

if TYPE_CHECKING:
    from nexios.websockets.channels.listener import Listener
    from nexios.websockets.socket import WebSocket


class Member:
    """A socket in a room. While it catches up with what it missed, what is new waits in `held`.

    `is_complete` is False once something had to be left out then: more came than the socket's queue holds.
    """

    __slots__ = ("announces", "has_wishes", "held", "is_complete", "presence", "socket", "wants_ids", "wire")

    def __init__(
        self, socket: WebSocket, wire: Wire, *, wants_ids: bool, catches_up: bool, announces: bool = False
    ) -> None:
        # Whether the others are told when it leaves.
        self.announces: bool = announces
        self.socket: WebSocket = socket
        self.wire: Wire = wire
        self.wants_ids: bool = wants_ids
        self.held: deque[ChannelMessage] | None = None
        if catches_up:
            self.held = deque(maxlen=socket.terms.queue)
        self.has_wishes: bool = wants_ids or catches_up
        self.is_complete: bool = True
        self.presence: Presence | None = None

    def frame(self, message: ChannelMessage) -> dict[str, Any] | None:
        """What this member is sent of *message* now."""
        if self.held is not None:
            if len(self.held) == self.held.maxlen:
                self.wire.dropped += 1
                self.is_complete = False
            self.held.append(message)
            return None
        return message.numbered if self.wants_ids else message.frame

    def caught_up(self) -> None:
        self.held = None
        self.has_wishes = self.wants_ids


class _Job:
    __slots__ = ("has_passed", "members", "message")

    def __init__(self, message: ChannelMessage, members: Sequence[Member]) -> None:
        self.message = message
        # Shared by all workers, so that each member is served once.
        self.members: Iterator[Member] = iter(members)
        self.has_passed = False


class Room:
    __slots__ = ("_jobs", "_start", "is_subscribed", "joining", "listeners", "members", "name")

    def __init__(self, name: str, start: Callable[..., None]) -> None:
        self.name: str = name
        self.members: dict[WebSocket, Member] = {}
        self.listeners: WeakSet[Listener] = WeakSet()
        self.is_subscribed: bool = False
        # How many are on their way in: the room is not to be given up meanwhile.
        self.joining: int = 0
        self._jobs: deque[_Job] = deque()
        self._start = start

    def __repr__(self) -> str:
        return f"<Room {self.name!r}, {len(self.members)} members, {len(self.listeners)} listeners>"

    @property
    def is_empty(self) -> bool:
        return not (self.members or self.listeners or self.joining)

    async def deliver(self, message: ChannelMessage) -> None:
        """Return when *message* has been written to every member, or waits in its queue."""
        if self.listeners:
            for listener in tuple(self.listeners):
                listener.put(message)
        if message.is_control and not message.announce:
            return
        members = self._addressed(message)
        if not members:
            return
        job = _Job(message, members)
        self._jobs.append(job)
        while not job.has_passed:
            self._start(self._work)
            await checkpoint()

    def _addressed(self, message: ChannelMessage) -> Sequence[Member]:
        if message.to is not None:
            return [member for member in self.members.values() if member.socket.id == message.to]
        if message.exclude:
            return [member for member in self.members.values() if member.socket.id not in message.exclude]
        return tuple(self.members.values())

    async def _work(self) -> None:
        jobs = self._jobs
        while jobs:
            job = jobs[0]
            message = job.message
            frame = message.frame
            for member in job.members:
                if member.has_wishes:
                    wanted = member.frame(message)
                    if wanted is None:
                        continue
                else:
                    wanted = frame
                wire = member.wire
                if wire.busy:
                    wire.keep(wanted)
                    continue
                wire.busy = True
                try:
                    await wire.write(wanted)
                except BaseException as error:
                    if not isinstance(wire.failed(error), Exception):
                        raise
                    continue
                wire.busy = wire.lost is not None
                if wire.pressed:
                    wire.release()
            job.has_passed = True
            if jobs and jobs[0] is job:
                jobs.popleft()

    async def catch_up(self, member: Member, missed: Sequence[ChannelMessage]) -> None:
        """Send what *member* has missed, and then what came meanwhile, each once and in order."""
        last = (-1, -1)
        for message in missed:
            await self._send(member, message)
            last = order(message.id)
        while member.held:
            message = member.held.popleft()
            if message.is_control or order(message.id) > last:
                await self._send(member, message)
        member.caught_up()

    @staticmethod
    async def _send(member: Member, message: ChannelMessage) -> None:
        frame = message.numbered if member.wants_ids else message.frame
        if "text" in frame:
            await member.socket.send_text(frame["text"])
        else:
            await member.socket.send_bytes(frame["bytes"])

"""What a backend is. Register one in the entry-point group ``nexios.channels`` to choose it by its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nexios.websockets.channels.message import ChannelMessage
from nexios.websockets.channels.presence import Presence

if TYPE_CHECKING:
    from nexios import NexiosApp
    from nexios.websockets.config import WebSocketsConfig


class History(NamedTuple):
    """Messages of a log, oldest first. *complete* is False where some that were asked for are no longer kept."""

    messages: Sequence[ChannelMessage]
    complete: bool


class Host(Protocol):
    """What a backend may tell the channels it serves."""

    async def deliver(self, message: ChannelMessage) -> None:
        """Hand *message* to the members in this process."""
        ...

    def wanted(self) -> Sequence[str]:
        """The names of the channels that somebody in this process listens to."""
        ...

    def members(self) -> Sequence[tuple[str, Presence]]:
        """Who in this process is present, and where."""
        ...

    def drop(self, reason: str) -> None:
        """Count something that was not delivered."""
        ...

    async def tell(self, event: object) -> None:
        """Emit *event*, such as ChannelsDown."""
        ...


class Backend(Protocol):
    """Carries messages. Each method raises BackendUnavailable within half a second where it cannot do its work."""

    @classmethod
    def make(cls, config: WebSocketsConfig, app: NexiosApp | None) -> Backend:
        """Make one for *app*. Does no I/O."""
        ...

    def running(self, host: Host) -> AbstractAsyncContextManager[Any]:
        """Carry messages while the context is entered."""
        ...

    async def publish(self, message: ChannelMessage, keep: int) -> str:
        """Carry *message* to every process; keep the last *keep* of its channel. Return its id."""
        ...

    async def subscribe(self, name: str) -> None:
        """From now on deliver what is published on *name*."""
        ...

    async def unsubscribe(self, name: str) -> None: ...

    async def history(self, name: str, after: str | None, most: int) -> History:
        """The last *most* messages of *name* that came after the id *after*."""
        ...

    async def enter(self, name: str, member: Presence) -> None: ...

    async def leave(self, name: str, id: str) -> bool:
        """Take a member out; False when it was not there any more."""
        ...

    async def present(self, name: str) -> list[Presence]: ...


Make = Callable[..., Backend]
Deliver = Callable[[ChannelMessage], Awaitable[None]]

"""The open sockets of an application: how many there may be, which are silent, and their end when it stops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from nexios.exceptions import MissingPluginError, ServiceUnavailable
from nexios.websockets.closing import GOING_AWAY, INTERNAL_ERROR
from nexios.websockets.exceptions import PolicyViolation
from nexios.websockets.messages import Messages
from nexios.websockets.tasks import start

if TYPE_CHECKING:
    from nexios import NexiosApp
    from nexios.websockets.config import WebSocketsConfig
    from nexios.websockets.socket import WebSocket

# Silence is measured in looks; so many of them make up the shortest time that is measured.
_LOOKS = 4
_LONGEST_PAUSE = 15.0
# What users call that by which they are told apart.
_IDENTITIES = ("id", "identity", "username")


class Connections:
    """One application's sockets, from their accept on."""

    def __init__(self, app: NexiosApp, config: WebSocketsConfig) -> None:
        self._app = app
        self.config = config
        self.open: set[WebSocket] = set()
        # Every socket that is being served, accepted or not.
        self.served: set[WebSocket] = set()
        self._users: Counter[str] = Counter()
        self._is_watching = False
        self._emptied = anyio.Event()
        self._all_gone: anyio.Event | None = None

    def start(self, work: Callable[..., Any], *args: Any) -> None:
        """Run *work* beside the sockets; see `tasks.start`."""
        start(self._app.tasks, work, *args)

    @staticmethod
    def new_messages() -> Messages:
        return Messages()

    # -- coming and going ---------------------------------------------------------------------------------------

    def admit(self, socket: WebSocket) -> None:
        """Take *socket* among the open ones. Raises what refuses it."""
        most = self.config.connections
        if most is not None and len(self.open) >= most:
            raise ServiceUnavailable("too many sockets are open")
        cap = socket.terms.connections_per_user
        if cap is not None:
            key = user_key(socket)
            if self._users[key] >= cap:
                raise PolicyViolation(f"more than {cap} sockets of one user")
            socket.user_key = key
            self._users[key] += 1
        self.open.add(socket)
        if not self._is_watching and (socket.terms.heartbeat or socket.terms.idle_timeout):
            self._is_watching = True
            self.start(self._watch)

    def forget(self, socket: WebSocket) -> None:
        self.served.discard(socket)
        self.open.discard(socket)
        key = socket.user_key
        if key is not None:
            socket.user_key = None
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key]
        if not self.served:
            self._emptied.set()
        if not self.open and self._all_gone is not None:
            self._all_gone.set()

    def leftovers(self) -> list[str]:
        """What is still there, for tests that look whether something is left behind."""
        return [f"the socket {socket!r}" for socket in self.served]

    # -- silence ------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Look after all sockets in one task, as long as there are any."""
        try:
            while self.open:
                pause = self._pause()
                self._all_gone = anyio.Event()
                with anyio.move_on_after(pause):
                    await self._all_gone.wait()
                for socket in tuple(self.open):
                    self._look_at(socket, pause)
        finally:
            self._is_watching = False

    def _pause(self) -> float:
        times = [
            time
            for socket in self.open
            for time in (socket.terms.heartbeat, socket.terms.idle_timeout)
            if time is not None
        ]
        return min([_LONGEST_PAUSE, *(time / _LOOKS for time in times)])

    def _look_at(self, socket: WebSocket, passed: float) -> None:
        if socket.wire.is_active:
            socket.wire.is_active = False
            socket.silence = 0.0
            return
        before = socket.silence
        socket.silence += passed
        heartbeat, idle = socket.terms.heartbeat, socket.terms.idle_timeout
        if heartbeat is not None and socket.silence >= 2 * heartbeat:
            self.start(self.cut_off, socket, INTERNAL_ERROR, f"no answer to the heartbeat within {heartbeat:g} seconds")
        elif idle is not None and socket.silence >= idle:
            self.start(self.cut_off, socket, GOING_AWAY, f"idle for {idle:g} seconds")
        elif heartbeat is not None and before < heartbeat <= socket.silence:
            self.start(socket.beat)

    async def cut_off(self, socket: WebSocket, code: int, reason: str) -> None:
        """Close *socket*; end its handler, should the server not do so."""
        await socket.cut(code, reason)
        if socket in self.served:
            await anyio.sleep(socket.terms.close_timeout)
            if socket in self.served and socket.cancel_scope is not None:
                socket.cancel_scope.cancel()

    # -- the end ------------------------------------------------------------------------------------------------

    async def drain(self, code: int, reason: str) -> None:
        """Close every socket and wait for their handlers, within the grace period; then cancel what is left."""
        with anyio.move_on_after(self._app.limits.shutdown_grace):
            async with anyio.create_task_group() as closing:
                for socket in tuple(self.served):
                    if socket.is_open:
                        closing.start_soon(socket.close, code, reason)
                while self.served:
                    self._emptied = anyio.Event()
                    await self._emptied.wait()
        for socket in tuple(self.served):
            if socket.cancel_scope is not None:
                socket.cancel_scope.cancel()


def user_key(socket: WebSocket) -> str:
    """Whom a socket counts for: its user where there is one, else the address it comes from."""
    try:
        user = socket.user
    except (MissingPluginError, AttributeError):
        user = None
    identity = _identity(user)
    if identity is not None:
        return f"user {identity}"
    client = socket.client
    return f"address {client.host if client else None}"


def _identity(user: Any) -> Any:
    """What tells *user* from others: itself, or what it calls its identity; None for nobody."""
    if user is None or isinstance(user, str | int):
        return user
    read = user.get if isinstance(user, Mapping) else partial(getattr, user)
    return next((found for name in _IDENTITIES if (found := read(name, None)) is not None), None)

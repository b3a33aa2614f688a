"""Serve with granian, embedded in our event loop: its own worker processes handle signals in a way nobody can join."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any

import granian.net
from granian.constants import Interfaces
from granian.errors import FatalError
from granian.log import LogLevels
from granian.server.embed import Server

from nexios.cli.departure import Departure
from nexios.cli.listening import BACKLOG, Listener
from nexios.cli.servers import ServerOptions
from nexios.cli.serving import Tracked

# granian waits for the requests in flight without an end.
wrapper = Tracked

# Its stub is elsewhere, and tells nothing of its arguments.
_SocketHolder: Any = granian.net.SocketHolder  # type: ignore[attr-defined]

# granian takes a permit for each connection before it accepts one; other servers leave the bound to the kernel.
_CONNECTIONS = 1 << 20


class _Server(Server):
    """A granian that serves on a socket somebody else opened."""

    def __init__(self, app: Tracked, listener: Listener, **options: Any) -> None:
        super().__init__(app, interface=Interfaces.ASGI, **options)
        self._listener = listener

    def _init_shared_socket(self) -> None:
        # granian closes the descriptor it is given.
        fd = self._listener.duplicate().detach()
        # The signature differs by platform, in the same way since granian 2.5.
        backlog = (self.backlog,) if sys.platform.startswith(("linux", "freebsd")) else ()
        self._ssp = None
        self._shd = _SocketHolder(fd, self._listener.is_path, *backlog)

    @property
    def _bind_addr_fmt(self) -> str:
        return str(self._listener).removeprefix("http://")


async def serve(serving: Tracked, listener: Listener, departure: Departure, options: ServerOptions) -> None:
    server = _Server(
        serving,
        listener,
        backlog=BACKLOG,
        backpressure=_CONNECTIONS,
        log_level=LogLevels(options.log_level),
        log_access=options.access_log,
    )
    running = asyncio.create_task(server.serve())
    leaving = asyncio.create_task(departure.stop_now())
    await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    server.stop()  # type: ignore[no-untyped-call]
    # The application did not start; `serving.failure` says why.
    with contextlib.suppress(FatalError):
        await running

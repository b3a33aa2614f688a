"""Serve with granian, embedded in our event loop: its own worker processes handle signals in a way nobody can join."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
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


# Seconds; they end within a few milliseconds, but libraries may have started others that stay.
_FOR_THREADS = 0.5


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
    threads = _native_threads()
    running = asyncio.create_task(server.serve())
    leaving = asyncio.create_task(departure.stop_now())
    await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    server.stop()  # type: ignore[no-untyped-call]
    # The application did not start; `serving.failure` says why.
    with contextlib.suppress(FatalError):
        await running
    await _end_of_threads(threads)


async def _end_of_threads(known: set[str]) -> None:
    """Wait for the threads that granian started and does not join.

    One that asks for the interpreter's lock while the interpreter is being closed aborts the process.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FOR_THREADS):
            while _native_threads() - known:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


def _native_threads() -> set[str]:
    """Return the ids of the threads that Python does not know of, where the system tells."""
    if not os.path.isdir("/proc/self/task"):
        return set()
    return set(os.listdir("/proc/self/task")) - {str(thread.native_id) for thread in threading.enumerate()}

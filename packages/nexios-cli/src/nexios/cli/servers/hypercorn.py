"""Serve with hypercorn, whose ``shutdown_trigger`` is the moment before it closes its sockets."""

from __future__ import annotations

import contextlib

import hypercorn.asyncio
from hypercorn.utils import LifespanFailureError

from nexios.cli.departure import Departure
from nexios.cli.listening import BACKLOG, Listener
from nexios.cli.servers import ServerOptions
from nexios.cli.serving import Tracked

# From Python 3.12.1 on a closed asyncio server waits for its connections before hypercorn's own timeout starts.
wrapper = Tracked

# Seconds for connections to close once their requests are cut off; hypercorn's own cut is the rougher one.
_TO_CLOSE = 1.0


async def serve(serving: Tracked, listener: Listener, departure: Departure, options: ServerOptions) -> None:
    config = hypercorn.Config()
    config.bind = [f"fd://{listener.duplicate().detach()}"]
    config.backlog = BACKLOG
    config.loglevel = options.log_level
    config.accesslog = "-" if options.access_log else None
    config.include_server_header = False

    async def stop() -> None:
        if serving.failure is None:
            config.graceful_timeout = await departure.stop_now() + _TO_CLOSE

    with contextlib.suppress(LifespanFailureError):
        await hypercorn.asyncio.serve(serving, config, shutdown_trigger=stop, mode="asgi")  # type: ignore[arg-type]

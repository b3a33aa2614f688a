"""Serve with uvicorn, which cancels what outlives the grace period by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator

import uvicorn

from nexios.cli.departure import Departure
from nexios.cli.listening import BACKLOG, Listener
from nexios.cli.servers import ServerOptions
from nexios.cli.serving import Serving

wrapper = Serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def stop(self, departure: Departure) -> None:
        await departure.announced()
        self._say_goodbye_in_answers_under_way()
        # uvicorn says int; it only hands the number to asyncio.wait_for.
        self.config.timeout_graceful_shutdown = await departure.stop_now()  # type: ignore[assignment]
        self.should_exit = True

    def _say_goodbye_in_answers_under_way(self) -> None:
        # With h11 uvicorn would close their connections without having told the client.
        for connection in self.server_state.connections:
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_started:
                cycle.default_headers = [*cycle.default_headers, (b"connection", b"close")]


async def serve(serving: Serving, listener: Listener, departure: Departure, options: ServerOptions) -> None:
    config = uvicorn.Config(
        serving,
        interface="asgi3",
        backlog=BACKLOG,
        log_level=options.log_level,
        access_log=options.access_log,
        server_header=False,
        # Whom to believe about forwarded addresses is the application's decision: NexiosApp(trusted_proxies=...).
        proxy_headers=False,
    )
    server = _Server(config)
    stopping = asyncio.create_task(server.stop(departure))
    # uvicorn exits where the application did not start; `serving.failure` says why.
    with contextlib.suppress(SystemExit):
        await server.serve(sockets=[listener.duplicate()])
    stopping.cancel()

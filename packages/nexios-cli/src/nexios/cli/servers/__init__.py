"""One module per server; each has ``make(application)`` and ``serve(serving, listener, departure, options)``.

Signals belong to the worker, not to the server: uvicorn, hypercorn and granian each stop in their own order, and none
of them lets the application drain first. Here a server is only told when to stop.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any, Protocol, cast

from nexios.cli.departure import Departure
from nexios.cli.errors import CommandError
from nexios.cli.listening import Listener
from nexios.cli.serving import Serving

SERVERS = ("uvicorn", "granian", "hypercorn")
LOG_LEVELS = ("critical", "error", "warning", "info", "debug")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    log_level: str = "info"
    access_log: bool = True


class Server(Protocol):
    """The module of a server."""

    wrapper: type[Serving]

    async def serve(self, serving: Any, listener: Listener, departure: Departure, options: ServerOptions) -> None: ...


def check_installed(name: str) -> None:
    if importlib.util.find_spec(name) is None:
        raise CommandError(f"the server {name} is not installed: pip install 'nexios-cli[{name}]'")


def server_module(name: str) -> Server:
    return cast("Server", importlib.import_module(f"nexios.cli.servers.{name}"))

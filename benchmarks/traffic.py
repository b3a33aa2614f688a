"""What is asked of an application again and again: requests, or messages on WebSockets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Protocol

from benchmarks.client import Client, calls_of, scope_of, verify
from benchmarks.scenarios import Call, Scenario
from benchmarks.sockets import Sockets
from benchmarks.types import ASGIApp

# At most so many different requests are verified.
VERIFIED = 10


class Traffic(Protocol):
    async def drive(self, number: int) -> None:
        """Make the next *number* requests, or say as many messages."""
        ...

    async def verify(self) -> None:
        """Look at the answers. Raises WrongAnswer."""
        ...

    async def close(self) -> None: ...


class Requests:
    def __init__(self, app: ASGIApp, calls: Sequence[Call]) -> None:
        self._app = app
        self._calls = calls
        self._scopes = cycle([scope_of(call) for call in calls])

    async def drive(self, number: int) -> None:
        await Client(self._calls[0].content).drive(self._app, self._scopes, number)

    async def verify(self) -> None:
        await verify(self._app, self._calls[:VERIFIED])

    async def close(self) -> None: ...


async def open_traffic(app: ASGIApp, scenario: Scenario) -> Traffic:
    if scenario.sockets:
        sockets = Sockets(app, scenario)
        await sockets.open()
        return sockets
    return Requests(app, await calls_of(app, scenario))

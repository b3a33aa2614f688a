from __future__ import annotations

from collections.abc import Callable

import anyio
from anyio.lowlevel import checkpoint_if_cancelled


class Changes:
    """Wait until shared state satisfies a condition; who changes the state calls `notify`.

    A condition variable that needs no lock: all sides run in one event loop, so nothing can change between
    looking at the condition and starting to wait.
    """

    def __init__(self) -> None:
        self._next = anyio.Event()

    def notify(self) -> None:
        self._next.set()
        self._next = anyio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            # Where changes come in every turn of the loop, asyncio would not find this task waiting to cancel it.
            await checkpoint_if_cancelled()
            await self._next.wait()

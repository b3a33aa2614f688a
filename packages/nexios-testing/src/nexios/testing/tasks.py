from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, TypeAlias

import anyio

Main: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class DetachedTasks:
    """A task group that belongs to no task of the caller.

    It may be opened in one task and closed in another, as some fixture plugins do, and in any order with others.
    Cancelling who opened it does not cancel what runs in it, just as a test does not cancel its server.
    """

    def __init__(self) -> None:
        self._opened = anyio.Event()
        self._closed = anyio.Event()
        self._group = anyio.create_task_group()

    async def open(self) -> None:
        self._keeper = _spawn(self._keep_open)
        with anyio.CancelScope(shield=True):
            await self._opened.wait()

    def start_soon(self, main: Main) -> None:
        """Run *main*, which must not raise, in the context of the caller."""
        self._group.start_soon(main)

    async def close(self) -> None:
        """Cancel what still runs and wait for its end."""
        self._group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await self._closed.wait()

    async def _keep_open(self) -> None:
        try:
            async with self._group:
                self._opened.set()
                await anyio.sleep_forever()
        finally:
            self._closed.set()


def _spawn(main: Main) -> object:
    """Start *main* outside of every task group; return what keeps its task alive."""
    try:
        return sys.modules["trio"].lowlevel.spawn_system_task(main, context=copy_context())
    except (KeyError, RuntimeError):  # trio is not imported, or not what runs here
        return asyncio.create_task(main())

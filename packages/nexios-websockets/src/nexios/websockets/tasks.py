"""Tasks beside those of the sockets."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from anyio.abc import TaskGroup

logger = logging.getLogger("nexios.websockets")
_running: set[asyncio.Task[None]] = set()


def start(tasks: TaskGroup | None, work: Callable[..., Awaitable[None]], *args: Any) -> None:
    """Run *work* in *tasks*, or on its own where the server runs no lifespan. What it raises is logged."""
    if tasks is not None:
        tasks.start_soon(_logged, work, args)
        return
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        trio.lowlevel.spawn_system_task(_logged, work, args)
        return
    task = asyncio.get_running_loop().create_task(_logged(work, args))
    _running.add(task)  # the loop itself keeps only a weak reference
    task.add_done_callback(_running.discard)


async def _logged(work: Callable[..., Awaitable[None]], args: tuple[Any, ...]) -> None:
    try:
        await work(*args)
    except Exception:
        logger.exception("%s failed", getattr(work, "__qualname__", work))

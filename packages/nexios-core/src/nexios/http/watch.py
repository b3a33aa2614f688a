"""Work that is worth doing only as long as the client is there."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio

from nexios.http.body import Resumed

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from nexios.http.request import Request


logger = logging.getLogger("nexios")


@asynccontextmanager
async def unwrapped_tasks() -> AsyncIterator[TaskGroup]:
    """A task group that raises what its block raises as it is, and not in an ExceptionGroup."""
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        try:
            yield tasks
        except Exception as error:
            failure = error
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def run_until_disconnect(work: Awaitable[Any], request: Request, tasks: TaskGroup | None) -> bool:
    """Await *work*, but no longer than the client stays; True when it came to its end.

    Watching costs a task in *tasks*, so it begins only when *work* first has to wait, and not while the request's
    body may still be read: whoever reads it learns of the disconnect.
    """
    if tasks is None:  # the server runs no lifespan, so the application owns no task group
        async with unwrapped_tasks() as own:
            finished = await run_until_disconnect(work, request, own)
            own.cancel_scope.cancel()
        return finished
    finished = False
    with anyio.CancelScope() as scope:
        steps = work.__await__()
        try:
            waiting_for = next(steps)
        except StopIteration:
            return True
        watcher = anyio.CancelScope()
        if request.reader.is_complete:
            tasks.start_soon(_cancel_on_disconnect, request, scope, watcher)
        try:
            await Resumed(steps, waiting_for)
            finished = True
        finally:
            watcher.cancel()
    return finished


async def _cancel_on_disconnect(request: Request, scope: anyio.CancelScope, watcher: anyio.CancelScope) -> None:
    with watcher:
        try:
            await request.reader.until_disconnect()
        except Exception:
            # A server that cannot tell has nobody left to answer; the failure is not the application's.
            logger.debug("the server failed while it was watched for a disconnect", exc_info=True)
        scope.cancel()

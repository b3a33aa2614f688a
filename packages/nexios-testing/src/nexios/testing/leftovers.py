"""What a test leaves behind: tasks that still run, and what the plugins of the application still hold."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio

# Seconds between two looks.
_PAUSE = 0.005


class LeftBehind(AssertionError):
    """Something outlives the block that it was made for; the message lists each thing."""


@asynccontextmanager
async def check_nothing_left(app: Any = None, *, within: float = 1.0) -> AsyncGenerator[None]:
    """Raise LeftBehind for what began inside the block and is still there *within* seconds after its end.

    That is every task, and for *app*, a NexiosApp, whatever its plugins hold: open sockets, rooms with members. A
    plugin takes part by contributing a function without parameters that returns a text for each thing that is left:
    ``registry.contribute("leftovers", ...)``.
    """
    before = _tasks()
    held = _held(app)
    yield
    left: Sequence[str] = ()
    with anyio.move_on_after(within):
        while left := [*_new_tasks(before), *_new_things(app, held)]:  # noqa: ASYNC110  # no event tells of them all
            await anyio.sleep(_PAUSE)
    if left:
        raise LeftBehind("left behind:\n" + "\n".join(f"- {each}" for each in left))


def _tasks() -> list[Any]:
    # The coroutines themselves: as long as they are kept here, no other has the identity of one of them.
    return [task.coro for task in anyio.get_running_tasks()]


def _new_tasks(before: Sequence[Any]) -> Iterable[str]:
    known = {id(coro) for coro in before}
    return [f"the task {task.name!r}" for task in anyio.get_running_tasks() if id(task.coro) not in known]


def _held(app: Any) -> list[str]:
    ask: Callable[[str], Iterable[tuple[str, Any]]] | None = getattr(app, "contributions", None)
    return [] if ask is None else [thing for _, tell in ask("leftovers") for thing in tell()]


def _new_things(app: Any, held: Sequence[str]) -> Iterable[str]:
    return [thing for thing in _held(app) if thing not in held]

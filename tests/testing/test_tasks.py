from __future__ import annotations

from contextvars import ContextVar

import anyio
import pytest

from nexios.testing.tasks import DetachedTasks

pytestmark = pytest.mark.anyio

name: ContextVar[str] = ContextVar("name", default="nobody")


async def test_a_group_may_be_closed_by_another_task_than_opened_it() -> None:
    tasks, ended = DetachedTasks(), list[str]()

    async def main() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("main")

    async with anyio.create_task_group() as others:
        others.start_soon(tasks.open)
    tasks.start_soon(main)
    await anyio.wait_all_tasks_blocked()
    async with anyio.create_task_group() as others:
        others.start_soon(tasks.close)

    assert ended == ["main"]


async def test_groups_may_be_closed_in_any_order_and_twice() -> None:
    first, second = DetachedTasks(), DetachedTasks()
    await first.open()
    await second.open()

    await first.close()
    await second.close()
    await first.close()


async def test_cancelling_the_opener_does_not_cancel_the_tasks() -> None:
    tasks, finished = DetachedTasks(), anyio.Event()
    go_on = anyio.Event()

    async def main() -> None:
        await go_on.wait()
        finished.set()

    with anyio.CancelScope() as scope:
        await tasks.open()
        tasks.start_soon(main)
        scope.cancel()
        await anyio.lowlevel.checkpoint()

    assert scope.cancelled_caught
    go_on.set()
    await finished.wait()
    await tasks.close()


async def test_a_task_runs_in_the_context_of_its_starter() -> None:
    tasks, seen = DetachedTasks(), list[str]()
    done = anyio.Event()

    async def main() -> None:
        seen.append(name.get())
        done.set()

    await tasks.open()
    name.set("starter")
    tasks.start_soon(main)
    await done.wait()
    await tasks.close()

    assert seen == ["starter"]


async def test_closing_waits_for_the_cleanups_even_when_cancelled() -> None:
    tasks, ended = DetachedTasks(), list[str]()

    async def main() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            ended.append("main")

    await tasks.open()
    tasks.start_soon(main)
    await anyio.wait_all_tasks_blocked()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await tasks.close()

    assert ended == ["main"]

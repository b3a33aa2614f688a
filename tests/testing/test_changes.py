from __future__ import annotations

import anyio
import pytest

from nexios.testing.changes import Changes

pytestmark = pytest.mark.anyio


async def test_a_condition_that_holds_is_not_waited_for() -> None:
    with anyio.move_on_after(0) as scope:
        await Changes().until(lambda: True)

    assert not scope.cancelled_caught


async def test_every_change_looks_at_the_condition_again() -> None:
    changes, seen = Changes(), list[int]()

    async def count() -> None:
        for number in range(3):
            seen.append(number)
            changes.notify()
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count)
        await changes.until(lambda: len(seen) == 3)

    assert seen == [0, 1, 2]


async def test_a_wait_can_be_cancelled_while_changes_come_all_the_time() -> None:
    changes = Changes()

    async def change() -> None:
        while True:
            changes.notify()
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(change)
        with anyio.move_on_after(0.01) as scope:
            await changes.until(lambda: False)
        tasks.cancel_scope.cancel()

    assert scope.cancelled_caught

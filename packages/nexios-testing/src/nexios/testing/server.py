from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio

from nexios.testing.call import Surroundings, kept, raise_first
from nexios.testing.lifespan import Lifespan
from nexios.testing.tasks import DetachedTasks, Main


class Server:
    """Runs an application as a server does: its lifespan around all, and tasks for its calls."""

    def __init__(self, surroundings: Surroundings, *, has_lifespan: bool) -> None:
        self._surroundings = surroundings
        self._lifespan_tasks = DetachedTasks()
        self._call_tasks = DetachedTasks()
        self.state: dict[str, Any] = {}
        self._lifespan = Lifespan(replace(surroundings, open_calls=set()), self.state) if has_lifespan else None

    async def start(self) -> None:
        """Open for calls, once the application has started; raises what its startup raised."""
        await self._lifespan_tasks.open()
        await self._call_tasks.open()
        if self._lifespan is None:
            return
        self._lifespan_tasks.start_soon(self._lifespan.run)
        try:
            await self._lifespan.startup()
        except BaseException:
            await self._cancel()
            raise

    def start_soon(self, main: Main) -> None:
        """Run *main*, which must not raise, until the server stops."""
        self._call_tasks.start_soon(main)

    async def stop(self) -> None:
        """Every client leaves, the application shuts down, what is left is cancelled; raises what went wrong."""
        problems: list[BaseException] = []
        try:
            await self._end_calls()
            if self._lifespan is not None:
                with kept(problems.append):
                    await self._lifespan.shutdown()
        finally:
            await self._cancel()
        raise_first(self._late_problems() + problems)

    async def _end_calls(self) -> None:
        calls = tuple(self._surroundings.open_calls)
        for call in calls:
            call.leave()
        with anyio.move_on_after(self._surroundings.grace):
            for call in calls:
                await call.until_ended()
        await self._call_tasks.close()

    async def _cancel(self) -> None:
        await self._call_tasks.close()
        await self._lifespan_tasks.close()

    def _late_problems(self) -> list[BaseException]:
        """What calls did wrong after their client had stopped looking."""
        problems: list[BaseException] = []
        for call in tuple(self._surroundings.open_calls):
            with kept(problems.append):
                call.raise_problem()
        return problems

"""How a process that serves takes its leave: told once, it drains, lets callers in, and stops within its grace.

told -> drain -> newcomers refused -> LINGER -> queue empty -> the server stops -> deadline: what is left is cut off
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time

from nexios.cli.listening import Listener
from nexios.cli.serving import Serving

# Seconds in which a request already on its way arrives on a kept connection: a round trip across an ocean. Until
# then idle connections stay open, and each answer ends its own.
LINGER = 0.25
# Seconds the shutdown hooks have after the grace period, when that is shorter.
_LEAST_FOR_HOOKS = 5.0

logger = logging.getLogger("nexios.cli")


class Departure:
    def __init__(self, serving: Serving, listener: Listener, grace: float) -> None:
        self._serving = serving
        self._listener = listener
        self._grace = grace
        self._told = asyncio.Event()
        self._last = False
        self._deadline = 0.0

    def leave(self, *, last: bool = True) -> None:
        """Start the leave-taking; *last* when nobody goes on listening after this process and its siblings."""
        self._last = self._last or last
        if self._told.is_set():
            return
        self._deadline = time.monotonic() + self._grace
        _give_up_after(self._grace + max(self._grace, _LEAST_FOR_HOOKS))
        self._told.set()

    @property
    def begun(self) -> bool:
        return self._told.is_set()

    async def announced(self) -> None:
        """Return when the process has been told to leave."""
        await self._told.wait()

    async def stop_now(self) -> float:
        """Return when the server should stop, with the seconds it has left for what is in flight."""
        await self.announced()
        # What is starting can neither drain nor be stopped in order.
        await self._serving.settled.wait()
        await self._drain()
        if self._last:
            self._listener.refuse_newcomers()
        await asyncio.sleep(min(LINGER, self.remaining))
        await self._let_callers_in()
        self._listener.sock.close()
        asyncio.get_running_loop().call_later(self.remaining, self._serving.cancel)
        return self.remaining

    async def _let_callers_in(self) -> None:
        # The server's own loop accepts them; nothing tells when the kernel's queue is empty.
        while self._last and self._listener.has_callers() and self.remaining:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    @property
    def remaining(self) -> float:
        return max(self._deadline - time.monotonic(), 0.0)

    async def _drain(self) -> None:
        try:
            await asyncio.wait_for(self._serving.drain(), max(self.remaining, LINGER))
        except TimeoutError:
            logger.error("draining took longer than the %g seconds of grace", self._grace)
        except Exception:
            logger.exception("draining failed")


def _give_up_after(seconds: float) -> None:
    """End the process for good: a thread that never returns would keep it alive."""

    def give_up() -> None:
        logger.critical("still busy %g seconds after the signal to stop: giving up", seconds)
        os._exit(1)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()

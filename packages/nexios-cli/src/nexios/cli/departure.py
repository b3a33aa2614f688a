"""How a process that serves takes its leave: told once, it drains, lets callers in, and stops within its grace.

told -> drain -> newcomers held off -> LINGER -> queue empty -> the server stops -> deadline: what is left is cut off
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
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


class Newcomers(enum.IntEnum):
    """What becomes of those who connect while the process leaves."""

    MEET_SIBLINGS = 0
    WAIT_FOR_SUCCESSOR = 1
    ARE_REFUSED = 2


class Departure:
    """Made in the event loop that serves."""

    def __init__(self, serving: Serving, listener: Listener, grace: float) -> None:
        self._serving = serving
        self._listener = listener
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        self._deadline: float | None = None
        self._newcomers = self._held_off = Newcomers.MEET_SIBLINGS

    def leave(self, newcomers: Newcomers = Newcomers.ARE_REFUSED) -> None:
        """Start the leave-taking, from a signal handler or any thread; said again, the sterner word counts."""
        self._newcomers = max(self._newcomers, newcomers)
        if self._deadline is None:
            self._deadline = time.monotonic() + self._grace
            _give_up_after(self._grace + max(self._grace, _LEAST_FOR_HOOKS))
        # The loop may have been closed since.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._told.set)

    @property
    def has_begun(self) -> bool:
        return self._deadline is not None

    async def announced(self) -> None:
        """Return when the process has been told to leave."""
        await self._told.wait()

    async def stop_now(self) -> float:
        """Return when the server should stop, with the seconds it has left for what is in flight."""
        await self.announced()
        # What is starting can neither drain nor be stopped in order.
        await self._serving.settled.wait()
        await self._drain()
        self._hold_off()
        await asyncio.sleep(min(LINGER, self._remaining))
        self._hold_off()
        await self._let_callers_in()
        self._listener.sock.close()
        self._loop.call_later(self._remaining, self._serving.cancel)
        return self._remaining

    @property
    def _remaining(self) -> float:
        return 0.0 if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    async def _drain(self) -> None:
        try:
            await asyncio.wait_for(self._serving.drain(), max(self._remaining, LINGER))
        except TimeoutError:
            logger.error("draining took longer than the %g seconds of grace", self._grace)
        except Exception:
            logger.exception("draining failed")

    def _hold_off(self) -> None:
        if self._newcomers > self._held_off:
            self._held_off = self._newcomers
            self._listener.hold_newcomers(for_ever=self._newcomers is Newcomers.ARE_REFUSED)

    async def _let_callers_in(self) -> None:
        # The server's own loop accepts them; nothing tells when the kernel's queue is empty.
        while self._held_off and self._listener.has_callers() and self._remaining:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def _give_up_after(seconds: float) -> None:
    """End the process for good: a thread, or code that blocks the event loop, may never return."""

    def give_up() -> None:
        logger.critical("still busy %g seconds after the signal to stop: giving up", seconds)
        os._exit(1)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()

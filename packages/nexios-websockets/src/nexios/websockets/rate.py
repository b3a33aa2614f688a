"""How many messages a second a client may send: a bucket that refills evenly."""

from __future__ import annotations

import time
from collections.abc import Callable

from nexios.types import Message, Receive
from nexios.websockets.exceptions import PolicyViolation


class TokenBucket:
    """*rate* tokens a second, at most *burst* of them saved up."""

    __slots__ = ("_burst", "_clock", "_rate", "_seen", "_tokens")

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._seen = clock()

    def take(self) -> bool:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def limited(receive: Receive, rate: float, burst: int | None) -> Receive:
    """*receive* that raises PolicyViolation for a message over the rate."""
    bucket = TokenBucket(rate, burst if burst is not None else max(1.0, rate))

    async def receive_limited() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not bucket.take():
            raise PolicyViolation(f"more than {rate:g} messages a second")
        return message

    return receive_limited

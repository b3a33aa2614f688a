"""The time of a test, which only moves when it is told to."""

from __future__ import annotations


class Clock:
    def __init__(self, time: float = 1_800_000_000.0) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time

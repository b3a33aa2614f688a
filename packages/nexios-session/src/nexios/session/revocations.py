"""Session ids that are dead although their cookie is still signed."""

from __future__ import annotations

# 100 bytes each; more logouts than this within the absolute timeout push out the oldest.
_MOST = 10_000


class Revocations:
    """Remembers ids for *seconds*, in this process only: cookies have no other place where they could die."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._ends: dict[str, int] = {}

    def add(self, name: str, now: int) -> None:
        while len(self._ends) >= _MOST:
            del self._ends[next(iter(self._ends))]
        self._ends[name] = now + self._seconds

    def has(self, name: str, now: int) -> bool:
        return self._ends.get(name, now) > now if self._ends else False

"""What the tests of the pure HTTP modules share."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def _best_seconds(call: Callable[[T], object], argument: T) -> float:
    best = float("inf")
    for _ in range(7):
        before = time.thread_time()
        with contextlib.suppress(Exception):  # a refusal costs time as well
            call(argument)
        best = min(best, time.thread_time() - before)
    return best


@pytest.fixture
def assert_linear() -> Callable[[Callable[[Any], object], Callable[[int], Any]], None]:
    """Assert that ``parse(make(64 KB))`` takes under 20 ms and that twice the size takes less than three times it."""

    def check(parse: Callable[[Any], object], make: Callable[[int], Any]) -> None:
        once = _best_seconds(parse, make(64 * 1024))
        twice = _best_seconds(parse, make(128 * 1024))
        assert once < 0.020
        # Below half a millisecond the clock says more than the parser does.
        assert twice < 3 * max(once, 0.0005)

    return check

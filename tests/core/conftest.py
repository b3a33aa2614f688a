"""What the tests of the core share."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from nexios import NexiosApp

SECONDS = 0.020 if sys.gettrace() is None else 1.0  # measuring coverage slows every line down


@pytest.fixture
def app() -> NexiosApp:
    """The core alone, whatever else is installed."""
    return NexiosApp(plugins=[])


def _seconds(call: Callable[[Any], object], argument: Any) -> float:
    gc.disable()  # it would count what other tests have left, and go through it as often as lists are made
    before = time.thread_time()
    with contextlib.suppress(Exception):  # a refusal costs time as well
        call(argument)
    seconds = time.thread_time() - before
    gc.enable()
    return seconds


@pytest.fixture
def assert_linear() -> Callable[[Callable[[Any], object], Callable[[int], Any]], None]:
    """Assert that ``parse(make(64 KB))`` takes under 20 ms and that twice the size takes less than three times it."""

    def check(parse: Callable[[Any], object], make: Callable[[int], Any]) -> None:
        small, large = make(64 * 1024), make(128 * 1024)
        once = twice = float("inf")
        for _ in range(40):  # a busy machine spoils many a measurement; a parser that is not linear never passes
            once, twice = min(once, _seconds(parse, small)), min(twice, _seconds(parse, large))
            # Below two milliseconds the caches of the processor say more than the parser does.
            if once < SECONDS and twice < 3 * max(once, 0.002):
                return
        pytest.fail(f"64 KB took {once * 1000:.1f} ms, 128 KB {twice * 1000:.1f} ms")

    return check

from __future__ import annotations

import asyncio

from benchmarks.profiling import profile
from benchmarks.scenarios import SCENARIOS


def test_a_profile_has_the_calls_of_the_requests_that_were_asked_for() -> None:
    stats = asyncio.run(profile("nexios", SCENARIOS["path"], 25))

    calls = {name: figures[1] for (_, _, name), figures in stats.stats.items()}  # type: ignore[attr-defined]  # typeshed
    assert calls["item"] == 25

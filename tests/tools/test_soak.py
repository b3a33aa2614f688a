from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

import soak
import workspace

LEVEL = soak.Level(memory=10 * soak.MEBIBYTE, objects=30_000, tasks=1, files=9)


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_five_thousand_requests_leave_nothing_behind(loop: str) -> None:
    command = [sys.executable, "tools/soak.py", "--requests", "5000", "--loop", loop]

    run = subprocess.run(command, cwd=workspace.ROOT, capture_output=True, text=True, check=False)

    assert run.stdout.endswith("nothing is left over\n"), run.stdout + run.stderr
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("after", "leak"),
    [
        (replace(LEVEL, memory=LEVEL.memory + soak.MEBIBYTE + 1), "1048577 more bytes of memory than at the beginning"),
        (replace(LEVEL, objects=LEVEL.objects + soak.SOME + 1), "201 more objects than at the beginning"),
        (replace(LEVEL, tasks=2), "1 more tasks than at the beginning"),
        (replace(LEVEL, files=11), "2 more files than at the beginning"),
    ],
)
def test_what_has_grown_is_named(after: soak.Level, leak: str) -> None:
    assert after.leaks_beside(LEVEL) == [leak]
    assert LEVEL.leaks_beside(LEVEL) == LEVEL.leaks_beside(after) == []

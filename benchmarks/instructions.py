"""Counts instructions: the figure that is the same on every run, whatever else the machine does."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

from benchmarks.scenarios import Scenario

ROOT = Path(__file__).resolve().parent.parent
_TOTAL = re.compile(r"^summary: (\d+)", re.MULTILINE)


class CountingFailed(Exception):
    """A process died, or was not counted."""


def count(python: Path, framework: str, scenario: Scenario) -> float | None:
    """Instructions per warm request; None where the framework has nothing of the kind."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python), "-B", "-m", "benchmarks.worker", "count", framework, scenario.name]
        answer = _under_callgrind(command, Path(folder) / "out")
        if not answer["counted"]:
            return None
        return per_request([_total(Path(folder) / f"out.{number}") for number in (1, 2, 3)], scenario.counted)


def per_request(totals: list[int], number: int) -> float:
    """What *number* requests add, out of the totals of *number* (warming up), *number* and twice *number*."""
    _, once, twice = totals
    return (twice - once) / number


def _total(dump: Path) -> int:
    found = _TOTAL.search(dump.read_text("utf-8", "replace"))
    if found is None:
        raise CountingFailed(f"{dump} has no summary line: did callgrind run to its end?")
    return int(found[1])


def _under_callgrind(command: list[str], out: Path) -> dict[str, bool]:
    # Nothing of the caller's environment: each variable would move what lies in memory.
    variables = {"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
    valgrind = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
    done = subprocess.run([*valgrind, *command], cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CountingFailed(f"{' '.join(command)} exited with {done.returncode}:\n{done.stderr[-3000:]}")
    answer: dict[str, bool] = json.loads(done.stdout)
    return answer

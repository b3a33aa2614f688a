"""Counts instructions: the figure that is the same on every run, whatever else the machine does.

What would move objects in memory, and with that the hashes of those that hash by address, is kept equal: the variables
of the process, the length of every path it sees, and whether modules come from a cache.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import ROOT, Environment
from benchmarks.scenarios import Scenario

_TOTAL = re.compile(r"^summary: (\d+)", re.MULTILINE)
# Of the variants that the C library has of a function, take the one that every x86-64 processor can run.
_TUNABLES = "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-BMI2,-ERMS,-FSRM,-MOVBE,-SSE4_1,-SSE4_2,-SSSE3"


class CountingFailed(Exception):
    """A process that was to be counted died, or callgrind wrote nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder whose path is equally long on every run, with links to what a counted process needs."""

    folder: Path
    environment: Environment

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    @property
    def prefix(self) -> Path:
        return self.folder / "prefix"

    def command(self, scenario: Scenario) -> list[str]:
        # Without the site module, which would add the real paths of editable installs.
        options = ["-S", "-P", "-m", "benchmarks.worker"]
        return [str(self.prefix / "bin" / "python"), *options, "count", self.environment.framework, scenario.name]

    def variables(self) -> dict[str, str]:
        packages = self.prefix / self.environment.packages.relative_to(self.environment.prefix)
        paths = [self.checkout, *(self.checkout / source for source in self.environment.sources), packages]
        return {
            "GLIBC_TUNABLES": _TUNABLES,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": ":".join(map(str, paths)),
            "PYTHONPYCACHEPREFIX": str(self.folder / "cache"),
        }


@contextmanager
def stage(environment: Environment) -> Iterator[Stage]:
    # The name that mkdtemp makes up always has eight characters.
    with tempfile.TemporaryDirectory(prefix="nexios-", dir="/tmp") as folder:
        made = Stage(Path(folder), environment)
        made.checkout.symlink_to(ROOT)
        made.prefix.symlink_to(environment.prefix)
        yield made


def count(environment: Environment, scenario: Scenario) -> float | None:
    """Instructions per warm request; None where the framework has nothing of the kind. Raises CountingFailed."""
    with stage(environment) as made:
        # First without valgrind: it fills the cache of compiled modules.
        if not _run(made, made.command(scenario)):
            return None
        out = made.folder / "out"
        valgrind = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        _run(made, [*valgrind, *made.command(scenario)])
        return per_request([_total(made.folder / f"out.{number}") for number in (1, 2, 3)], scenario.counted)


def per_request(totals: Sequence[int], number: int) -> float:
    """What one request adds, out of the totals of some (to warm up), of *number* and of twice *number*."""
    _, once, twice = totals
    return (twice - once) / number


def _total(dump: Path) -> int:
    found = _TOTAL.search(dump.read_text("utf-8", "replace")) if dump.exists() else None
    if found is None:
        raise CountingFailed(f"{dump.name} has no total: did callgrind run to its end?")
    return int(found[1])


def _run(made: Stage, command: Sequence[str]) -> bool:
    """Run the worker; whether there was something to count."""
    done = subprocess.run(
        command,
        cwd=made.folder,
        env=made.variables(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CountingFailed(f"{' '.join(command)} exited with {done.returncode}:\n{done.stderr[-3000:]}")
    counted: bool = json.loads(done.stdout)["counted"]
    return counted

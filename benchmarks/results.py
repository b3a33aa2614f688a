"""What one run has measured."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TypeAlias

from benchmarks.environments import ROOT, requirements
from benchmarks.frameworks import LIMIT, OURS

# Row -> framework -> figure; None where a framework has nothing of the kind.
Figures: TypeAlias = dict[str, dict[str, float | None]]


def _commit() -> str:
    """The commit that is measured, with a plus sign where files differ from it."""
    describe = ["git", "describe", "--always", "--exclude=*", "--dirty=+"]
    return subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


@dataclass(frozen=True, slots=True)
class Results:
    """Figures by mode: "time" in seconds, "count" in instructions, "http" in requests per second, others by row."""

    versions: Mapping[str, str]
    figures: dict[str, Figures] = field(default_factory=dict)
    python: str = sys.version
    machine: str = platform.platform()
    commit: str = field(default_factory=_commit)

    @classmethod
    def from_json(cls, text: str) -> Results:
        return cls(**json.loads(text))

    def completed_by(self, other: Results) -> Results:
        """These figures, and those of *other* that are not among them: of peers, whose releases are pinned, say."""
        figures: dict[str, Figures] = {}
        for mode in dict.fromkeys([*self.figures, *other.figures]):
            own, more = self.figures.get(mode, {}), other.figures.get(mode, {})
            figures[mode] = {row: {**more.get(row, {}), **own.get(row, {})} for row in dict.fromkeys([*own, *more])}
        releases = {name: other.versions[name] for name in other.versions if name not in self.versions}
        return replace(self, versions={**self.versions, **releases}, figures=figures)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


def version(framework: str) -> str:
    """The release that is measured, as its requirements pin it."""
    if framework == LIMIT:
        return "bare ASGI"
    if framework == OURS:
        text = (ROOT / "packages/nexios-core/src/nexios/_version.py").read_text("utf-8")
        found = re.search(r'"(.+)"', text)
    else:
        found = re.search(rf"^{framework}==(\S+)", requirements(framework), re.MULTILINE)
    if found is None:
        raise ValueError(f"benchmarks/frameworks/{framework}/requirements.txt does not pin {framework}==…")
    return found[1]


def best_peer(figures: Mapping[str, float | None], more: bool = False) -> str | None:
    """Who of the peers has the smallest figure (the largest, with *more*); None where there is no peer."""
    known = {name: value for name, value in figures.items() if value is not None and name not in (LIMIT, OURS)}
    choose = max if more else min
    return choose(known, key=known.__getitem__) if known else None


def ratio(figures: Mapping[str, float | None], other: str | None) -> float | None:
    """Our figure as a multiple of that of *other*."""
    ours, theirs = figures.get(OURS), figures.get(other) if other is not None else None
    return ours / theirs if ours is not None and theirs else None

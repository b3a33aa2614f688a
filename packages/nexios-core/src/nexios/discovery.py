"""Finding installed plugins: one scan of the distributions, in which one broken distribution stops no other."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PLUGINS = "nexios.plugins"


@dataclass(frozen=True, slots=True)
class Installed:
    """An entry point, and the distribution that declares it."""

    name: str
    target: str
    distribution: str
    version: str

    def load(self) -> Any:
        """Import the target. Raises whatever importing it raises, and AttributeError where it is not there."""
        import importlib  # with importlib.metadata below: nothing of it is needed to import nexios

        module, _, attribute = self.target.partition(":")
        found: Any = importlib.import_module(module.strip())
        for part in attribute.strip().split(".") if attribute.strip() else ():
            found = getattr(found, part)
        return found


def installed(group: str = PLUGINS) -> tuple[Installed, ...]:
    """The entry points of *group*, in the order of their names. Scanned once for each `sys.path`."""
    return _scan(group, tuple(sys.path))


@functools.lru_cache(maxsize=8)
def _scan(group: str, path: tuple[str, ...]) -> tuple[Installed, ...]:
    # Not at the top: it costs 6 to 30 ms, and an application that names its plugins needs none of it.
    from importlib.metadata import distributions

    found: dict[tuple[str, str], Installed] = {}
    for distribution in distributions():
        try:
            for entry in _entries(distribution, group):
                found.setdefault((entry.name, entry.distribution), entry)
        except Exception:  # noqa: S112  # metadata nobody can read declares no plugin of ours
            continue
    return tuple(sorted(found.values(), key=lambda entry: (entry.name, entry.distribution)))


def _entries(distribution: Any, group: str) -> Iterator[Installed]:
    text = distribution.read_text("entry_points.txt")
    if not text or group not in text:  # one look at the text is a tenth of parsing it
        return
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            yield Installed(name.strip(), target.strip().partition("[")[0].strip(), *_identity(distribution))


def _identity(distribution: Any) -> tuple[str, str]:
    metadata = distribution.metadata
    return metadata["Name"] or "unknown", metadata["Version"] or "unknown"

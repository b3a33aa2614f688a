"""The distributions that Python finds, read one by one: a broken one must not hide the others."""

from __future__ import annotations

import re
from importlib.metadata import Distribution


def distributions() -> dict[str, Distribution]:
    """Return them by normalised name; the first on the path hides later ones, as it does for imports."""
    found: dict[str, Distribution] = {}
    for distribution in Distribution.discover():
        try:
            found.setdefault(_normalised(distribution.name), distribution)
        except Exception:  # noqa: S112  # what has no name is none of ours
            continue
    return found


def _normalised(name: str) -> str:
    """Return *name* as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()

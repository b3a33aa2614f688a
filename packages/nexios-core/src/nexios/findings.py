"""What `nexios audit` reports: an application's weak places, found by those who know them.

A plugin contributes a function without parameters that yields findings: ``registry.contribute("audit", check)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, TypeAlias

# An "error" is open to attack as it stands; a "warning" is, unless something in front says otherwise.
Level: TypeAlias = Literal["error", "warning", "note"]


class Finding(NamedTuple):
    """One weak place: the *subject* it is about ("POST /users"), the *problem*, and the *cure*."""

    level: Level
    subject: str
    problem: str
    cure: str


Check: TypeAlias = Callable[[], Iterable[Finding]]

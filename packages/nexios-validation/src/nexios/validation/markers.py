"""Markers: where the value of a parameter comes from, and what else is known of it.

``limit: Annotated[int, Query(ge=1)] = 10`` and ``limit: int = Query(10, ge=1)`` mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict, Unpack

from nexios.signature import MISSING
from nexios.validation.locations import BODY, COOKIE, HEADER, PATH, QUERY, Location


class About(TypedDict, total=False):
    """What any marker may say of a value: its name on the wire, its limits, and what documents tell about it."""

    alias: str
    title: str
    description: str
    examples: Sequence[Any]
    deprecated: bool
    include_in_schema: bool
    default_factory: Callable[[], Any]
    gt: float
    ge: float
    lt: float
    le: float
    multiple_of: float
    min_length: int
    max_length: int
    pattern: str


LIMITS: Final = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
WORDS: Final = ("title", "description", "examples", "deprecated")


@dataclass(frozen=True, slots=True, eq=False)
class Marker:
    """What a marker function returns. *embed* concerns bodies: give the value a key of its own in the object."""

    location: Location
    default: Any
    about: Mapping[str, Any]
    embed: bool = False

    @property
    def alias(self) -> str | None:
        return self.about.get("alias")

    @property
    def include_in_schema(self) -> bool:
        return bool(self.about.get("include_in_schema", True))


def mark(location: Location, default: Any, about: Mapping[str, Any], *, embed: bool = False) -> Marker:
    """A marker for *location*; packages that read values from other places make theirs with it.

    Raises TypeError for an argument that no marker takes, ValueError for two defaults.
    """
    unknown = about.keys() - About.__annotations__.keys()
    if unknown:
        raise TypeError(f"{location.marker}() takes no argument {', '.join(sorted(unknown))}")
    if default is not MISSING and "default_factory" in about:
        raise ValueError(f"{location.marker}({default!r}, default_factory=...) has two defaults: leave one out")
    return Marker(location, default, about, embed)


def Query(default: Any = MISSING, **about: Unpack[About]) -> Any:
    """A value of the query string; on a model, all its fields are."""
    return mark(QUERY, default, about)


def Header(default: Any = MISSING, **about: Unpack[About]) -> Any:
    """A header field: ``user_agent`` is read from ``user-agent``."""
    return mark(HEADER, default, about)


def Cookie(default: Any = MISSING, **about: Unpack[About]) -> Any:
    """A cookie."""
    return mark(COOKIE, default, about)


def Path(**about: Unpack[About]) -> Any:
    """A parameter of the path. What its limits refuse is answered with 422, what its type refuses with 404."""
    return mark(PATH, MISSING, about)


def Body(default: Any = MISSING, *, embed: bool = False, **about: Unpack[About]) -> Any:
    """The request's body, or with *embed* (and wherever there are several) one key of the object that it is."""
    return mark(BODY, default, about, embed=embed)

"""Who asks, as one backend found out: the frozen `Identity`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """A user, and what the credentials that were presented allow.

    *scheme* names the backend, *claims* is what a token said. Nothing but scheme, scopes and roles is in its repr.
    """

    user: Any = field(repr=False)
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    scheme: str = ""
    claims: Mapping[str, Any] = field(default_factory=lambda: _NOTHING, repr=False)

    @property
    def is_authenticated(self) -> bool:
        return self.user is not None


ANONYMOUS = Identity(None)


def names_in(given: Any, what: str) -> frozenset[str]:
    """The names in *given*: a text with blanks between them (RFC 6749 section 3.3), or several texts.

    Raises TypeError for anything else; *what* says in the message what they are.
    """
    if given is None:
        return frozenset()
    if isinstance(given, str):
        return frozenset(given.split())
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        raise TypeError(f"{what} are texts, not {type(given).__name__}: give a list of names")
    names = frozenset(given)
    if not all(isinstance(name, str) and name for name in names):
        kinds = sorted({type(name).__name__ for name in names})
        raise TypeError(f"{what} are texts that are not empty, not {', '.join(kinds)}: give a list of names")
    return names

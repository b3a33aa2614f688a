"""Who asks, as one backend found out: the frozen `Identity`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from nexios.auth.user import attribute_of

_NOTHING: Mapping[str, Any] = MappingProxyType({})
# Empty, these are what a lookup gives that found nobody, and not a user.
_CONTAINERS = (str, bytes, list, dict, set, frozenset)


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

    def held_roles(self) -> Set[str]:
        """The roles; where the backend said nothing of them, those of ``user.roles``."""
        return self.roles or names_in(attribute_of(self.user, "roles"), "the roles of a user")


ANONYMOUS = Identity(None)


def as_identity(found: Any, scheme: str) -> Identity | None:
    """What `AuthBackend.authenticate` returned, as an Identity; None for nobody.

    Raises TypeError for what cannot be a user, so that a slip in a backend lets nobody in.
    """
    if found is None or found is False:
        return None
    if isinstance(found, Identity):
        if found.user is None or found.user is False:
            return None
        return found if found.scheme else dataclasses.replace(found, scheme=scheme)
    scopes: frozenset[str] = frozenset()
    if type(found) is tuple:  # not a named one, which is a user
        if len(found) != 2:
            raise TypeError(f"the backend {scheme!r} returned a tuple of {len(found)}: return (user, scopes)")
        found, scopes = found[0], names_in(found[1], f"the scopes from the backend {scheme!r}")
        if found is None or found is False:
            return None
    if type(found) in _CONTAINERS and not found:
        raise TypeError(f"the backend {scheme!r} returned an empty {type(found).__name__}: return None for nobody")
    if found is True:
        raise TypeError(f"the backend {scheme!r} returned True: return the user, or None for nobody")
    return Identity(found, scopes, scheme=scheme)


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

"""What this package asks of users: nothing. What it makes use of where it is there is written down here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class User(Protocol):
    """A user as most applications have one: for annotations, not a demand. Any object can be a user.

    `roles`, an attribute with names, is used where the backend says nothing of roles; see `Identity`.
    """

    @property
    def id(self) -> Any: ...


def attribute_of(user: Any, name: str) -> Any:
    """``user.<name>`` or ``user["<name>"]``; None where the user has neither."""
    return user.get(name) if isinstance(user, Mapping) else getattr(user, name, None)


def label_of(user: Any) -> str | None:
    """What an audit log may call *user*: its id, never the user itself, whose text may tell more than that."""
    if user is None or isinstance(user, str | int):
        return None if user is None else str(user)
    found = attribute_of(user, "id")
    return str(found) if found is not None else type(user).__name__

"""What this package asks of users: nothing. What it can make use of is written down here."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class User(Protocol):
    """A user as most applications have one: for annotations, not a demand. Any object can be a user.

    `roles`, an attribute with names, is used where the backend says nothing of roles; see `Identity`.
    """

    @property
    def id(self) -> Any: ...

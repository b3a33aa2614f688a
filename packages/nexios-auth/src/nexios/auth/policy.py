"""Policies: rules about a user and a request, or about a user and an object."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from nexios import Connection
from nexios.auth.authentication import authentication_of
from nexios.exceptions import ConfigurationError


class Policy:
    """A rule with a name: ``Policy("owner", lambda user, request: request.path_params.id == user.id)``.

    *check* takes the user and the request, and may be async. With a third parameter it is about an object, which a
    handler passes to `enforce`. It allows with True alone; other values than True, False and None are errors, so that
    a comparison that was forgotten is not taken for consent. Policies combine with ``&`` and ``|``.
    """

    def __init__(self, name: str, check: Callable[..., Any]) -> None:
        if not name.strip():
            raise ConfigurationError(f"Policy({name!r}, ...): a policy needs a name, which refusals are logged with")
        self.name = name
        self.check = check
        self.takes_object: bool = _takes_object(name, check)

    async def allows(self, user: Any, request: Connection, about: Any = None) -> bool:
        """Whether *user* may. Raises TypeError where the rule answers neither True nor False."""
        answer = self.check(user, request, about) if self.takes_object else self.check(user, request)
        if hasattr(answer, "__await__"):
            answer = await answer
        if answer is None or isinstance(answer, bool):
            return answer is True
        raise TypeError(f"the policy {self.name!r} answered with a {type(answer).__name__}: return True or False")

    async def enforce(self, request: Connection, about: Any = None) -> None:
        """Raise NotAuthenticated without a user, PermissionDenied where the rule does not allow it."""
        state = authentication_of(request)
        identity = await state.identify(None)
        if identity.user is None:
            raise await state.unknown()
        if not await self.allows(identity.user, request, about):
            raise await state.denied(f"policy {self.name}")

    def __and__(self, other: Policy) -> Policy:
        async def both(user: Any, request: Connection, about: Any = None) -> bool:
            return await self.allows(user, request, about) and await other.allows(user, request, about)

        return self._with(other, "and", both)

    def __or__(self, other: Policy) -> Policy:
        async def either(user: Any, request: Connection, about: Any = None) -> bool:
            return await self.allows(user, request, about) or await other.allows(user, request, about)

        return self._with(other, "or", either)

    def _with(self, other: Policy, word: str, check: Callable[..., Any]) -> Policy:
        combined = Policy(f"({self.name} {word} {other.name})", check)
        combined.takes_object = self.takes_object or other.takes_object
        return combined

    def __repr__(self) -> str:
        return f"<Policy {self.name!r}>"


def _takes_object(name: str, check: Callable[..., Any]) -> bool:
    if not callable(check):
        raise ConfigurationError(f"Policy({name!r}, {check!r}): the rule is a function of (user, request)")
    signature = inspect.signature(check)
    for given in (2, 3):
        try:
            signature.bind(*[None] * given)
        except TypeError:
            continue
        return given == 3
    raise ConfigurationError(
        f"Policy({name!r}, ...): the rule takes {signature}, it must take (user, request), or (user, request, object)"
    )

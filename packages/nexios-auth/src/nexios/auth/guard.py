"""The layer in front of a route that asks for a user: one for each, innermost, planned when the route is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexios import Request, Response
from nexios.auth.authentication import Authentication, Authenticator
from nexios.auth.policy import Policy
from nexios.auth.requirement import Requirement
from nexios.exceptions import ConfigurationError
from nexios.middleware import CallNext


class Guard:
    """Lets through whom all of *requirements* allow, before the body is read and dependencies are built."""

    name = "auth guard"
    protocols: tuple[str, ...] = ("http", "websocket")

    def __init__(self, requirements: Sequence[Requirement], authenticator: Authenticator, where: str) -> None:
        self.authenticator = authenticator
        self.schemes: frozenset[str] | None = _common_schemes(requirements, where)
        self.scopes: frozenset[str] = frozenset().union(*(each.scopes for each in requirements))
        self.roles: tuple[frozenset[str], ...] = tuple(each.roles for each in requirements if each.roles)
        self.policies: tuple[Policy, ...] = tuple(policy for each in requirements for policy in each.policies)

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Any:
        state: Authentication | None = request.__dict__.get("authentication")
        # Of another one where a route's own middleware stands further in than the answer to a wrong method.
        if state is None or state.authenticator is not self.authenticator:
            state = await self.authenticator.begin(request)
        state.is_used = True
        identity = state.identity
        if self.schemes is not None and identity.scheme not in self.schemes:
            identity = await state.identify(self.schemes)
        if identity.user is None:
            raise await state.unknown(self.schemes)
        if self.scopes or self.roles or self.policies:
            await self._check(request, state)
        return await call_next()

    async def _check(self, request: Request, state: Authentication) -> None:
        identity = state.identity
        if lacking := self.scopes - identity.scopes:
            raise await state.denied(f"scope {' '.join(sorted(lacking))}", self.scopes)
        held = identity.held_roles() if self.roles else frozenset()
        for roles in self.roles:
            if roles.isdisjoint(held):
                raise await state.denied(f"role {' or '.join(sorted(roles))}")
        for policy in self.policies:
            if not await policy.allows(identity.user, request):
                raise await state.denied(f"policy {policy.name}")


def _common_schemes(requirements: Sequence[Requirement], where: str) -> frozenset[str] | None:
    named = [each.schemes for each in requirements if each.schemes is not None]
    if not named:
        return None
    common = frozenset.intersection(*named)
    if not common:
        asked = " and ".join(str(sorted(each)) for each in named)
        raise ConfigurationError(f"{where} asks for the schemes {asked}, and no user comes by both: name one of them")
    return common

"""What may stand above a handler: ``@auth()``, ``@requires(...)`` and ``@public``.

They mark the handler and return it. When a route is compiled, its marks and the ``auth=`` of its routers become one
guard; see `nexios.auth.guard`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from nexios.auth.policy import Policy
from nexios.auth.requirement import PUBLIC, Requirement, names_of, policies_of
from nexios.exceptions import ConfigurationError

H = TypeVar("H", bound=Callable[..., Any])


@overload
def auth(schemes: H) -> H: ...
@overload
def auth(schemes: str | Iterable[str] | None = None) -> Requirement: ...
def auth(schemes: Any = None) -> Any:
    """Serve users alone: whoever a backend knows, or one of *schemes*, ``@auth(["jwt"])``.

    Works on functions, classes of handlers and WebSockets, above and below ``@app.get``, and as ``auth=`` of a router.
    """
    if callable(schemes):  # ``@auth`` without parentheses
        return Requirement()(schemes)
    return Requirement(schemes=None if schemes is None else names_of(schemes, f"@auth({schemes!r})", "schemes"))


def requires(
    *policies: Policy | Callable[..., Any],
    scopes: str | Iterable[str] | None = None,
    roles: str | Iterable[str] | None = None,
) -> Requirement:
    """Serve users who have every one of *scopes*, one of *roles*, and whom every one of *policies* allows.

    To ask for several roles at once, stack: all that stands above a handler must hold.
    """
    if not policies and scopes is None and roles is None:
        raise ConfigurationError("@requires() asks nothing: give scopes=, roles= or a policy, or write @auth()")
    return Requirement(
        scopes=frozenset() if scopes is None else names_of(scopes, "@requires", "scopes"),
        roles=frozenset() if roles is None else names_of(roles, "@requires", "roles"),
        policies=policies_of(policies, "@requires"),
    )


def public(handler: H) -> H:
    """Serve everybody, also below a router, or in an application, that has ``auth="required"``."""
    return PUBLIC(handler)

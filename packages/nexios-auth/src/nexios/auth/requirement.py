"""What one decorator or one ``auth=`` asks of a user."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from nexios.auth.policy import Policy
from nexios.exceptions import ConfigurationError
from nexios.marks import mark
from nexios.signature import describe

H = TypeVar("H", bound=Callable[..., Any])

MARK: Final = "auth"


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """All of it must hold: one of *schemes*, every one of *scopes*, one of *roles*, every one of *policies*.

    Called with a handler it marks the handler and returns it, so that it stacks with every other decorator.
    """

    schemes: frozenset[str] | None = None
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    policies: tuple[Policy, ...] = ()
    is_public: bool = False

    def __call__(self, handler: H) -> H:
        if not callable(handler):
            raise ConfigurationError(f"{handler!r} is not a handler: decorate a function, or a class of handlers")
        return mark(handler, MARK, self)


REQUIRED: Final = Requirement()
PUBLIC: Final = Requirement(is_public=True)


def from_option(value: Any, where: str) -> list[Requirement]:
    """What ``auth=`` asks, on a route, a router or an application. Raises ConfigurationError for what asks nothing."""
    if isinstance(value, Requirement):
        return [value]
    if isinstance(value, Policy):
        return [Requirement(policies=policies_of([value], f"auth= at {where}"))]
    if value in ("required", "public"):
        return [REQUIRED if value == "required" else PUBLIC]
    if isinstance(value, list | tuple) and value:
        if all(isinstance(each, str) for each in value):
            return [Requirement(schemes=names_of(value, f"auth= at {where}", "schemes"))]
        return [requirement for each in value for requirement in from_option(each, where)]
    raise ConfigurationError(
        f'auth={value!r} at {where}: give "required", "public", a list of schemes such as ["jwt"], requires(...), or '
        "a policy"
    )


def names_of(given: str | Iterable[str], where: str, what: str) -> frozenset[str]:
    """*given*, one name or several. Raises ConfigurationError for none, and for what is no name."""
    names = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if not names:
        raise ConfigurationError(f"{where}: {what}=[] asks nothing of anybody; name some, or leave {what} out")
    for name in names:
        if not isinstance(name, str) or not name or any(mark.isspace() or mark in '"\\' for mark in name):
            raise ConfigurationError(
                f"{where}: {name!r} is none of the {what}: a name is a text that is not empty, without blanks and "
                "quotes; give several as a list"
            )
    return frozenset(names)


def policies_of(given: Iterable[Any], where: str) -> tuple[Policy, ...]:
    """*given* as policies; a function is one by its own name. Raises ConfigurationError for what cannot be one."""
    policies = tuple(each if isinstance(each, Policy) else _as_policy(each, where) for each in given)
    for policy in policies:
        if policy.takes_object:
            raise ConfigurationError(
                f"{where}: {policy!r} is about an object, which only the handler has: await policy.enforce(request, it)"
            )
    return policies


def _as_policy(given: Any, where: str) -> Policy:
    if isinstance(given, str) or not callable(given) or isinstance(given, type):
        raise ConfigurationError(
            f"{where}: {given!r} is no policy: give Policy(name, rule), or a function of (user, request)"
        )
    return Policy(describe(given), given)

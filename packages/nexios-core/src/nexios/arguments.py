"""Where each argument of a planned call comes from: the request, the application, a plugin, or a dependency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from nexios.dependencies import Scope
from nexios.exceptions import DependencyError
from nexios.signature import MISSING, Signature


class FromConnection:
    """The request, or the socket."""


class FromResponse:
    """The response of the request."""


class FromApp:
    """The application."""


class FromPath(NamedTuple):
    """A converted path parameter."""

    name: str


PENDING: Final = object()


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Values that a plugin makes from a request, for one parameter or for several together.

    *call* takes the connection. For one name it returns the value, for several a mapping that has each of *names*.
    *about* is for those who document or check routes: what they may want to know of how the values are made. *at_hand*
    does what *call* does without awaiting, or returns PENDING where that cannot be done; then *call* is awaited.
    """

    names: tuple[str, ...]
    call: Callable[[Any], Any]
    is_async: bool = True
    about: Any = None
    at_hand: Callable[[Any], Any] | None = None


class FromSupply(NamedTuple):
    supply: Supply
    name: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One planned dependency. Two places share a node when they share its value."""

    signature: Signature
    arguments: tuple[Argument, ...]
    scope: Scope
    thread: bool
    shield: bool
    singleton: Singleton | None = None


class FromNode(NamedTuple):
    node: Node


class Argument(NamedTuple):
    """One argument of a call: *keyword* is None where it is passed by position."""

    keyword: str | None
    way: Way


class Singleton:
    """An app-scoped value: built once by the running application, closed when it stops."""

    __slots__ = ("_value", "node")

    def __init__(self) -> None:
        self._value: Any = MISSING
        self.node: Node | None = None

    @property
    def is_built(self) -> bool:
        return self._value is not MISSING

    @property
    def value(self) -> Any:
        if self._value is MISSING:
            name = self.node.signature.name if self.node is not None else "it"
            raise DependencyError(
                f"{name} has scope 'app', and the application is not running: serve it with the lifespan on, "
                "or in tests use it as `async with TestClient(app)`"
            )
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value

    def clear(self) -> None:
        self._value = MISSING


Way: TypeAlias = FromConnection | FromResponse | FromApp | FromPath | FromSupply | FromNode

"""The end of patterns: what they lead to by method, and the names of their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from nexios.exceptions import DuplicateRouteError
from nexios.routing.path import PathPattern
from nexios.routing.segment import Composite

T = TypeVar("T")

# From the values read on the way, one for each segment with parameters, to the parameters; None where there are none.
Bind: TypeAlias = Callable[[Sequence[Any]], dict[str, Any] | None]


class Declared(Generic[T]):
    """A pattern as somebody declared it."""

    __slots__ = ("bind", "methods", "pattern", "target", "where")

    def __init__(self, pattern: PathPattern, methods: Iterable[str], target: T, where: str) -> None:
        self.pattern = pattern
        self.methods = tuple(methods)
        self.target = target
        self.where = where
        self.bind = _binder(pattern)

    def repeated_at(self, where: str, pattern: PathPattern) -> str:
        """The part of a message that names both places."""
        written = "" if pattern.text == self.pattern.text else f" as {self.pattern.text}"
        return f"{pattern.text} at {where} is already declared at {self.where}{written}: remove one of them"


class Leaf(Generic[T]):
    """Where the patterns of one shape end.

    *methods* has their targets, HEAD included where GET serves it (RFC 9110 section 9.3.2).
    """

    __slots__ = ("served",)

    def __init__(self) -> None:
        self.served: dict[str, Declared[T]] = {}

    @property
    def methods(self) -> dict[str, T]:
        return {method: declared.target for method, declared in self.served.items()}

    def add(self, declared: Declared[T]) -> None:
        for method in declared.methods:
            known = self.served.get(method)
            if known is not None and method in known.methods:
                raise DuplicateRouteError(f"{method} {known.repeated_at(declared.where, declared.pattern)}")
        head = ("HEAD",) if "GET" in declared.methods and "HEAD" not in self.served else ()
        for method in (*declared.methods, *head):
            self.served[method] = declared


def _binder(pattern: PathPattern) -> Bind:
    """Build the dictionary in one step where that is possible."""
    names = tuple(pattern.parameters)
    composite = [isinstance(segment, Composite) for segment in pattern.segments if segment.parameters]
    if any(composite):
        return lambda values: dict(zip(names, _flat(values, composite), strict=True))
    match names:
        case ():
            return lambda values: None
        case (name,):
            return lambda values: {name: values[0]}
        case (first, second):
            return lambda values: {first: values[0], second: values[1]}
        case _:
            return lambda values: dict(zip(names, values, strict=True))


def _flat(values: Sequence[Any], composite: Iterable[bool]) -> list[Any]:
    flat: list[Any] = []
    for value, several in zip(values, composite, strict=True):
        flat.extend(value if several else (value,))
    return flat

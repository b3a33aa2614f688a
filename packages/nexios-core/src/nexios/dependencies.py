"""What an application says of its dependencies: the marker Depend, providers by type, and overrides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from nexios.exceptions import DependencyError

Scope: TypeAlias = Literal["request", "app", "transient"]
SCOPES = ("request", "app", "transient")


@dataclass(frozen=True, slots=True, eq=False)
class Dependency:
    """The marker behind Depend."""

    factory: Callable[..., Any] | None
    use_cache: bool
    scope: Scope
    thread: bool
    shield: bool


def Depend(  # reads as a type at the place of use
    factory: Callable[..., Any] | None = None,
    *,
    use_cache: bool = True,
    scope: Scope = "request",
    thread: bool = False,
    shield: bool = True,
) -> Any:
    """Ask for what *factory* gives: a function, a class, or a generator, whose rest runs once the answer is ready.

    Without a factory the parameter's annotation is the class to build. *scope* is how long the value lives:
    "request", "app" (built when the application starts), or "transient" (built for each place that asks, as with
    ``use_cache=False``). *thread* runs a plain function in a worker thread. The cleanup of a generator is shielded
    from cancellation, unless *shield* is False.
    """
    if factory is not None and not callable(factory):
        raise DependencyError(f"Depend({factory!r}): pass the function or class itself; {factory!r} is not callable")
    if scope not in SCOPES:
        raise DependencyError(f"Depend(scope={scope!r}): the scopes are {', '.join(map(repr, SCOPES))}")
    return Dependency(factory, use_cache, scope, thread, shield)


class Provider(NamedTuple):
    """What `app.provide(Type, factory)` registered."""

    factory: Callable[..., Any]
    scope: Scope


class Providers(dict[Any, Provider]):
    """By type, or by the name of one, ``"package.module:Class"``, which then need not be imported to be provided."""

    def find(self, annotation: Any) -> Provider | None:
        try:
            found = self.get(annotation)
        except TypeError:  # it cannot be hashed
            return None
        if found is None and isinstance(annotation, type):
            found = self.get(f"{annotation.__module__}:{annotation.__qualname__}")
        return found


class Overrides(dict[Callable[..., Any], Callable[..., Any]]):
    """``app.dependency_overrides``: original -> stand-in. *changed* runs when the table does."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self._changed = changed

    def __setitem__(self, original: Callable[..., Any], stand_in: Callable[..., Any]) -> None:
        for each in (original, stand_in):
            if not callable(each):
                raise DependencyError(f"dependency_overrides takes functions and classes; {each!r} is not callable")
        super().__setitem__(original, stand_in)
        self._changed()

    def __delitem__(self, original: Callable[..., Any]) -> None:
        super().__delitem__(original)
        self._changed()

    def clear(self) -> None:
        super().clear()
        self._changed()

    def pop(self, original: Callable[..., Any], *default: Any) -> Any:
        value = super().pop(original, *default)
        self._changed()
        return value

    def popitem(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        item = super().popitem()
        self._changed()
        return item

    def setdefault(self, original: Callable[..., Any], stand_in: Any = None) -> Callable[..., Any]:
        if original not in self:
            self[original] = stand_in
        return self[original]

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]  # dict's has overloads that narrow nothing here
        self.update(other)
        return self

    def update(self, *args: Any, **kwargs: Any) -> None:
        changes: dict[Any, Any] = dict(*args, **kwargs)
        for original, stand_in in changes.items():
            self[original] = stand_in

    @contextmanager
    def temporary(self, original: Callable[..., Any], stand_in: Callable[..., Any]) -> Iterator[None]:
        before = self.get(original)
        self[original] = stand_in
        try:
            yield
        finally:
            if before is None:
                self.pop(original, None)
            else:
                self[original] = before

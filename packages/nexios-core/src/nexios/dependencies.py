"""Dependencies: declared with Depend, planned before the first request, closed in reverse."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

import anyio

from nexios.exceptions import DependencyError
from nexios.signature import MISSING, Parameter, Signature, describe, may_wait, read_signature, where

Scope: TypeAlias = Literal["request", "app", "transient"]
SCOPES = ("request", "app", "transient")
logger = logging.getLogger("nexios")


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


Way: TypeAlias = FromConnection | FromResponse | FromApp | FromPath | FromSupply | FromNode
# Decides how a parameter that is no dependency is supplied; None leaves it to its default.
Supplier: TypeAlias = Callable[[Parameter, Signature], Way | None]


class Planner:
    """Turns callables into nodes for one plan: one value for each factory, no cycles, no outlived scopes."""

    def __init__(
        self,
        overrides: Mapping[Callable[..., Any], Callable[..., Any]],
        providers: Providers,
        singletons: dict[Callable[..., Any], Singleton],
        names: Mapping[str, Any] | None = None,
    ) -> None:
        self._overrides = overrides
        self._providers = providers
        self._singletons = singletons
        self._names = names
        self._shared: dict[Callable[..., Any], Node] = {}
        self._path: list[Callable[..., Any]] = []

    def arguments(self, signature: Signature, supply: Supplier, scope: Scope) -> tuple[Argument, ...]:
        """How each parameter of *signature* is supplied; *supply* answers for those that are no dependencies."""
        arguments = []
        by_position = True
        for parameter in signature.parameters:
            way: Way | None = self._dependency(parameter, supply, scope)
            # What a request could say must not reach a value that outlives it.
            if way is None and not (scope == "app" and parameter.has_default):
                way = supply(parameter, signature)
            if way is None:  # left to its default; what follows is passed by name
                by_position = False
                continue
            by_name = not (by_position and parameter.positional)
            arguments.append(Argument(parameter.name if by_name else None, way))
        return tuple(arguments)

    def _dependency(self, parameter: Parameter, supply: Supplier, scope: Scope) -> FromNode | None:
        marker: Dependency | None = parameter.marker(Dependency)
        if marker is None:
            provider = self._providers.find(parameter.annotation)
            if provider is None:
                return None
            marker = Dependency(self._provided(parameter, provider), True, provider.scope, False, True)
        elif marker.factory is None:
            marker = self._of_annotation(marker, parameter)
        return FromNode(self.node(marker, supply, scope))

    def _of_annotation(self, marker: Dependency, parameter: Parameter) -> Dependency:
        provider = self._providers.find(parameter.annotation)
        if provider is not None:
            factory = self._provided(parameter, provider)
            return Dependency(factory, marker.use_cache, provider.scope, marker.thread, marker.shield)
        if not callable(parameter.annotation):
            raise DependencyError(
                f"{parameter} = Depend() names no class to build: annotate the parameter with one, or pass a factory"
            )
        return Dependency(parameter.annotation, marker.use_cache, marker.scope, marker.thread, marker.shield)

    def _provided(self, parameter: Parameter, provider: Provider) -> Callable[..., Any]:
        """The provider's factory; the type itself may be overridden as well."""
        return self._overrides.get(parameter.annotation, provider.factory)

    def node(self, marker: Dependency, supply: Supplier, user: Scope) -> Node:
        """The node for *marker*, needed by something that lives as long as *user*."""
        factory = marker.factory
        assert factory is not None  # noqa: S101  # narrows the type; _of_annotation has filled it
        factory = self._overrides.get(factory, factory)
        scope = marker.scope
        if user == "app" and scope == "request":
            raise DependencyError(
                f"{describe(self._path[-1])} has scope 'app' and needs {describe(factory)}, which lives only as long "
                f"as a request: give {describe(factory)} scope='app', or {describe(self._path[-1])} scope='request'"
            )
        if factory in self._path:
            circle = " -> ".join(describe(each) for each in [*self._path[self._path.index(factory) :], factory])
            raise DependencyError(f"dependencies form a circle: {circle}")
        shared = marker.use_cache and scope != "transient"
        if shared and factory in self._shared:
            return self._shared[factory]
        node = self._plan(factory, marker, supply, "app" if user == "app" else scope)
        if shared:
            self._shared[factory] = node
        return node

    def _plan(self, factory: Callable[..., Any], marker: Dependency, supply: Supplier, lifetime: Scope) -> Node:
        """*lifetime* is how long the value is needed: what the application keeps may ask for nothing of a request."""
        self._path.append(factory)
        try:
            try:
                signature = read_signature(factory, self._names)
            except TypeError as unreadable:
                raise DependencyError(f"Depend({describe(factory)}): {unreadable}") from unreadable
            arguments = self.arguments(signature, supply, lifetime)
        finally:
            self._path.pop()
        singleton = None
        if lifetime == "app" and not all(isinstance(each.way, FromNode | FromApp) for each in arguments):
            raise DependencyError(
                f"{signature.name} lives in scope 'app' and asks for something of a request ({where(factory)}): "
                "it is built before the first one arrives"
            )
        if marker.scope == "app":
            singleton = self._singletons.setdefault(factory, Singleton())
        # A cancel scope costs as much as a request: none around a cleanup that never waits, and so cannot be cancelled.
        shield = marker.shield and may_wait(signature)
        scope = marker.scope if marker.use_cache or marker.scope == "app" else "transient"
        node = Node(signature, arguments, scope, marker.thread, shield, singleton)
        if singleton is not None:
            singleton.node = node
        return node


Opened: TypeAlias = list[tuple[Any, bool]]


async def unwind(opened: Opened, error: BaseException) -> BaseException:
    """Close generators in reverse, each seeing *error*; return the error to raise, which a generator may replace."""
    if isinstance(error, StopIteration | StopAsyncIteration):
        error = DependencyError("a generator dependency ended without a value; it yields its value once")
    while opened:
        generator, shield = opened.pop()
        try:
            await _close(generator, error, shield)
        except BaseException as replaced:
            error = replaced
    return error


async def finish(opened: Opened) -> None:
    """Run the rest of generators in reverse, after a success; once one has failed, the others see its error."""
    while opened:
        generator, shield = opened.pop()
        try:
            await _close(generator, None, shield)
        except BaseException as error:
            raise await unwind(opened, error) from error.__cause__


async def close_opened(opened: Opened, error: BaseException | None) -> None:
    """Close the generators of an answer that was streamed. Raises what their cleanup raises."""
    if error is None:
        await finish(opened)
    else:
        replaced = await unwind(opened, error)
        if replaced is not error:
            raise replaced


async def _close(
    generator: AsyncGenerator[Any, Any] | Generator[Any, Any, Any], error: BaseException | None, shield: bool
) -> None:
    """Resume *generator* after its one yield, with *error* or without."""
    try:
        if isinstance(generator, AsyncGenerator):
            step = generator.__anext__() if error is None else generator.athrow(error)
            if shield:
                with anyio.CancelScope(shield=True):
                    await step
            else:
                await step
        elif error is None:
            next(generator)
        else:
            generator.throw(error)
    except (StopIteration, StopAsyncIteration):
        return
    except BaseException as raised:
        if raised is not error:
            raise
        return
    raise DependencyError(f"{describe(generator)} yields twice; a dependency yields its value once")

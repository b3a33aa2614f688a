"""From a signature to where each of its arguments comes from, checked before the first request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from nexios.arguments import Argument, FromApp, FromNode, Node, Singleton, Way
from nexios.dependencies import Dependency, Provider, Providers, Scope
from nexios.exceptions import DependencyError
from nexios.signature import Parameter, Signature, describe, may_wait, read_signature, where

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

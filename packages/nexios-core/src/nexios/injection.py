"""Dependencies outside of requests: the application's own values, and scopes that scripts and tasks open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Any

import anyio

from nexios.arguments import Argument, FromApp, FromNode, Node
from nexios.binding import BindingContext, Bindings, plan
from nexios.callplan import ThreadLimit
from nexios.exceptions import BindingError
from nexios.signature import MISSING, Parameter, Signature, describe, read_signature
from nexios.unwinding import Opened, close_opened


class Resolver:
    """Builds planned dependencies one by one and remembers them, until it is closed.

    The running application's own resolver *owns_singletons*: what it builds with scope "app", everybody is given.
    """

    def __init__(self, app: Any, owns_singletons: bool = False) -> None:
        self._app = app
        self._owns_singletons = owns_singletons
        self._values: dict[Callable[..., Any], Any] = {}
        self._opened: Opened = []

    def plan_for(self, kind: Any, bindings: Bindings) -> None:
        """Plan the provider of *kind*, so that it is built although no handler asks for it yet."""
        wanted = Parameter("it", kind, (), MISSING, False, True)
        signature = Signature(lambda **_: None, (wanted,), False, MISSING, "plain")
        plan(bindings, BindingContext(signature, "none", (), (), {}, False))

    async def value(self, node: Node) -> Any:
        factory = node.signature.call
        shared = node.scope != "transient"
        if node.singleton is not None and node.singleton.is_built:
            return node.singleton.value
        if shared and factory in self._values:
            return self._values[factory]
        value = await self._make(node)
        if shared:
            self._values[factory] = value
        if node.singleton is not None and self._owns_singletons:
            node.singleton.value = value
        return value

    async def call(
        self,
        signature: Signature,
        arguments: tuple[Argument, ...],
        given: dict[str, Any],
        threads: ThreadLimit | None = None,
    ) -> Any:
        """Call with *arguments* supplied, a plain function in one of *threads*; a coroutine is awaited."""
        positional = []
        keywords = dict(given)
        for argument in arguments:
            match argument.way:
                case FromNode(node):
                    value = await self.value(node)
                case FromApp():
                    value = self._app
                case _:
                    raise BindingError(
                        f"{describe(signature.call)} needs something of a request, and there is none in app.scope()"
                    )
            if argument.keyword is None:
                positional.append(value)
            else:
                keywords[argument.keyword] = value
        if threads is not None and signature.kind == "plain":
            return await threads.run(signature.call, *positional, **keywords)
        result = signature.call(*positional, **keywords)
        return await result if signature.kind == "coroutine" else result

    async def _make(self, node: Node) -> Any:
        threads = self._app.bindings.threads if node.thread else None
        made = await self.call(node.signature, node.arguments, {}, threads)
        if node.signature.kind == "async_generator":
            value = await made.__anext__()
        elif node.signature.kind == "generator":
            value = next(made)
        else:
            return made
        self._opened.append((made, node.shield))
        return value

    async def close(self, error: BaseException | None = None) -> None:
        """Close generators in reverse. Raises what their cleanup raises."""
        self._values.clear()
        await close_opened(self._opened, error)


class Singletons:
    """The values that an application has one of: those planned by its start, and what overrides bring in later."""

    def __init__(self, app: Any, bindings: Bindings) -> None:
        self._app = app
        self._bindings = bindings
        self._resolver: Resolver | None = None

    async def build(self, stack: AsyncExitStack | None = None) -> None:
        """Build what is planned and not built; *stack* opens the life of them all, and closes them when it is left."""
        if stack is not None:
            self._open(stack)
        singletons = self._bindings.singletons
        if self._resolver is None or all(each.is_built for each in singletons.values()):
            return
        async with self._building:
            for singleton in list(singletons.values()):
                if not singleton.is_built and singleton.node is not None:
                    await self._resolver.value(singleton.node)

    def _open(self, stack: AsyncExitStack) -> None:
        self._resolver = resolver = Resolver(self._app, owns_singletons=True)
        for kind, provider in self._bindings.providers.items():
            if provider.scope == "app":
                resolver.plan_for(kind, self._bindings)
        stack.push_async_exit(partial(self._close, resolver))
        self._building = anyio.Lock()  # two requests may be the first after an override

    async def _close(self, resolver: Resolver, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._resolver = None
        for singleton in self._bindings.singletons.values():
            singleton.clear()
        await resolver.close(error)


class InjectionScope:
    """``async with app.scope() as scope: await scope.call(function)``, with one value for each dependency in it."""

    def __init__(self, app: Any, bindings: Bindings) -> None:
        self._app = app
        self._bindings = bindings
        self._resolver = Resolver(app)

    async def __aenter__(self) -> InjectionScope:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._resolver.close(error)

    async def call(self, function: Callable[..., Any], /, **given: Any) -> Any:
        """Call *function* with its dependencies, and *given* for its other parameters.

        Raises BindingError for a parameter that nobody supplies, or that only a request could.
        """
        signature = read_signature(function)
        own = tuple(each for each in signature.parameters if each.name not in given)
        asked = Signature(signature.call, own, signature.takes_keywords, signature.returns, signature.kind)
        planned = plan(self._bindings, BindingContext(asked, "none", (), (), {}, False))
        await self._app.build_singletons()
        return await self._resolver.call(asked, _by_name(planned.arguments, asked), given)


def _by_name(arguments: tuple[Argument, ...], signature: Signature) -> tuple[Argument, ...]:
    """Arguments that were planned by position, by name: others are given in between."""
    names = iter(each.name for each in signature.parameters)
    return tuple(Argument(argument.keyword or next(names), argument.way) for argument in arguments)

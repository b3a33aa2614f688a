"""What an author hangs on the start and the end of an application: functions without parameters, and contexts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

from nexios.exceptions import ConfigurationError

Hook: TypeAlias = Callable[[], Any]
Context: TypeAlias = Callable[[Any], AbstractAsyncContextManager[Any]]


def add_hook(hooks: list[Hook], hook: Any) -> Any:
    """Add *hook* and return it; without one, return the decorator that does so."""
    if hook is None:
        return lambda given: add_hook(hooks, given)
    if not callable(hook):
        raise ConfigurationError(f"{hook!r} is not callable: a hook is a function without parameters")
    hooks.append(hook)
    return hook


async def call_hook(hook: Hook) -> None:
    result = hook()
    if hasattr(result, "__await__"):
        await result


def contexts_of(lifespan: Any) -> list[Context]:
    """The contexts in what was given as ``lifespan=``: none, one, or several."""
    if lifespan is None:
        return []
    contexts = list(lifespan) if isinstance(lifespan, list | tuple) else [lifespan]
    for context in contexts:
        if not callable(context):
            raise ConfigurationError(
                f"lifespan={context!r}: give a function decorated with @asynccontextmanager that takes the application"
            )
    return contexts

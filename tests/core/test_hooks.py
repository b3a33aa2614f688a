"""Hooks and contexts, checked where they are given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nexios import NexiosApp
from nexios.exceptions import NexiosError
from nexios.hooks import Hook, add_hook, call_hook, contexts_of


def test_a_hook_is_added_at_once_or_by_the_decorator() -> None:
    hooks: list[Hook] = []

    def first() -> None: ...
    def second() -> None: ...

    assert add_hook(hooks, first) is first
    assert add_hook(hooks, None)(second) is second
    assert hooks == [first, second]


@pytest.mark.anyio
async def test_a_hook_is_a_plain_function_or_one_that_is_awaited() -> None:
    called: list[str] = []

    async def waits() -> None:
        called.append("waits")

    await call_hook(lambda: called.append("plain"))
    await call_hook(waits)

    assert called == ["plain", "waits"]


@pytest.mark.parametrize("register", ["on_startup", "on_shutdown", "on_drain"])
def test_a_hook_must_be_callable(register: str) -> None:
    with pytest.raises(NexiosError, match="'x' is not callable: a hook is a function without parameters"):
        getattr(NexiosApp(plugins=[]), register)("x")


def test_a_lifespan_that_is_no_context_manager_is_refused_at_once() -> None:
    with pytest.raises(NexiosError, match=r"lifespan='x': give a function decorated with @asynccontextmanager"):
        NexiosApp(plugins=[], lifespan="x")


def test_contexts_are_given_alone_or_several() -> None:
    @asynccontextmanager
    async def context(app: NexiosApp) -> AsyncIterator[None]:
        yield

    assert contexts_of(None) == []
    assert contexts_of(context) == [context]
    assert contexts_of((context, context)) == [context, context]

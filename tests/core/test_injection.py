"""Dependencies without a request: in scripts, tasks and tests."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import pytest

from nexios import Depend, NexiosApp, Request
from nexios.exceptions import BindingError, DependencyError

pytestmark = pytest.mark.anyio


class Session:
    def __init__(self) -> None:
        self.open = True


async def test_a_function_is_called_with_its_dependencies_and_with_what_is_given(app: NexiosApp) -> None:
    closed: list[str] = []

    async def session() -> AsyncIterator[Session]:
        yield Session()
        closed.append("async")

    def other() -> Iterator[str]:
        yield "other"
        closed.append("sync")

    async def report(day: str, /, session: Annotated[Session, Depend(session)], *, it: str = Depend(other)) -> str:
        assert session.open
        return f"{day} {it}"

    def plain(count: int, app: NexiosApp) -> str:
        return f"{count} {app.title}"

    async with app.scope() as scope:
        assert await scope.call(lambda day, s=Depend(session): (day, s.open), day="monday") == ("monday", True)
        assert await scope.call(plain, count=3) == "3 Nexios"
        assert closed == []

        async def keyword(*, it: str = Depend(other)) -> str:
            return it

        assert await scope.call(keyword) == "other"
    assert closed == ["sync", "async"]


async def test_the_application_is_supplied_also_as_the_first_parameter(app: NexiosApp) -> None:
    def title(app: NexiosApp) -> str:
        return app.title

    async with app.scope() as scope:
        assert await scope.call(title) == "Nexios"


async def test_values_are_shared_within_a_scope_and_not_between_scopes(app: NexiosApp) -> None:
    def both(
        a: Session = Depend(Session), b: Session = Depend(Session), c: Session = Depend(Session, use_cache=False)
    ) -> tuple[Session, Session, Session]:
        return a, b, c

    async with app.scope() as scope:
        a, b, c = await scope.call(both)
        again, _, other = await scope.call(both)
    async with app.scope() as scope:
        fresh, _, _ = await scope.call(both)

    assert a is b is again
    assert len({id(a), id(c), id(other), id(fresh)}) == 4


async def test_generators_see_the_error_of_the_block(app: NexiosApp) -> None:
    seen: list[BaseException] = []

    async def resource() -> AsyncIterator[None]:
        try:
            yield
        except LookupError as error:
            seen.append(error)
            raise ValueError("translated") from error

    def use(it: None = Depend(resource)) -> None: ...

    async def fail() -> None:
        async with app.scope() as scope:
            await scope.call(use)
            raise LookupError

    with pytest.raises(ValueError, match="translated"):
        await fail()
    assert len(seen) == 1

    with pytest.raises(LookupError):
        async with app.scope():
            raise LookupError


async def test_a_marked_plain_dependency_runs_in_a_thread_here_too(app: NexiosApp) -> None:
    def where() -> int:
        return threading.get_ident()

    def use(there: int = Depend(where, thread=True), here: int = Depend(where, use_cache=False)) -> bool:
        return there != here == threading.get_ident()

    async with app.scope() as scope:
        assert await scope.call(use)


async def test_app_scoped_values_are_those_of_the_running_application(app: NexiosApp) -> None:
    log: list[str] = []

    async def pool() -> AsyncIterator[Session]:
        log.append("open")
        yield Session()
        log.append("close")

    def use(it: Session = Depend(pool, scope="app")) -> Session:
        return it

    await app.startup()
    async with app.scope() as scope:
        first = await scope.call(use)
    async with app.scope() as scope:
        second = await scope.call(use)
    assert first is second
    assert log == ["open"]
    await app.shutdown()
    assert log == ["open", "close"]


async def test_without_a_running_application_an_app_scoped_value_lives_as_long_as_the_scope(app: NexiosApp) -> None:
    log: list[str] = []

    async def pool() -> AsyncIterator[Session]:
        log.append("open")
        yield Session()
        log.append("close")

    def use(it: Session = Depend(pool, scope="app")) -> Session:
        return it

    async with app.scope() as scope:
        first = await scope.call(use)
        assert await scope.call(use) is first
    assert log == ["open", "close"]
    async with app.scope() as scope:
        assert await scope.call(use) is not first


async def test_provided_types_and_overrides_hold(app: NexiosApp) -> None:
    class Fake(Session): ...

    app.provide(Session, Session)

    def use(it: Session) -> Session:
        return it

    with app.override(Session, Fake):
        async with app.scope() as scope:
            assert isinstance(await scope.call(use), Fake)


async def test_what_only_a_request_has_is_refused(app: NexiosApp) -> None:
    def path(request: Request) -> str:
        return request.path

    def use(it: str = Depend(path)) -> str:
        return it

    def lacks(x: int) -> None: ...

    async with app.scope() as scope:
        with pytest.raises(
            BindingError, match=r"path needs something of a request, and there is none in app.scope\(\)"
        ):
            await scope.call(use)
        with pytest.raises(BindingError, match="asks for x: int, which nobody supplies"):
            await scope.call(lacks)


async def test_a_generator_without_a_value_is_told(app: NexiosApp) -> None:
    def never() -> Iterator[None]:
        return
        yield

    def use(it: None = Depend(never)) -> None: ...

    async with app.scope() as scope:
        with pytest.raises((DependencyError, RuntimeError)):
            await scope.call(use)

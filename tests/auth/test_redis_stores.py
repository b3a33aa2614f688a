"""What workers share in Redis, with a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp
from nexios.auth.exceptions import StoreUnavailable
from nexios.auth.jwt import Key, TokenIssuer, TokenPairs, TokenStore
from nexios.auth.throttle import AttemptStore, Limit
from tests.servers import run_server

pytest.importorskip("nexios.redis", reason="nexios-auth[redis] is not installed")
from nexios.auth.redis import RedisAttemptStore, RedisTokenStore

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"  # redis-py knows no other


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    with run_server() as path:
        yield path


@pytest.fixture
async def app(socket: str) -> AsyncIterator[Any]:
    # How long a command may take is not what these tests are about, and this machine may be busy.
    app = NexiosApp(MakeConfig(redis={"url": f"unix://{socket}", "timeout": 20}), plugins=["redis", "auth"])
    await app.startup()
    try:
        yield app
    finally:
        await app.shutdown()


async def test_a_revocation_is_seen_by_every_worker_until_it_is_over(app: NexiosApp) -> None:
    one, other = RedisTokenStore(app), RedisTokenStore(app)
    assert isinstance(one, TokenStore)

    await one.revoke("token", 60)

    assert await other.is_revoked("login", "token")
    assert not await other.is_revoked("login", "another")
    assert not await other.is_revoked()
    assert 0 < await other._pool.client.ttl("nexios:auth:dead:token") <= 60


async def test_a_refresh_token_is_replaced_once_however_many_try(app: NexiosApp) -> None:
    store = RedisTokenStore(app)
    await store.put("family", "first", 60)
    outcomes: list[str] = []

    async def replace(number: int) -> None:
        outcomes.append(await store.replace("family", "first", f"next {number}", 60))

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(replace, number)

    assert sorted(outcomes) == ["other"] * 19 + ["replaced"]
    await store.end("family")
    assert await store.replace("family", "first", "next", 60) == "missing"


async def test_a_command_whose_answer_was_lost_may_run_again(app: NexiosApp) -> None:
    store = RedisTokenStore(app)
    await store.put("again", "first", 60)

    assert [await store.replace("again", "first", "second", 60) for _ in range(2)] == ["replaced"] * 2


async def test_pairs_rotate_across_workers(app: NexiosApp) -> None:
    key = Key.generate()
    workers = [TokenPairs(TokenIssuer(key), RedisTokenStore(app)) for _ in range(2)]

    first = await workers[0].issue("7")
    second = await workers[1].refresh(first.refresh_token)

    with pytest.raises(Exception, match="it was used before"):
        await workers[0].refresh(first.refresh_token)
    with pytest.raises(Exception, match="the login has ended"):
        await workers[0].refresh(second.refresh_token)


async def test_attempts_are_counted_across_workers(app: NexiosApp) -> None:
    one, other = RedisAttemptStore(app), RedisAttemptStore(app)
    assert isinstance(one, AttemptStore)
    limit = Limit(3, 60)

    waits = [await store.count("zoe", limit) for store in (one, other, one, other)]

    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 60
    await one.uncount("zoe")
    assert await other.count("zoe", limit) == 0
    assert await other.count("zoe", limit) > 0
    await one.forget("zoe")
    assert await other.count("zoe", limit) == 0
    await one.uncount("zoe")
    assert [await one.count("zoe", limit) for _ in range(3)] == [0, 0, 0]


async def test_of_a_hundred_attempts_at_once_exactly_the_limit_is_counted(app: NexiosApp) -> None:
    store = RedisAttemptStore(app)
    counted: list[bool] = []

    async def attempt() -> None:
        counted.append(await store.count("all at once", Limit(10, 60)) == 0)

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(attempt)

    assert counted.count(True) == 10


async def test_without_redis_every_question_is_answered_with_unavailable() -> None:
    app = NexiosApp(MakeConfig(redis={"url": "unix:///nowhere.sock"}), plugins=["redis", "auth"])
    tokens, attempts = RedisTokenStore(app), RedisAttemptStore(app)
    questions: list[Callable[[], Awaitable[Any]]] = [
        lambda: tokens.is_revoked("a"), lambda: tokens.revoke("a", 1), lambda: tokens.put("a", "b", 1),
        lambda: tokens.replace("a", "b", "c", 1), lambda: tokens.end("a"), lambda: attempts.count("a", Limit(1, 1)),
        lambda: attempts.uncount("a"), lambda: attempts.forget("a"),
    ]  # fmt: skip

    for ask in questions:
        with pytest.raises(StoreUnavailable):
            await ask()

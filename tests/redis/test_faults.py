"""What callers meet when the server stops, stalls and returns: at most half a second, and no restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from nexios import Secret
from nexios.redis import UNAVAILABLE, Pool, RedisConfig
from tests.faults import FaultProxy

pytestmark = pytest.mark.anyio

# Half a second, and what a busy machine needs to notice.
LONGEST = 0.75


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def proxy(socket_path: str) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(socket_path) as proxy:
        yield proxy


@pytest.fixture
async def pool(proxy: FaultProxy) -> AsyncIterator[Pool]:
    pool = Pool(RedisConfig(url=Secret(f"redis://127.0.0.1:{proxy.port}"), max_connections=5))
    yield pool
    await pool.close()


async def waited(pool: Pool) -> float:
    """How long a caller waits for the error."""
    start = time.perf_counter()
    with pytest.raises(UNAVAILABLE):
        await pool.client.ping()
    return time.perf_counter() - start


async def recovered_within(pool: Pool) -> float:
    start = time.perf_counter()
    while True:
        try:
            await pool.client.ping()
        except UNAVAILABLE:
            continue
        return time.perf_counter() - start


async def test_a_server_that_stops_is_an_error_at_once_and_is_used_again_once_it_returns(
    pool: Pool, proxy: FaultProxy
) -> None:
    assert await pool.client.ping()

    await proxy.stop()
    assert await waited(pool) < LONGEST

    await proxy.start()
    assert await recovered_within(pool) < 1


async def test_nobody_waits_longer_than_the_timeout_for_a_server_that_stalls(pool: Pool, proxy: FaultProxy) -> None:
    await pool.client.ping()

    proxy.stall()
    # More callers than connections: some wait for the pool, the others for the server.
    waits = await asyncio.gather(*(waited(pool) for _ in range(20)))
    assert max(waits) < LONGEST

    proxy.resume()
    assert await recovered_within(pool) < 1


async def test_connecting_to_a_server_that_does_not_answer_takes_no_longer(pool: Pool, proxy: FaultProxy) -> None:
    proxy.stall()

    assert await waited(pool) < LONGEST


async def test_answers_are_not_mixed_up_after_a_stall(pool: Pool, proxy: FaultProxy) -> None:
    await pool.client.set("one", "1")
    await pool.client.set("two", "2")
    proxy.stall()
    with pytest.raises(UNAVAILABLE):
        await pool.client.get("one")
    proxy.resume()

    assert await pool.client.get("two") == b"2"


async def test_a_connection_that_was_cut_is_made_anew_without_the_caller_noticing(
    pool: Pool, proxy: FaultProxy
) -> None:
    await pool.client.ping()
    await proxy.stop()
    await proxy.start()

    assert await pool.client.ping()


async def test_a_blocking_caller_waits_no_longer_either(pool: Pool, proxy: FaultProxy) -> None:
    def ping() -> float:
        start = time.perf_counter()
        with pytest.raises(UNAVAILABLE):
            pool.blocking.ping()
        return time.perf_counter() - start

    assert await asyncio.to_thread(pool.blocking.ping)
    proxy.stall()

    assert await asyncio.to_thread(ping) < LONGEST


async def test_a_pipeline_and_a_subscription_have_the_same_deadline(pool: Pool, proxy: FaultProxy) -> None:
    client = pool.client
    async with client.pipeline() as pipeline:
        assert await pipeline.set("a", 1).get("a").execute() == [True, b"1"]
    async with client.pubsub() as before:
        await before.subscribe("news")

    proxy.stall()
    for attempt in (client.pipeline().get("a").execute, client.pipeline().watch):
        start = time.perf_counter()
        with pytest.raises(UNAVAILABLE):
            await attempt(*(("a",) if attempt.__name__ == "watch" else ()))
        assert time.perf_counter() - start < LONGEST
    await proxy.stop()
    start = time.perf_counter()
    with pytest.raises(UNAVAILABLE):
        await client.pubsub().subscribe("news")
    assert time.perf_counter() - start < LONGEST

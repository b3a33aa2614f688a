"""The stores themselves, and what happens when they cannot be reached."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios import MakeConfig, NexiosApp
from nexios.session import Conflict, SessionMiddleware
from nexios.session.record import Record, decode, merge
from nexios.session.serverside import key_of
from nexios.session.stores.file import FileStore
from nexios.session.stores.memory import MemoryStore
from nexios.testing import TestClient
from tests.faults import FaultProxy
from tests.session.conftest import SECRET, Clock, add_routes

pytestmark = pytest.mark.anyio
KEY = "a" * 64


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Any:
    return MemoryStore(now=clock) if request.param == "memory" else FileStore(tmp_path / "s", now=clock)


async def test_a_record_is_replaced_only_where_it_is_the_one_that_was_read(store: Any) -> None:
    assert await store.save(KEY, b"one", 60, None) is None
    assert await store.save(KEY, b"two", 60, None) == Conflict(b"one")
    assert await store.save(KEY, b"two", 60, b"one") is None
    assert await store.load(KEY, 60) == b"two"
    await store.delete(KEY)
    assert await store.save(KEY, b"three", 60, b"two") == Conflict(None)


async def test_a_record_ends_in_time_and_reading_begins_it_anew(store: Any, clock: Clock) -> None:
    await store.save(KEY, b"one", 60, None)
    clock.time += 59
    assert await store.load(KEY, 60) == b"one"
    clock.time += 59
    assert await store.load(KEY, 60) == b"one"
    clock.time += 60
    assert await store.load(KEY, 60) is None


async def test_memory_is_bounded_by_use() -> None:
    store = MemoryStore(most=2)
    for name in "ab":
        await store.save(name, b"x", 60, None)
    await store.load("a", 60)
    await store.save("c", b"x", 60, None)

    assert [await store.load(name, 60) for name in "abc"] == [b"x", None, b"x"]


async def test_files_are_for_their_owner_only_and_never_half_written(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = FileStore(tmp_path / "s", sync=True)
        await store.save(KEY, b"record", 60, None)
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "s").iterdir()}
    assert modes == {KEY: 0o600, ".lock": 0o600}
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700


async def test_files_whose_time_is_over_are_swept_away(tmp_path: Path, clock: Clock) -> None:
    store = FileStore(tmp_path / "s", now=clock)
    await store.save(KEY, b"record", 60, None)
    clock.time += 60
    store.sweep()

    assert [path.name for path in (tmp_path / "s").iterdir()] == [".lock"]


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04K\x01.", b"[]", b'["a",1,2,3]', b"x" * 1_000, b'["a",1,2,{},1,2,3]']
)
async def test_a_corrupt_file_is_an_empty_session(tmp_path: Path, content: bytes) -> None:
    app = NexiosApp(MakeConfig(debug=True))
    app.add_middleware(SessionMiddleware(store="file", options={"folder": str(tmp_path / "s")}))
    add_routes(app)
    async with TestClient(app) as client:
        await client.get("/visits")
        path = tmp_path / "s" / key_of(client.cookies["session"])
        times = path.stat()
        path.write_bytes(content)
        os.utime(path, (times.st_atime, times.st_mtime))

        assert (await client.get("/visits")).json() == {"visits": 1}


async def test_a_link_in_the_place_of_a_session_is_not_followed(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "s")
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "s" / KEY).symlink_to(tmp_path / "outside")

    with pytest.raises(Exception, match="503"):
        await store.load(KEY, 60)


@given(st.text(), st.text())
def test_two_ids_never_share_a_key(one: str, two: str) -> None:
    one, two = (each.encode("utf-8", "replace").decode() for each in (one, two))
    assert (key_of(one) == key_of(two)) == (one == two)


values = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")), st.lists, max_leaves=5
)
data = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), values, max_size=4)


@given(data, st.lists(values, max_size=2), st.none() | st.integers(0, 2**40))
def test_a_record_is_read_as_it_was_written(content: dict[str, Any], flashes: list[Any], ends: int | None) -> None:
    record = Record("id", 1, 2, content, {}, flashes, ends)

    assert decode(record.encode()) == record


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_store_is_a_record_or_none(raw: bytes) -> None:
    assert decode(raw) is None or isinstance(decode(raw), Record)


@given(data, data, data)
def test_merging_keeps_what_both_changed(base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    merged = merge(Record("i", 1, 1, base), Record("i", 1, 1, mine), Record("i", 1, 1, theirs)).data

    for name in base.keys() | mine.keys() | theirs.keys():
        changed_here = mine.get(name, json) != base.get(name, json)
        assert merged.get(name, json) == (mine if changed_here else theirs).get(name, json)


class TestWithoutRedis:
    """The declared policy: 503, or an empty session that is not kept."""

    async def app(self, proxy: FaultProxy, *, longest: float = 0.5, **settings: Any) -> NexiosApp:
        redis = {"url": f"redis://127.0.0.1:{proxy.port}", "timeout": longest}
        app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET, redis=redis))
        app.add_middleware(SessionMiddleware(store="redis", **settings))
        add_routes(app)
        return app

    async def test_sessions_fail_alone_and_return_with_the_server(self, redis_socket: str) -> None:
        async with FaultProxy(redis_socket) as proxy, TestClient(await self.app(proxy)) as client:
            await client.get("/visits")

            proxy.stall()
            start = time.perf_counter()
            answers = await asyncio.gather(*(client.get("/visits") for _ in range(10)))
            waited = time.perf_counter() - start
            assert {answer.status_code for answer in answers} == {503}
            assert {answer.headers["retry-after"] for answer in answers} == {"1"}
            assert waited < 2  # half a second on a busy machine; ten waits one after the other would be five
            assert (await client.get("/elsewhere")).status_code == 200

            proxy.resume()
            await proxy.stop()
            assert (await client.get("/peek")).status_code == 503
            await proxy.start()

            start = time.perf_counter()
            while (await client.get("/peek")).status_code == 503:
                pass
            assert time.perf_counter() - start < 1
            assert (await client.get("/visits")).json() == {"visits": 2}

    async def test_an_empty_session_may_be_served_instead_and_replaces_nothing(self, redis_socket: str) -> None:
        async with FaultProxy(redis_socket) as proxy, TestClient(await self.app(proxy, on_error="empty")) as client:
            await client.get("/visits")
            await client.get("/visits")

            await proxy.stop()
            answer = await client.get("/visits")
            assert answer.json() == {"visits": 1}
            assert "set-cookie" not in answer.headers

            await proxy.start()
            assert (await client.get("/visits")).json() == {"visits": 3}

    async def test_a_session_takes_one_round_trip_to_load_and_one_to_save(self, redis_socket: str) -> None:
        from nexios.redis import pool_of

        async with FaultProxy(redis_socket) as proxy:
            app = await self.app(proxy, longest=10)
            async with TestClient(app) as client:
                await client.get("/visits")
                client_ = pool_of(app).client
                await client_.config_resetstat()
                for _ in range(5):
                    await client.get("/visits")
                stats = await client_.info("commandstats")

        called = {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}
        assert (called["getex"], called["evalsha"]) == (5, 5)
        assert set(called) <= {"getex", "evalsha", "get", "set", "config|resetstat", "info"}

    async def test_redis_keeps_a_session_for_the_idle_timeout(self, redis_socket: str) -> None:
        from nexios.redis import pool_of

        async with FaultProxy(redis_socket) as proxy:
            app = await self.app(proxy, longest=10, idle_timeout=100)
            async with TestClient(app) as client:
                await client.get("/visits")
                key = "nexios:session:" + key_of(client.cookies["session"])
                assert 98 <= await pool_of(app).client.ttl(key) <= 100

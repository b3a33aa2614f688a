from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

import nexios.redis
from nexios import MakeConfig, NexiosApp
from nexios.exceptions import ConfigurationError, MissingPluginError
from nexios.redis import Pool, Redis, RedisPlugin, pool_of
from nexios.testing import TestClient
from nexios.testing.exceptions import LifespanError

pytestmark = pytest.mark.anyio


@pytest.fixture
def config(socket_path: str) -> MakeConfig:
    # Not the default timeout, which a machine that is busy with other tests may miss.
    return MakeConfig(redis={"url": f"unix://{socket_path}", "timeout": 10})


@pytest.fixture
def app(config: MakeConfig) -> NexiosApp:
    app = NexiosApp(config)

    @app.get("/hits")
    async def hits(redis: Redis) -> dict[str, int]:
        return {"hits": await redis.incr("hits")}

    return app


class TestOnAsyncio:
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    async def client(self, app: NexiosApp) -> AsyncIterator[TestClient]:
        async with TestClient(app) as client:
            yield client

    async def test_a_handler_is_given_the_client(self, client: TestClient) -> None:
        first = await client.get("/hits")
        second = await client.get("/hits")

        assert second.json()["hits"] == first.json()["hits"] + 1

    async def test_everybody_shares_one_pool(self, app: NexiosApp, client: TestClient) -> None:
        seen: list[object] = []

        @app.get("/seen")
        async def see(redis: Redis) -> None:
            seen.append(redis)

        await client.get("/seen")
        await client.get("/seen")

        assert seen == [pool_of(app).client] * 2

    async def test_connections_are_closed_with_the_application_and_made_anew_by_its_next_start(
        self, app: NexiosApp
    ) -> None:
        async with TestClient(app) as client:
            await client.get("/hits")
            observer = Pool(pool_of(app).config)
            during = await observer.client.info("clients")
        after = await observer.client.info("clients")
        await observer.close()

        assert after["connected_clients"] == during["connected_clients"] - 1
        async with TestClient(app) as client:
            assert (await client.get("/hits")).status_code == 200

    async def test_health_asks_the_server(self, app: NexiosApp, client: TestClient) -> None:
        assert await app.check_health() == {"redis": None}

    async def test_health_says_what_is_wrong(self, tmp_path: object) -> None:
        app = NexiosApp(MakeConfig(redis={"url": f"unix://{tmp_path}/nothing"}))
        async with TestClient(app):
            assert (await app.check_health())["redis"] is not None

    async def test_nothing_connects_before_it_is_needed(self) -> None:
        app = NexiosApp(MakeConfig(redis={"url": "redis://127.0.0.1:1"}))

        async with TestClient(app):
            pass

    async def test_a_pool_that_nobody_wants_is_well(self) -> None:
        app = NexiosApp()

        async with TestClient(app):
            assert await app.check_health() == {"redis": None}


class TestOnTrio:
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "trio"

    async def test_an_application_that_uses_redis_refuses_to_start(self, app: NexiosApp) -> None:
        with pytest.raises(LifespanError, match="nexios-redis runs on asyncio only"):
            async with TestClient(app):
                pass

    async def test_one_that_does_not_is_served(self) -> None:
        async with TestClient(NexiosApp()) as client:
            assert (await client.get("/")).status_code == 404


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"timeout": 0}, "timeout is 0.0; it must be more than 0"),
        ({"retries": -1}, "retries is -1"),
        ({"max_connections": 0}, "max_connections is 0"),
        ({"adress": "x"}, "adress"),
    ],
)
def test_a_wrong_setting_is_an_error_when_the_application_is_made(section: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        NexiosApp(MakeConfig(redis=section))


def test_a_url_that_cannot_be_read_is_an_error_when_the_application_is_made() -> None:
    with pytest.raises(ConfigurationError, match="the scheme 'http' is not known"):
        NexiosApp(MakeConfig(redis={"url": "http://one"}))


def test_the_password_is_shown_nowhere() -> None:
    plugin = RedisPlugin(url="redis://:hunter2@one")
    NexiosApp(plugins=[plugin])

    assert "hunter2" not in repr(plugin.settings)


def test_an_application_without_a_use_for_redis_does_not_import_it() -> None:
    code = "import sys; from nexios import NexiosApp; app = NexiosApp(); app.plugins['redis']; import nexios.redis; "
    code += "print('redis' in sys.modules, nexios.redis.Redis.__name__, 'redis' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert told.split() == ["False", "Redis", "True"]


def test_the_package_says_what_it_lacks() -> None:
    with pytest.raises(AttributeError, match=r"module 'nexios\.redis' has no attribute 'Rediss'"):
        _ = nexios.redis.Rediss


def test_without_the_plugin_the_pool_names_the_package() -> None:
    with pytest.raises(MissingPluginError, match="pip install nexios-redis"):
        pool_of(NexiosApp(plugins=[]))

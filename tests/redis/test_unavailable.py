"""What a package makes of a Redis that is not there."""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from nexios import Secret
from nexios.redis import Pool, RedisConfig, unavailable_as
from tests.servers import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class CountUnavailable(Exception):
    """The exception of a package."""


async def test_the_error_of_a_package_stands_for_those_of_redis() -> None:
    pool = Pool(RedisConfig(timeout=10, retries=0, url=Secret(f"redis://127.0.0.1:{free_port()}")))

    with pytest.raises(CountUnavailable) as raised, unavailable_as(CountUnavailable):
        await pool.client.get("count")
    await pool.close()

    assert isinstance(raised.value.__cause__, RedisConnectionError)


async def test_a_command_that_is_answered_raises_nothing(socket_path: str) -> None:
    pool = Pool(RedisConfig(timeout=10, url=Secret(f"unix://{socket_path}")))

    with unavailable_as(CountUnavailable):
        assert await pool.client.ping()
    await pool.close()


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(LookupError, match="mine"), unavailable_as(CountUnavailable):
        raise LookupError("mine")

"""Every kind of URL against a real server of that kind."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from redis.exceptions import TimeoutError as RedisTimeout

from nexios import Secret
from nexios.redis import Pool, RedisConfig
from tests.servers import find_server, free_port, is_listening, run_process

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def works(pool: Pool) -> bool:
    """Whether both clients reach one server."""
    try:
        # Reading the plan of a cluster can take a busy machine longer than the first command may.
        while not await is_answered(pool):
            pass
        return bool(await asyncio.to_thread(pool.blocking.get, "greeting") == b"hello")
    finally:
        await pool.close()


async def is_answered(pool: Pool) -> bool:
    try:
        return bool(await pool.client.set("greeting", "hello"))
    except RedisTimeout:
        return False


async def test_a_unix_socket(socket_path: str) -> None:
    assert await works(Pool(RedisConfig(timeout=10, url=Secret(f"unix://{socket_path}"))))


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    port = free_port()
    files = ["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-ca-cert-file", "ca.pem"]
    options = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", "--save", "", "--dir", str(tmp_path)]
    help_text = subprocess.run([find_server(), "--tls-port", "0", "--port", "x"], capture_output=True, text=True)
    if "tls" in help_text.stderr.lower().partition("port")[0]:
        pytest.skip("this server was built without TLS")
    with run_process([find_server(), *options, *files], lambda: is_listening(port)):
        yield port, tmp_path / "ca.pem"


async def test_tls(tls: tuple[int, Path]) -> None:
    port, authority = tls

    assert await works(Pool(RedisConfig(timeout=10, url=Secret(f"rediss://localhost:{port}"), ca_file=str(authority))))


async def test_tls_without_the_authority_is_refused(tls: tuple[int, Path]) -> None:
    pool = Pool(RedisConfig(timeout=10, url=Secret(f"rediss://localhost:{tls[0]}")))

    with pytest.raises(Exception, match=r"(?i)certificate"):
        await pool.client.ping()
    await pool.close()


async def test_a_cluster(tmp_path: Path) -> None:
    port = free_port()
    bus = free_port()
    options = ["--port", str(port), "--cluster-enabled", "yes", "--cluster-port", str(bus), "--save", ""]
    options += ["--bind", "127.0.0.1", "--dir", str(tmp_path)]
    with run_process([find_server(), *options], lambda: is_listening(port)):
        one = Pool(RedisConfig(timeout=10, url=Secret(f"redis://127.0.0.1:{port}")))
        await one.client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while b"cluster_state:ok" not in await one.client.execute_command("CLUSTER", "INFO"):
            pass
        await one.close()

        assert await works(Pool(RedisConfig(timeout=10, url=Secret(f"redis+cluster://127.0.0.1:{port}"))))


async def test_a_sentinel(tmp_path: Path) -> None:
    port, watch = free_port(), free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(f"port {watch}\nsentinel monitor main 127.0.0.1 {port} 1\ndir {tmp_path}\n")
    server = [find_server(), "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    sentinel = [find_server(), str(config), "--sentinel"]
    with (
        run_process(server, lambda: is_listening(port)),
        run_process(sentinel, lambda: is_listening(watch)),
    ):
        assert await works(Pool(RedisConfig(timeout=10, url=Secret(f"redis+sentinel://127.0.0.1:{watch}/main"))))

"""What happens between the signal to stop and the end, with real clients at work."""

from __future__ import annotations

import asyncio
import signal
import socket
import time

import pytest

from tests.cli.load import WORKING, Load
from tests.cli.processes import PATIENCE, Serve, Write, until


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_request_is_dropped_when_a_busy_server_is_stopped(
    server: str, workers: str, serve: Serve, write: Write
) -> None:
    write("app.py", WORKING)
    running = serve("--server", server, "--workers", workers, "--no-access-log")
    load = Load(running.port)

    async def work_until_the_end() -> None:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as clients:
            for _ in range(8):
                clients.create_task(load.keep_connection("/fast"))
                clients.create_task(load.connect_each_time("/fast"))
                clients.create_task(load.keep_connection("/slow"))
            await load.is_busy.wait()
            running.signal()

    asyncio.run(work_until_the_end())

    assert load.dropped == []
    assert running.wait() == 0


def test_the_application_drains_before_open_connections_are_waited_for(server: str, serve: Serve, write: Write) -> None:
    write(
        "app.py",
        """
        import asyncio
        from nexios import NexiosApp

        app = NexiosApp(plugins=[])
        drained = asyncio.Event()

        @app.on_drain
        async def drain():
            drained.set()

        @app.get("/")
        async def wait():
            print("waiting", flush=True)
            await drained.wait()
            return "drained"
        """,
    )
    running = serve("--server", server)

    with _request(running.port, "/") as client:
        running.stdout.wait_for("waiting")
        running.signal()

        answer = _read_all(client)

    assert answer.endswith(b"drained")
    assert b"connection: close" in answer.lower()
    assert running.wait() == 0


def test_an_event_stream_ends_when_the_server_is_told_to_stop(server: str, serve: Serve, write: Write) -> None:
    write(
        "app.py",
        """
        import asyncio
        from nexios import NexiosApp

        app = NexiosApp(plugins=[])

        @app.get("/")
        async def events(response):
            async def tick():
                while True:
                    yield "tick"
                    await asyncio.sleep(0.01)
            return response.sse(tick())
        """,
    )
    running = serve("--server", server, "--grace", "20")
    with _request(running.port, "/") as client:
        assert b"200" in client.recv(65_536)

        running.signal()
        started = time.monotonic()
        _read_all(client)

    assert running.wait() == 0
    assert time.monotonic() - started < 10


STUBBORN = """
    import asyncio

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            print("shut down", flush=True)
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"tick", "more_body": True})
                await asyncio.sleep(0.01)
        finally:
            print("cut off", flush=True)
"""


def test_a_stream_that_never_ends_is_cut_off_at_the_end_of_the_grace_period(
    server: str, serve: Serve, write: Write
) -> None:
    write("app.py", STUBBORN)
    running = serve("--server", server, "--grace", "0.5", "--no-access-log", "--log-level", "critical")
    with _request(running.port, "/") as client:
        assert b"200" in client.recv(65_536)
        running.signal()
        answer = _read_all(client)

    assert running.wait() == 0
    assert not answer.endswith(b"0\r\n\r\n"), "a stream that was cut off must not look complete"
    assert running.stdout.rest() == ["cut off", "shut down"]


def test_a_second_interrupt_ends_the_server_at_once(server: str, serve: Serve, write: Write) -> None:
    write("app.py", STUBBORN)
    running = serve("--server", server, "--grace", "600")
    with _request(running.port, "/") as client:
        assert b"200" in client.recv(65_536)
        running.signal(signal.SIGINT)
        until(lambda: _is_refused(running.port))

        running.signal(signal.SIGINT)

        assert running.wait() == 130


def test_a_drain_hook_that_fails_or_hangs_does_not_keep_the_server_from_stopping(serve: Serve, write: Write) -> None:
    write(
        "app.py",
        """
        import asyncio

        class App:
            async def __call__(self, scope, receive, send):
                assert scope["type"] == "http"

            async def drain(self):
                await asyncio.Event().wait()

        app = App()
        """,
    )
    running = serve("--grace", "0.3")
    assert running.port

    running.signal()

    assert running.wait() == 0
    assert any("draining took longer than the 0.3 seconds of grace" in line for line in running.stderr.rest())


def test_an_application_inside_asgi_middleware_is_drained(serve: Serve, write: Write) -> None:
    write(
        "app.py",
        WORKING
        + """
    @app.on_drain
    async def drain():
        print("drained", flush=True)

    class Middleware:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send)

    wrapped = Middleware(app)
""",
    )
    running = serve("app:wrapped")
    assert running.port

    running.signal()

    assert running.wait() == 0
    assert running.stdout.rest() == ["drained"]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("block", ["threading.Thread(target=forever).start()", "forever()"])
def test_code_that_never_returns_does_not_keep_the_process_alive(
    block: str, workers: str, serve: Serve, write: Write
) -> None:
    write(
        "app.py",
        f"""
        import threading
        from nexios.cli import departure

        departure._LEAST_FOR_HOOKS = 0.2
        forever = threading.Event().wait

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            print("blocking", flush=True)
            {block}
        """,
    )
    running = serve("--grace", "0.1", "--workers", workers)
    with _request(running.port, "/"):
        running.stdout.wait_for("blocking")
        running.signal()
        status = running.wait()

    assert status == (1 if workers == "1" else 0)
    assert any("giving up" in line for line in running.stderr.rest())


def _request(port: int, path: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    return client


def _read_all(client: socket.socket) -> bytes:
    answer = b""
    while True:
        try:
            data = client.recv(65_536)
        except ConnectionResetError:
            return answer
        if not data:
            return answer
        answer += data


def _is_refused(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def test_a_server_that_is_stopped_while_it_starts_starts_and_stops_in_order(
    server: str, serve: Serve, write: Write
) -> None:
    write(
        "app.py",
        """
        import asyncio
        from nexios import NexiosApp

        app = NexiosApp(plugins=[])

        @app.on_startup
        async def start():
            print("starting", flush=True)
            await asyncio.sleep(0.6)
            print("started", flush=True)

        @app.on_drain
        async def drain():
            print("drained", flush=True)

        @app.on_shutdown
        async def stop():
            print("stopped", flush=True)
        """,
    )
    running = serve("--server", server, "--log-level", "critical")
    running.stdout.wait_for("starting")

    running.signal()

    assert running.wait() == 0
    assert running.stdout.rest() == ["starting", "started", "drained", "stopped"]

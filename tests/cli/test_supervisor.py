from __future__ import annotations

import asyncio
import os
import signal
import socket
import textwrap

import pytest

from tests.cli.load import WORKING, Load
from tests.cli.processes import PATIENCE, Nexios, Running, Serve, Write, until

pytestmark = pytest.mark.slow

WHO = """
    import os

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        body = f"one {os.getpid()}".encode()
        headers = [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
"""


def worker_of(running: Running) -> int:
    return int(running.get().split()[1])


def test_a_worker_that_dies_is_replaced(server: str, serve: Serve, write: Write) -> None:
    write("app.py", WHO)
    running = serve("--server", server, "--workers", "2")
    victim = worker_of(running)

    os.kill(victim, signal.SIGKILL)

    running.stderr.wait_for(f"worker {victim} ended with SIGKILL, starting another")
    assert running.get().startswith("one")
    running.signal()
    assert running.wait() == 0


def test_a_worker_that_is_told_to_stop_leaves_and_is_replaced(serve: Serve, write: Write) -> None:
    write("app.py", WHO)
    running = serve("--workers", "2")
    victim = worker_of(running)

    os.kill(victim, signal.SIGTERM)

    running.stderr.wait_for(f"worker {victim} ended with status 0, starting another")
    assert running.get().startswith("one")


def test_workers_leave_when_their_supervisor_is_killed(serve: Serve, write: Write) -> None:
    write("app.py", WHO)
    running = serve("--workers", "2")
    port = running.port

    running.signal(signal.SIGKILL)

    until(lambda: _is_free(port))


def test_workers_that_cannot_start_are_reported_in_one_line(nexios: Nexios, write: Write) -> None:
    write("app.py", "import no_such_package\n")

    ended = nexios("run", "--workers", "3", "--port", "0")

    said = "nexios: app.py:1: ModuleNotFoundError: No module named 'no_such_package' (--traceback shows all of it)\n"
    assert ended.stderr == said
    assert ended.returncode == 2


def test_a_worker_that_ends_before_it_serves_stops_the_others(nexios: Nexios, write: Write) -> None:
    write("app.py", "import os\nos._exit(7)\n")

    ended = nexios("run", "--workers", "2", "--port", "0")

    assert "ended with status 7 before it served" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.returncode == 2


def test_a_changed_file_is_served_without_dropping_a_request(server: str, serve: Serve, write: Write) -> None:
    file = write("app.py", WORKING)
    running = serve("--server", server, "--reload", "--no-access-log")
    load = Load(running.port)

    async def change_under_load() -> None:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as clients:
            for _ in range(4):
                clients.create_task(load.keep_connection("/fast"))
                clients.create_task(load.connect_each_time("/fast"))
                clients.create_task(load.keep_connection("/slow"))
            await load.is_busy.wait()
            file.write_text(file.read_text() + "\nprint('changed', flush=True)\n")
            await asyncio.to_thread(running.stdout.wait_for, "changed")
            load.answered = 0
            load.is_busy.clear()
            await load.is_busy.wait()
            running.signal(signal.SIGINT)

    asyncio.run(change_under_load())

    assert load.dropped == []
    assert running.wait() == 0


def test_a_mistake_is_shown_and_serving_goes_on_when_it_is_mended(serve: Serve, write: Write) -> None:
    file = write("app.py", WHO)
    running = serve("--reload")
    right = file.read_text()
    assert running.get().startswith("one")

    file.write_text("def broken(:\n")
    running.stderr.wait_for(r"nexios: app.py:1: SyntaxError")
    running.stderr.wait_for("waiting for a change")
    file.write_text(right)

    running.stderr.wait_for("app.py changed, starting again")
    assert running.get().startswith("one")


def test_a_start_that_hangs_is_given_up_when_the_file_changes(serve: Serve, write: Write) -> None:
    file = write("app.py", "import threading\nprint('hanging', flush=True)\nthreading.Event().wait()\n")
    running = serve("--reload")
    running.stdout.wait_for("hanging")

    file.write_text(textwrap.dedent(WHO))

    assert running.get().startswith("one")


def test_a_second_interrupt_kills_the_workers(serve: Serve, write: Write) -> None:
    write(
        "app.py",
        """
        import asyncio

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            print("in flight", flush=True)
            await asyncio.Event().wait()
        """,
    )
    running = serve("--workers", "2", "--grace", "600")
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        running.stdout.wait_for("in flight")
        running.signal(signal.SIGINT)
        until(lambda: _is_free(running.port))

        running.signal(signal.SIGINT)

        assert running.wait() == 0


def _is_free(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0

"""Clients that stall or leave, on real connections to each server."""

from __future__ import annotations

import socket
import time

import pytest

from tests.cli.processes import PATIENCE, Running, Serve, Write

APP = """
    from pathlib import Path
    from nexios import NexiosApp

    app = NexiosApp(plugins=[])
    made = [0]

    @app.get("/endless")
    async def endless():
        try:
            while True:
                made[0] += 1
                yield b"x" * 16_384
        finally:
            print("closed", flush=True)

    @app.get("/level")
    async def level():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return f"{made[0]} {pages * 4096}"

    @app.post("/upload")
    async def upload(request):
        print("begun", flush=True)
        try:
            async for chunk in request.stream():
                pass
        finally:
            print("ended", flush=True)
    """


def ask(running: Running, request: str, content: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE)
    client.sendall(f"{request} HTTP/1.1\r\nhost: x\r\n".encode() + content)
    return client


def stall(running: Running) -> socket.socket:
    """A client that has read the beginning of a stream, once the stream has come to rest."""
    client = ask(running, "GET /endless", b"\r\n")
    client.recv(1_024)
    before = ""
    while (made := running.get("/level").split()[0]) != before:
        before = made
        time.sleep(0.1)  # nobody tells that nothing happens any more
    return client


def errors_of(running: Running) -> list[str]:
    """What was said of errors until the server was stopped."""
    running.signal()
    assert running.wait() == 0
    return [line for line in running.stderr.rest() if "rror" in line or "Traceback" in line]


@pytest.mark.slow
def test_a_reader_that_stalls_costs_less_than_a_megabyte_and_one_that_leaves_nothing(
    server: str, serve: Serve, write: Write
) -> None:
    write("app.py", APP)
    running = serve("--server", server, "--no-access-log")
    for _ in range(2):  # what a first stream builds, is built
        stall(running).close()
        running.stdout.wait_for("closed")
    level = int(running.get("/level").split()[1])

    client = stall(running)
    grown = int(running.get("/level").split()[1]) - level
    client.close()

    running.stdout.wait_for("closed")
    assert grown < 1_048_576
    assert errors_of(running) == []


@pytest.mark.slow
def test_an_upload_whose_client_leaves_ends_and_is_no_error(server: str, serve: Serve, write: Write) -> None:
    write("app.py", APP)
    running = serve("--server", server, "--no-access-log")

    client = ask(running, "POST /upload", b"content-length: 100\r\n\r\nhalf")
    running.stdout.wait_for("begun")
    client.close()

    running.stdout.wait_for("ended")
    assert errors_of(running) == []

"""A client of another make against real servers: uvicorn with each of its implementations, hypercorn and granian."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port, is_listening, run_process

pytest.importorskip("websockets")
pytest.importorskip("uvicorn")
pytest.importorskip("hypercorn")
pytest.importorskip("granian")
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

APP = """
from nexios import HTTPException, NexiosApp
from nexios.websockets import Channel, WebSocket, listener

app = NexiosApp(plugins=['websockets'])

@app.websocket("/echo")
async def echo(ws: WebSocket):
    await ws.accept("v2" if "v2" in ws.subprotocols else None, headers={"x-served": "nexios"})
    async for message in ws:
        await ws.send(message)

@app.websocket("/close")
async def close(ws: WebSocket):
    await ws.accept()
    await ws.close(4001, "enough")

@app.websocket("/fail")
async def fail(ws: WebSocket):
    await ws.accept()
    raise ValueError("secret")

@app.websocket("/deny")
async def deny(ws: WebSocket):
    raise HTTPException(401, "log in")

@app.websocket("/json")
async def json(ws: WebSocket):
    await ws.accept()
    await ws.receive_json()

@app.websocket("/room")
async def room(ws: WebSocket):
    channel = Channel("room")
    await channel.connect(ws)
    await ws.send_text("in")
    async for text in ws.iter_text():
        await channel.broadcast_text(text)
"""
UVICORN = "import sys, uvicorn; uvicorn.run('served:app', port=int(sys.argv[1]), ws=sys.argv[2], log_level='critical')"
NEXIOS_RUN = [sys.executable, "-m", "nexios.cli", "run", "served:app"]
COMMANDS = {
    "uvicorn-websockets-sansio": [sys.executable, "-c", UVICORN, "{port}", "websockets-sansio"],
    "uvicorn-wsproto": [sys.executable, "-c", UVICORN, "{port}", "wsproto"],
    "hypercorn": [sys.executable, "-m", "hypercorn", "-b", "127.0.0.1:{port}", "--log-level", "critical", "served:app"],
    "granian": [*NEXIOS_RUN, "--port", "{port}", "--server", "granian"],
}


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """All servers, started at the same time."""
    folder = tmp_path_factory.mktemp("served")
    Path(folder, "served.py").write_text(APP, "utf-8")
    ports = {name: free_port() for name in COMMANDS}
    paths = f"PYTHONPATH={folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    with ExitStack() as stack:
        for name, command in COMMANDS.items():
            parts = [part.format(port=ports[name]) for part in command]
            stack.enter_context(run_process(["env", "-C", str(folder), paths, *parts], lambda: True))
        deadline = time.monotonic() + 30
        while not all(map(is_listening, ports.values())):
            assert time.monotonic() < deadline, "a server did not start"
            time.sleep(0.05)  # another process has no event to wait for
        yield {name: f"ws://127.0.0.1:{port}" for name, port in ports.items()}


@pytest.fixture(params=COMMANDS)
def address(request: pytest.FixtureRequest, addresses: dict[str, str]) -> str:
    return addresses[request.param]


def closed_with(socket: Any) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(5)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_messages_go_both_ways_compressed_and_in_pieces(address: str, request: pytest.FixtureRequest) -> None:
    with connect(f"{address}/echo", subprotocols=[Subprotocol("v1"), Subprotocol("v2")]) as socket:
        assert socket.subprotocol == "v2"
        assert socket.response is not None
        # granian has no way to send the fields of an accept, as of 2.8.
        assert request.node.callspec.params["address"] == "granian" or socket.response.headers["x-served"] == "nexios"
        for message in ("text", "é" * 1000, b"\x00\xff", "", "a" * 1_000_000):
            socket.send(message)
            assert socket.recv(5) == message
        socket.send(iter(["in ", "pieces"]))
        assert socket.recv(5) == "in pieces"


def test_a_compressed_message_is_measured_as_it_is_when_inflated(address: str) -> None:
    with connect(f"{address}/echo", compression="deflate") as socket:
        socket.send("a" * 1_048_577)
        assert closed_with(socket)[0] == 1009


def test_the_close_codes_arrive(address: str) -> None:
    with connect(f"{address}/close") as socket:
        assert closed_with(socket) == (4001, "enough")
    with connect(f"{address}/fail") as socket:
        assert closed_with(socket) == (1011, "")
    with connect(f"{address}/json") as socket:
        socket.send("{")
        assert closed_with(socket)[0] == 1007


@pytest.mark.parametrize(("path", "status"), [("/deny", 401), ("/nowhere", 404), ("/echo/", 404)])
def test_a_handshake_is_refused_with_a_status(address: str, path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(address + path).__enter__()

    assert refused.value.response.status_code == status


def test_a_page_of_another_origin_is_refused(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{address}/echo", origin=Origin("http://evil.example")).__enter__()
    with connect(f"{address}/echo", origin=Origin(address.replace("ws", "http"))) as socket:
        socket.send("x")
        assert socket.recv(5) == "x"

    assert refused.value.response.status_code == 403


def test_a_broadcast_reaches_everybody(address: str) -> None:
    with connect(f"{address}/room") as one, connect(f"{address}/room") as two:
        assert one.recv(5) == two.recv(5) == "in"
        one.send("hello")
        assert one.recv(5) == two.recv(5) == "hello"


SLOWLY = [pytest.param(name, marks=pytest.mark.slow) for name in ("hypercorn", "granian")]


@pytest.mark.parametrize("server", ["uvicorn", *SLOWLY])
def test_the_server_says_goodbye_when_it_is_told_to_stop(server: str, tmp_path: Path) -> None:
    Path(tmp_path, "served.py").write_text(APP, "utf-8")
    port = free_port()
    command = [*NEXIOS_RUN, "--port", str(port), "--server", server]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not is_listening(port):
            assert process.poll() is None
        with connect(f"ws://127.0.0.1:{port}/echo") as socket:
            socket.send("x")
            assert socket.recv(5) == "x"
            process.terminate()
            assert closed_with(socket) == (1012, "the server restarts")
        assert process.wait(15) in (0, -15)
    finally:
        process.kill()
        process.wait()

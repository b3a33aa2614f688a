"""The ``nexios`` command as tests see it: run to its end, or serving."""

from __future__ import annotations

import http.client
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import IO, Protocol

# A busy machine is slow, a broken server is silent for ever: tests wait this many seconds for a sign of life.
PATIENCE = 30.0
NEXIOS = (sys.executable, "-m", "nexios.cli")


class Write(Protocol):
    def __call__(self, path: str, source: str) -> Path: ...


class Nexios(Protocol):
    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]: ...


class Serve(Protocol):
    def __call__(self, *arguments: str) -> Running: ...


class Lines:
    """What a process writes to *stream*, line by line as it comes."""

    def __init__(self, stream: IO[str]) -> None:
        self.seen: list[str] = []
        self._stream = stream
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            self._queue.put(line.rstrip())
        self._queue.put(None)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the match of the next line that has *pattern*."""
        while (line := self._queue.get(timeout=PATIENCE)) is not None:
            self.seen.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"no line with {pattern!r} in: " + "\n".join(self.seen))

    def rest(self) -> list[str]:
        """Return every line, once the process has closed its end."""
        self._thread.join(PATIENCE)
        while not self._queue.empty():
            line = self._queue.get()
            self.seen += [line] if line is not None else []
        return self.seen

    def close(self) -> None:
        self._thread.join(PATIENCE)
        self._stream.close()


class Running:
    """A started ``nexios run``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self.stdout = Lines(process.stdout)
        self.stderr = Lines(process.stderr)

    @cached_property
    def port(self) -> int:
        return int(self.stderr.wait_for(r"serving on http://127\.0\.0\.1:(\d+)")[1])

    def get(self, path: str = "/", **headers: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """Return the exit status."""
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.stdout.close()
        self.stderr.close()


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that nobody announces."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)

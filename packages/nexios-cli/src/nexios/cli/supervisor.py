"""Several processes on one listening socket: started, replaced when one ends or a file changes, told to stop."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import click

from nexios.cli.changes import Changes
from nexios.cli.departure import Newcomers
from nexios.cli.errors import CommandError
from nexios.cli.listening import Listener
from nexios.cli.worker import FAILED, READY, Job, work_supervised

# Seconds between two looks at the files, and the least between two starts of a worker that keeps dying.
_TICK = 0.3
_LEAST_LIFE = 1.0

# A forked child would share threads, sockets and event loops with its parent.
_spawning = multiprocessing.get_context("spawn")


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    born: float
    ready: bool = False
    replaced: bool = False
    failure: CommandError | None = None

    def tell_to_leave(self, newcomers: Newcomers) -> None:
        # A worker that is ending has closed its side.
        with suppress(OSError):
            self.pipe.send(newcomers)
        # One that is still importing the application does not listen yet, and has nothing to finish.
        if not self.ready:
            self.process.terminate()

    def hear(self) -> None:
        with suppress(EOFError, OSError):
            while self.pipe.poll():
                word, error = self.pipe.recv()
                self.ready = self.ready or word == READY
                self.failure = error if word == FAILED else self.failure


class Supervisor:
    """Keeps *count* processes serving *job*; with *changes*, replaces them whenever a file has changed."""

    def __init__(
        self, job: Job, listener: Listener, count: int, changes: Changes | None, on_ready: Callable[[], None]
    ) -> None:
        self._job = job
        self._listener = listener
        self._count = count
        self._changes = changes
        self._on_ready: Callable[[], None] | None = on_ready
        self._workers: list[_Worker] = []
        self._stopping = False
        self._waiting_for_change = False
        self._newcomers_wait = False
        self._failure: CommandError | None = None

    def run(self) -> None:
        """Return when every worker has ended after a signal. Raises CommandError when one cannot start."""
        with _signals() as signals:
            try:
                while self._workers or not self._stopping:
                    self._step(signals)
            finally:
                self._kill()
        if self._failure is not None:
            raise self._failure

    def _step(self, signals: socket.socket) -> None:
        self._fill()
        sources: list[socket.socket | Connection | int] = [signals]
        for worker in self._workers:
            sources += [worker.pipe, worker.process.sentinel]
        if signals in wait(sources, _TICK if self._changes else None):
            self._obey(signals.recv(64))
        for worker in self._workers:
            worker.hear()
        for worker in [worker for worker in self._workers if not worker.process.is_alive()]:
            self._bury(worker)
        self._announce()
        if self._changes is not None and not self._stopping:
            self._reload(self._changes.since_last_look())

    def _fill(self) -> None:
        if self._stopping:
            return
        if self._newcomers_wait and not any(worker.replaced for worker in self._workers):
            self._listener.admit_newcomers()
            self._newcomers_wait = False
        while len(self._workers) < self._count and not self._waiting_for_change:
            self._workers.append(self._start())

    def _start(self) -> _Worker:
        ours, theirs = _spawning.Pipe()
        # Where files are watched somebody sits at the terminal, and may want a breakpoint().
        stdin = sys.stdin.fileno() if self._changes is not None and sys.stdin.isatty() else None
        process = _spawning.Process(target=work_supervised, args=(self._job, self._listener, theirs, stdin))
        process.start()
        theirs.close()
        return _Worker(process, ours, time.monotonic())

    def _obey(self, numbers: bytes) -> None:
        for number in numbers:
            if self._stopping and number == signal.SIGINT:
                self._kill()
            elif number in (signal.SIGINT, signal.SIGTERM):
                self._stop()

    def _stop(self) -> None:
        self._stopping = True
        self._listener.sock.close()
        for worker in self._workers:
            worker.tell_to_leave(Newcomers.ARE_REFUSED)

    def _kill(self) -> None:
        for worker in self._workers:
            worker.process.kill()

    def _bury(self, worker: _Worker) -> None:
        worker.hear()
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        if self._stopping or worker.replaced:
            return
        end = f"worker {worker.process.pid} ended with {_status(worker.process.exitcode)}"
        if worker.ready:
            _say(f"{end}, starting another")
            time.sleep(max(0.0, worker.born + _LEAST_LIFE - time.monotonic()))
            return
        failure = worker.failure or CommandError(f"{end} before it served")
        if self._changes is None:
            self._failure = failure
            self._stop()
        else:
            failure.show()
            _say("waiting for a change")
            self._waiting_for_change = True

    def _announce(self) -> None:
        if self._on_ready and len(self._workers) == self._count and all(worker.ready for worker in self._workers):
            self._on_ready()
            self._on_ready = None

    def _reload(self, changed: list[str]) -> None:
        if not changed:
            return
        _say(f"{', '.join(changed)} changed, starting again")
        self._waiting_for_change = False
        for worker in self._workers:
            worker.replaced = True
            worker.tell_to_leave(Newcomers.WAIT_FOR_SUCCESSOR)
        self._newcomers_wait = True


def _status(exitcode: int | None) -> str:
    return signal.Signals(-exitcode).name if exitcode is not None and exitcode < 0 else f"status {exitcode}"


def _say(text: str) -> None:
    click.echo(f"nexios: {text}", err=True)


@contextmanager
def _signals() -> Generator[socket.socket, None, None]:
    """Yield a socket from which the numbers of SIGINT and SIGTERM can be read as they arrive."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with ours, theirs:
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, lambda number, frame: None) for number in numbers]
        wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

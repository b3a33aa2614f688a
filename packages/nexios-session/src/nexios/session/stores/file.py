"""Sessions as files of one folder, for one machine: whole or not there, and readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from anyio import to_thread

from nexios import NexiosApp
from nexios.exceptions import ConfigurationError
from nexios.session.exceptions import StoreUnavailable
from nexios.session.stores.protocol import Conflict

try:
    import fcntl
except ImportError:  # Windows; there only the threads of one process exclude each other
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")
# A record is a few hundred bytes; what is larger than this was not written here.
_LARGEST = 1_048_576
_SWEEP_EVERY = 1_000


class FileStore:
    """Files in *folder*, named by their keys; the time a file was modified is when it expires.

    Each is written beside and renamed, so that a reader sees the whole of the old or of the new one. With *sync* it is
    also on the disk before the answer is sent. Reading happens on the event loop: the file is small, mostly cached.
    """

    is_local = True

    def __init__(
        self, folder: str | os.PathLike[str], *, sync: bool = False, now: Callable[[], float] = time.time
    ) -> None:
        self._folder = Path(folder)
        self._sync = sync
        self._now = now
        self._lock = threading.Lock()
        self._saves = 0
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write("probe", b"", 0)
            self._path("probe").unlink()
        except OSError as error:
            raise ConfigurationError(
                f"sessions cannot be kept in {self._folder}: {error}; choose another folder"
            ) from error

    def load_now(self, key: str, seconds: int) -> bytes | None:
        with _unavailable():
            return self._read(key, seconds)

    async def load(self, key: str, seconds: int) -> bytes | None:
        return self.load_now(key, seconds)

    async def save(self, key: str, record: bytes, seconds: int, replaces: bytes | None) -> Conflict | None:
        return await _in_thread(lambda: self._replace(key, record, seconds, replaces))

    async def delete(self, key: str) -> None:
        await _in_thread(lambda: self._remove(key))

    def sweep(self) -> None:
        """Remove the files whose time is over."""
        for path in self._folder.glob("[0-9a-f]*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime <= self._now():
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / key

    def _read(self, key: str, seconds: int | None) -> bytes | None:
        path = self._path(key)
        now = self._now()
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            return None
        with open(descriptor, "rb") as file:
            if os.fstat(descriptor).st_mtime <= now:
                return None
            record = file.read(_LARGEST)
        if seconds is not None:
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile; whoever saves will find out
                os.utime(path, (now, now + seconds))
        return record

    def _replace(self, key: str, record: bytes, seconds: int, replaces: bytes | None) -> Conflict | None:
        with self._locked():
            current = self._read(key, None)
            if current != replaces:
                return Conflict(current)
            self._write(key, record, seconds)
            self._saves += 1
        if self._saves % _SWEEP_EVERY == 0:
            self.sweep()
        return None

    def _write(self, key: str, record: bytes, seconds: int) -> None:
        beside = self._folder / f".{secrets.token_hex(8)}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(record)
                if self._sync:
                    file.flush()
                    os.fsync(descriptor)
            now = self._now()
            os.utime(beside, (now, now + seconds))
            os.replace(beside, self._path(key))
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def _remove(self, key: str) -> None:
        with self._locked():
            self._path(key).unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Exclude other writers: threads by a lock, processes by a lock on a file."""
        with self._lock, open(self._folder / ".lock", "ab", opener=_private) as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable from error


async def _in_thread(work: Callable[[], T]) -> T:
    with _unavailable():
        return await to_thread.run_sync(work)


def open_store(app: NexiosApp, options: Mapping[str, Any]) -> FileStore:
    if "folder" not in options:
        raise ConfigurationError(
            'the session store "file" needs a folder: session={"store": "file", "options": {"folder": ...}}'
        )
    return FileStore(**options)

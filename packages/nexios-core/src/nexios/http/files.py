"""A file as a response: validators, conditional requests, ranges; read without a thread when it is warm."""

from __future__ import annotations

import errno
import functools
import mimetypes
import os
import stat
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

import anyio.to_thread

from nexios.exceptions import NotFound, PreconditionFailed, RangeNotSatisfiable
from nexios.http.conditional import evaluate, http_date, if_range_holds
from nexios.http.ranges import Range, parse_range

if TYPE_CHECKING:
    from nexios.http.request import Request
    from nexios.http.response import Response

# Read whole and at once up to here: a copy is cheaper than a worker thread, and it bounds what one answer holds.
INLINE = 262_144
CHUNK = 262_144
# preadv2(2) with RWF_NOWAIT reads what the page cache has and never waits for a disk; Linux only.
NOWAIT = getattr(os, "RWF_NOWAIT", None)
# What else than the whole file a request can ask for.
CHOOSING = frozenset((b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"range"))
# What says nothing of the file that was to be opened.
EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO))
# What was read into is kept: filling a new one with zeros costs half as much as reading. One for each thread at most.
_buffers: list[bytearray] = []


class OpenFile:
    """A descriptor that is closed with the last reference to it, so that a dropped response leaks nothing."""

    __slots__ = ("descriptor", "path", "size")

    def __init__(self, descriptor: int, path: str, size: int) -> None:
        self.descriptor: int = descriptor
        self.path: str = path
        self.size: int = size

    @property
    def absolute_path(self) -> str:
        return os.path.abspath(self.path)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __del__(self) -> None:
        self.close()


class Piece(NamedTuple):
    """Bytes to send before a part of the file, and the part."""

    head: bytes
    part: Range


class FileBody(NamedTuple):
    """What of a file is sent: its pieces, then *tail*. The length is exact, whatever happens to the file meanwhile."""

    file: OpenFile
    pieces: tuple[Piece, ...]
    tail: bytes = b""

    @property
    def length(self) -> int:
        return sum(len(piece.head) + piece.part.stop - piece.part.start for piece in self.pieces) + len(self.tail)

    @property
    def is_whole(self) -> bool:
        return self.pieces == ((b"", (0, self.file.size)),) and not self.tail

    async def read(self) -> bytes:
        """All bytes to send, at once. Raises EOFError when the file has shrunk."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes to send. Raises EOFError when the file has shrunk: the connection must then be cut."""
        for piece in self.pieces:
            if piece.head:
                yield piece.head
            position = piece.part.start
            while position < piece.part.stop:
                chunk = await read_at(self.file.descriptor, min(CHUNK, piece.part.stop - position), position)
                if not chunk:
                    raise EOFError(f"{self.file.path} became shorter while it was sent")
                position += len(chunk)
                yield chunk
        if self.tail:
            yield self.tail


def read_warm(descriptor: int, size: int, position: int) -> bytes | None:
    """Read what the page cache holds, or None when that would have to wait."""
    if NOWAIT is None:
        return None
    try:
        buffer = _buffers.pop()
    except IndexError:  # the first, or other threads have them
        buffer = bytearray(CHUNK)
    view = memoryview(buffer if size <= CHUNK else bytearray(size))[:size]
    try:
        return bytes(view[: os.preadv(descriptor, [view], position, NOWAIT)])
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):  # file systems without it
            return None
        raise
    finally:
        _buffers.append(buffer)


async def read_at(descriptor: int, size: int, position: int) -> bytes:
    chunk = read_warm(descriptor, size, position)
    if chunk is None:
        chunk = await anyio.to_thread.run_sync(os.pread, descriptor, size, position)
    return chunk


def open_regular(path: str | os.PathLike[str]) -> tuple[OpenFile, os.stat_result]:
    """Open a regular file. Raises NotFound for anything else, and OSError where the system can open no file now."""
    name = os.fspath(path)
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its other end.
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) in EXHAUSTED:  # whether there is such a file, nobody knows
            raise
        raise NotFound("the file does not exist") from error
    status = os.fstat(descriptor)
    file = OpenFile(descriptor, name, status.st_size)
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise NotFound("the file does not exist")
    return file, status


async def prepare_file(response: Response, request: Request) -> Response:
    """Turn ``response.file(path)`` into its final status, headers and body for *request*.

    Raises NotFound, PreconditionFailed and RangeNotSatisfiable.
    """
    path = response.file_path
    assert path is not None  # noqa: S101  # narrows the type; the caller has asked
    file, status = open_regular(path)
    response.complete(describe_file(file.path, status.st_mtime_ns, status.st_size, status.st_ino))
    response.file_path = None
    is_read = request.scope["method"] != "HEAD"
    # What is no success has no conditions and no ranges (RFC 9110 sections 13.2.1 and 14.2).
    if response.status_code != 200 or CHOOSING.isdisjoint(request._fields):
        content = read_warm(file.descriptor, file.size, 0) if is_read and file.size <= INLINE else None
        if content is not None and len(content) == file.size:  # as with nearly every file
            return fill(response, content, file)
        body = whole(file)
    elif is_current(response, request, status.st_mtime):
        return response
    else:
        body = select(response, request, file, status.st_mtime)
    if is_read and body.length <= INLINE:
        return fill(response, await body.read(), file)
    response.file_body = body
    return response


def fill(response: Response, content: bytes, file: OpenFile) -> Response:
    response.content = content
    response.is_plain = response.jobs is None
    file.close()
    return response


def whole(file: OpenFile) -> FileBody:
    return FileBody(file, (Piece(b"", Range(0, file.size)),))


def is_current(response: Response, request: Request, modified: float) -> bool:
    """Whether the client's copy is still good; *response* has become the 304 then. Raises PreconditionFailed."""
    outcome = evaluate(request.method, request.headers, response.headers["etag"], modified)
    if outcome == "failed":
        raise PreconditionFailed("the file is not the version the request asks for")
    if outcome == "not_modified":
        del response.headers["content-type"]
        response.status_code = 304
        return True
    return False


def select(response: Response, request: Request, file: OpenFile, modified: float) -> FileBody:
    """Choose the whole file, one range, or several as multipart/byteranges (RFC 9110 section 14.6)."""
    headers = response.headers
    wanted = request.headers.get("range") if request.method == "GET" else None
    ranges = None
    if wanted is not None and if_range_holds(request.headers.get("if-range"), headers["etag"], modified):
        try:
            ranges = parse_range(wanted, file.size)
        except RangeNotSatisfiable:
            file.close()
            raise
    if ranges is None:
        return whole(file)
    response.status_code = 206
    if len(ranges) == 1:
        headers["content-range"] = f"bytes {ranges[0].start}-{ranges[0].stop - 1}/{file.size}"
        return FileBody(file, (Piece(b"", ranges[0]),))
    boundary = os.urandom(16).hex()
    kind = headers["content-type"]
    headers["content-type"] = f"multipart/byteranges; boundary={boundary}"
    pieces = tuple(Piece(part_head(boundary, kind, part, file.size, index), part) for index, part in enumerate(ranges))
    return FileBody(file, pieces, f"\r\n--{boundary}--\r\n".encode("latin-1"))


def part_head(boundary: str, kind: str, part: Range, size: int, index: int) -> bytes:
    start = "--" if index == 0 else "\r\n--"
    return (
        f"{start}{boundary}\r\ncontent-type: {kind}\r\ncontent-range: bytes {part.start}-{part.stop - 1}/{size}\r\n\r\n"
    ).encode("latin-1")


@functools.lru_cache(maxsize=1024)
def describe_file(path: str, modified: int, size: int, inode: int) -> tuple[tuple[bytes, bytes], ...]:
    """The fields of a file that is as it was when they were last asked for; *modified* is in nanoseconds."""
    return (
        (b"content-type", guess_type(os.path.splitext(path)[1]).encode("ascii")),
        (b"etag", b'"%x-%x-%x"' % (modified, size, inode)),
        (b"last-modified", http_date(modified / 1e9).encode("ascii")),
        (b"accept-ranges", b"bytes"),
    )


def guess_type(suffix: str) -> str:
    kind, encoding = mimetypes.guess_type(f"file{suffix}")
    if kind is None or encoding is not None:  # a .tar.gz is not a tar
        return "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

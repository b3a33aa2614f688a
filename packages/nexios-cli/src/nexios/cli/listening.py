"""The listening socket: bound once, shared by the processes that serve, closed without losing a caller."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import selectors
import socket
import stat
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from nexios.cli.errors import CommandError

# How many connections wait in the kernel while the application is busy or starting; uvicorn's figure.
BACKLOG = 2048
# socket(7); the socket module does not name them.
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: *fd*, a socket somebody else opened, before *uds*, a path, before *host* and *port*."""

    host: str = "127.0.0.1"
    port: int = 8000
    uds: str | None = None
    fd: int | None = None

    def listen(self) -> Listener:
        """Raises CommandError where the address is taken or cannot be had."""
        try:
            if self.fd is not None:
                return Listener(socket.socket(fileno=self.fd), owned=False)
            if self.uds is not None:
                return Listener(_listen_at_path(self.uds))
            return Listener(_listen_at_port(self.host, self.port))
        except OSError as error:
            raise CommandError(self._refusal(error)) from None

    def _refusal(self, error: OSError) -> str:
        if self.fd is not None:
            return f"cannot serve on file descriptor {self.fd}: {error.strerror}"
        if error.errno == errno.EADDRINUSE:
            cure = "stop that one" if self.uds else "stop it or choose another with --port"
            return f"{self} is taken, something listens there already: {cure}"
        # The socket module adds the address it tried, in its own way.
        return f"cannot listen on {self}: {str(error.strerror).partition(' (while')[0]}"

    def __str__(self) -> str:
        if self.uds is not None:
            return self.uds
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket; not *owned* when another program holds it too and will go on listening."""

    sock: socket.socket
    owned: bool = True

    @property
    def is_path(self) -> bool:
        return self.sock.family == getattr(socket, "AF_UNIX", None)

    def duplicate(self) -> socket.socket:
        """Return the same socket for a server that will close it.

        It never blocks, for nobody: the flag is shared by every process that holds the socket, and a worker that
        another one was quicker than would wait in accept(). ``socket.dup()`` sets it back.
        """
        copy = socket.socket(fileno=socket.dup(self.sock.fileno()))
        copy.setblocking(False)
        return copy

    def hold_newcomers(self, *, for_ever: bool = False) -> None:
        """Let nobody new connect until `admit_newcomers`; who has connected already stays in the queue.

        On other systems than Linux, and at a path, newcomers can only be refused *for_ever*, by closing.
        """
        if self.owned and self.is_path and for_ever:
            Path(self.sock.getsockname()).unlink(missing_ok=True)
        elif self.owned and not self.is_path and sys.platform == "linux":
            _drop_syn(self.sock)

    def admit_newcomers(self) -> None:
        if self.owned and not self.is_path and sys.platform == "linux":
            # Perhaps nobody has held them.
            with contextlib.suppress(FileNotFoundError):
                self.sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)

    def has_callers(self) -> bool:
        """Whether somebody has connected and not been accepted."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            return bool(selector.select(0))

    def __str__(self) -> str:
        name = self.sock.getsockname()
        if self.is_path:
            return f"unix:{name}"
        host, port = name[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen_at_port(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)


def _listen_at_path(path: str) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise CommandError("this platform has no Unix sockets: use --host and --port")
    listener = socket.socket(socket.AF_UNIX)
    try:
        _remove_stale(path)
        listener.bind(path)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _remove_stale(path: str) -> None:
    """Remove the socket a killed server left at *path*; one that answers is somebody's."""
    if not (os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode)):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(path) == errno.ECONNREFUSED:
            os.unlink(path)


def _drop_syn(listener: socket.socket) -> None:
    """Have the kernel drop packets that open a connection.

    Closing a listening socket resets the connections in its queue, and new ones enter it until the last moment. A
    filter on SYN lets handshakes under way finish and stops the next: they are retried a second later, and meet the
    successor or a closed port.
    """
    # Classic BPF over the TCP header: the flags are byte 13, SYN is 0x02; keep the packet whole, or none of it.
    load, jump_if_set, answer = 0x30, 0x45, 0x06
    steps = [(load, 0, 0, 13), (jump_if_set, 0, 1, 0x02), (answer, 0, 0, 0), (answer, 0, 0, 0xFFFFFFFF)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(steps), ctypes.addressof(program)))

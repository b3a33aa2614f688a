from __future__ import annotations

import os
import socket
import sys

import pytest

from nexios.cli.listening import Address, Listener


@pytest.fixture
def listener() -> object:
    listener = Address(port=0).listen()
    yield listener
    listener.sock.close()


def connect(listener: Listener) -> socket.socket:
    host, port = listener.sock.getsockname()[:2]
    return socket.create_connection((host, port), timeout=0.3)


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels cannot hold them off")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_newcomers_can_be_held_off_while_who_has_connected_is_let_in(host: str) -> None:
    listener = Address(host, 0).listen()
    with listener.sock, connect(listener) as early:
        early.sendall(b"hello")

        listener.hold_newcomers()

        with pytest.raises(TimeoutError):
            connect(listener)
        assert listener.has_callers()
        accepted, _ = listener.sock.accept()
        with accepted:
            assert accepted.recv(16) == b"hello"
        assert not listener.has_callers()

        listener.admit_newcomers()

        connect(listener).close()


def test_a_socket_of_another_program_goes_on_letting_newcomers_in(listener: Listener) -> None:
    borrowed = Address(fd=listener.sock.dup().detach()).listen()
    with borrowed.sock:
        borrowed.hold_newcomers(for_ever=True)

        connect(listener).close()


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_a_listener_is_shown_as_a_url(host: str, shown: str) -> None:
    listener = Address(host, 0).listen()

    with listener.sock:
        assert str(listener) == f"{shown}{listener.sock.getsockname()[1]}"


def test_every_address_means_those_of_both_families() -> None:
    listener = Address("::", 0).listen()
    with listener.sock, socket.create_connection(("127.0.0.1", listener.sock.getsockname()[1])) as client:
        assert client.getpeername()[0] == "127.0.0.1"


def test_a_duplicate_blocks_nobody_who_shares_the_socket(listener: Listener) -> None:
    with listener.duplicate() as copy:
        assert not os.get_blocking(listener.sock.fileno())
        with pytest.raises(BlockingIOError):
            copy.accept()

"""The guards behind a real server: what is sent is bytes, and the server has read them before."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from nexios.auth import auth, requires
from tests.auth.doors import SPELLINGS, House
from tests.servers import serve

pytestmark = pytest.mark.slow

UPGRADE = (
    "connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


@pytest.fixture(scope="module")
def house() -> House:
    house = House(auth="required")
    house.serve(house.app, "/admin/x", "http", requires(roles="admin")(house.handler("http")))
    house.serve(house.app, "/admin/x", "websocket", auth()(house.handler("websocket")))
    return house


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[tuple[str, int]]:
    with serve(house.app) as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


def status_of(address: tuple[str, int], target: str, *fields: str, method: str = "GET") -> int:
    """The status that the server answers with, on a connection of its own."""
    lines = [f"{method} {target} HTTP/1.1", "host: h", *fields, "", ""]
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        return int(connection.recv(4096).split(b" ", 2)[1])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_every_method_passes_the_guard(address: tuple[str, int], method: str) -> None:
    statuses = [
        status_of(address, "/admin/x", *fields, method=method)
        for fields in ((), ("authorization: Bearer bob",), ("authorization: Bearer ada",))
    ]

    assert statuses == [401, 403, {"GET": 200, "HEAD": 200, "OPTIONS": 204, "POST": 405}[method]]


def test_sockets_pass_it_too(address: tuple[str, int]) -> None:
    statuses = [
        status_of(address, "/admin/x", *UPGRADE, *fields)
        for fields in ((), ("authorization: Bearer forged",), ("authorization: Bearer bob",))
    ]

    assert statuses == [401, 401, 101]


@pytest.mark.parametrize("fields", [(), UPGRADE], ids=["http", "websocket"])
def test_no_spelling_of_the_path_passes_it_by(house: House, address: tuple[str, int], fields: tuple[str, ...]) -> None:
    ran = len(house.ran)

    for target in SPELLINGS:
        assert status_of(address, target, *fields) in (307, 308, 400, 401, 403, 404), target

    assert len(house.ran) == ran


@pytest.mark.parametrize("fields", [(), UPGRADE], ids=["http", "websocket"])
def test_two_authorization_fields_are_refused(address: tuple[str, int], fields: tuple[str, ...]) -> None:
    twice = ("authorization: Bearer ada", "Authorization: Bearer ada")

    assert status_of(address, "/admin/x", *fields, *twice) == 400

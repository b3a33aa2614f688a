from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.auth import AuthenticationFailed, BasicBackend, auth
from nexios.auth.backends.basic import decode
from nexios.exceptions import BadRequest, ConfigurationError
from nexios.testing import TestClient
from tests.auth.doors import OPENED, PROTOCOLS, House, knock

pytestmark = pytest.mark.anyio
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


def encode(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


class Accounts:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def verify(self, name: str, password: str) -> Any:
        self.asked.append((name, password))
        return name == "Ada" and password in ("secret:with:colons", "pässwörd", "")


def make_house(protocol: str) -> tuple[House, Accounts]:
    house, accounts = House(), Accounts()
    house.app.auth_backend = BasicBackend(accounts.verify, realm="house")
    house.serve(house.app, "/", protocol, auth()(house.handler(protocol)))
    return house, accounts


@each_protocol
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
@pytest.mark.parametrize("password", ["secret:with:colons", "pässwörd", ""])
async def test_a_name_and_a_password_are_verified(protocol: str, scheme: str, password: str) -> None:
    house, accounts = make_house(protocol)

    async with TestClient(house.app) as client:
        answer = await knock(client, "/", protocol, authorization=f"{scheme} {encode('Ada:' + password)}")

    assert answer.status_code == (OPENED if protocol != "http" else 200)
    assert accounts.asked == [("Ada", password)]


@each_protocol
@pytest.mark.parametrize(
    ("given", "status", "is_verified"),
    [
        pytest.param(None, 401, False, id="nothing"),
        pytest.param("", 401, False, id="empty"),
        pytest.param("Basic", 401, False, id="the scheme alone"),
        pytest.param("Basic ", 401, False, id="no credentials"),
        pytest.param("Basic    ", 401, False, id="blanks"),
        pytest.param("Basic !!!!", 401, False, id="no base64"),
        pytest.param("Basic QWRh", 401, False, id="no colon"),
        pytest.param("Basic QWRhOg", 401, False, id="no padding"),
        pytest.param("Basic QWRhOg== x", 401, False, id="something behind"),
        pytest.param("Basic QWRh Og==", 401, False, id="a blank within"),
        pytest.param("Basic QWRhOg==\tx", 401, False, id="a tab within"),
        pytest.param(f"Basic {encode(b'Ada:' + bytes([0xFF, 0xFE]))}", 401, False, id="no UTF-8"),
        pytest.param(f"Basic {encode(b'Ada:' + bytes([0xED, 0xA0, 0x80]))}", 401, False, id="a surrogate"),
        pytest.param("Basic " + encode("Ada:se\ncret"), 401, False, id="a line break"),
        pytest.param("Basic " + encode("A\x00da:secret"), 401, False, id="a NUL in the name"),
        pytest.param("Basic " + encode("Ada:\x7f"), 401, False, id="a DEL"),
        pytest.param(f"Basic {encode('Ada:' + 'a' * 1025)}", 400, False, id="a password over the limit"),
        pytest.param(f"Basic {encode('Ada:' + 'a' * 1024)}", 401, True, id="a password at the limit"),
        pytest.param(f"Basic {encode('A' * 13_000 + ':a')}", 401, False, id="16 KiB"),
        pytest.param(f"Basic {encode('Ada:wrong')}", 401, True, id="wrong"),
        pytest.param(f"Bearer {encode('Ada:')}", 401, False, id="another scheme"),
        pytest.param(f"Basic{encode('Ada:')}", 401, False, id="no blank"),
        pytest.param(f"Basic {encode(':')}", 401, True, id="no name"),
    ],
)  # fmt: skip
async def test_what_is_not_right_is_refused(protocol: str, given: str | None, status: int, is_verified: bool) -> None:
    house, accounts = make_house(protocol)

    async with TestClient(house.app) as client:
        answer = await knock(client, "/", protocol, **({} if given is None else {"authorization": given}))

    assert answer.status_code == status
    assert bool(accounts.asked) is is_verified
    assert house.ran == []
    if status == 401:
        assert answer.headers["www-authenticate"] == 'Basic realm="house", charset="UTF-8"'


@pytest.mark.parametrize(
    ("found", "status", "user"),
    [
        (None, 401, None),
        (False, 401, None),
        (True, 200, "Ada"),
        ({"id": 7}, 200, "{'id': 7}"),
        (({"id": 7}, ["a"]), 200, "{'id': 7}"),
        ({}, 500, None),
        ("", 500, None),
    ],
)
async def test_what_verify_returns_decides(found: Any, status: int, user: str | None) -> None:
    house = House()
    house.app.auth_backend = BasicBackend(lambda name, password: found)
    house.app.get("/")(auth()(lambda request: str(request.user)))

    async with TestClient(house.app, raise_server_exceptions=False) as client:
        answer = await client.get("/", auth=("Ada", "x"))

    assert answer.status_code == status
    assert user is None or answer.text == user


@given(st.text(max_size=50), st.text(max_size=50))
def test_every_name_and_password_without_control_characters_is_read_as_it_was_sent(name: str, password: str) -> None:
    is_writable = (name + password).encode("utf-8", "replace").decode() == name + password
    has_controls = any(ord(each) < 0x20 or ord(each) == 0x7F for each in name + password)
    if not is_writable or has_controls or ":" in name:
        return

    assert decode(encode(f"{name}:{password}")) == (name, password)


@given(st.text(alphabet=st.characters(max_codepoint=0xFF), max_size=200))
def test_nothing_makes_the_decoder_fail_otherwise_than_by_refusing(text: str) -> None:
    try:
        decode(text)
    except (AuthenticationFailed, BadRequest):
        return


@pytest.mark.parametrize("realm", ['a"b', "a\\b", "a\r\nb", "é"])
def test_a_realm_that_a_header_cannot_hold_is_an_error(realm: str) -> None:
    with pytest.raises(ConfigurationError, match="a realm is printable ASCII without quotes"):
        BasicBackend(lambda name, password: None, realm=realm)

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.hosts import Host, join_host, parse_host

VALID = {
    "example.com": ("example.com", None),
    "EXAMPLE.com": ("example.com", None),
    "example.com.": ("example.com.", None),
    "localhost:8000": ("localhost", 8000),
    "a:": ("a", None),
    "a:0": ("a", 0),
    "a:00080": ("a", 80),
    "a:65535": ("a", 65535),
    "my_service-1~x": ("my_service-1~x", None),
    "127.0.0.1:80": ("127.0.0.1", 80),
    "[::1]": ("::1", None),
    "[::1]:": ("::1", None),
    "[::1]:8000": ("::1", 8000),
    "[2001:DB8::0:1]": ("2001:db8::1", None),
    "[64:ff9b::1.2.3.4]": ("64:ff9b::102:304", None),
    "a" * 255: ("a" * 255, None),
}

INVALID = [
    "",
    " ",
    ":80",
    "a b",
    " a",
    "a ",
    "a/b",
    "a\\b",
    "a?b",
    "a#b",
    "u@h",
    "u:p@h",
    "evil:fake@legit",
    "a,b",
    "a;b",
    "a'b",
    "a%2fb",
    "é.com",
    "\u212a.com",
    "a\n",
    ".a",
    ".",
    "..",
    "a..b",
    "a" * 256,
    "x:99999",
    "x:65536",
    "x:000080",
    "x:-1",
    "x:+1",
    "x:1_0",
    "x: 80",
    "x:80 ",
    "x:80:80",
    "x:\u0665",
    "x:²",
    "[::1",
    "::1",
    "[]",
    "[",
    "[]:80",
    "[::1]80",
    "[::1]x:80",
    "[::1]:x",
    "[::1]]",
    "[::1%eth0]",
    "[1.2.3.4]",
    "[v1.a]",
    "[" + "0" * 46 + "]",
    "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
]


@pytest.mark.parametrize(("text", "parts"), VALID.items())
def test_a_host_has_a_name_and_perhaps_a_port(text: str, parts: tuple[str, int | None]) -> None:
    assert parse_host(text) == parts


@pytest.mark.parametrize("text", INVALID)
def test_what_is_no_host_has_no_parts(text: str) -> None:
    assert parse_host(text) is None


def test_the_longest_spelling_of_an_address_is_read() -> None:
    text = "0000:0000:0000:0000:0000:fffe:255.255.255.255"

    assert len(text) == 45
    assert parse_host(f"[{text}]") == ("::fffe:ffff:ffff", None)


@pytest.mark.parametrize("text", ["a", "a:80", "a:0", "[::1]", "[::1]:80"])
def test_joining_is_the_inverse_of_parsing(text: str) -> None:
    host = parse_host(text)

    assert host is not None
    assert join_host(*host) == text


@given(st.text(max_size=30) | st.text("[]:.a1%@/", max_size=12))
def test_any_text_is_a_host_that_survives_a_round_trip_or_none(text: str) -> None:
    host = parse_host(text)

    if host is not None:
        assert isinstance(host, Host)
        assert parse_host(join_host(*host)) == host


@pytest.mark.parametrize("atom", ["a", ":", "[", "]", ".", "[:", "1"])
def test_long_hosts_are_refused_in_linear_time(atom: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(parse_host, lambda size: atom * (size // len(atom)))
    assert_linear(parse_host, lambda size: "[" + atom * (size // len(atom)) + "]")
    assert_linear(parse_host, lambda size: "a:" + atom * (size // len(atom)))

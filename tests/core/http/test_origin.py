from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.origin import is_same_origin


@pytest.mark.parametrize(
    ("origin", "scheme", "host", "same"),
    [
        ("https://shop.example", "https", "shop.example", True),
        ("https://SHOP.example:443", "https", "shop.example", True),
        ("http://shop.example", "http", "shop.example:80", True),
        ("https://shop.example", "http", "shop.example", True),  # a proxy took TLS from it
        ("http://shop.example", "https", "shop.example", False),
        ("http://shop.example", "wss", "shop.example", False),
        ("http://shop.example:8000", "http", "shop.example", False),
        ("https://shop.example.evil", "https", "shop.example", False),
        ("https://evilshop.example", "https", "shop.example", False),
        ("https://shop.example@evil.example", "https", "shop.example", False),
        ("null", "https", "shop.example", False),
        ("", "https", "", False),
        ("https://", "https", "", False),
        ("ftp://shop.example", "http", "shop.example", False),
        ("https://[2001:db8::1]", "https", "[2001:DB8::1]:443", True),
    ],
)
def test_a_page_belongs_to_the_host_that_served_it(origin: str, scheme: str, host: str, same: bool) -> None:
    assert is_same_origin(origin, scheme, host) is same


@given(st.text(), st.sampled_from(["http", "https", "ws", "wss"]), st.text())
def test_any_text_belongs_to_a_host_or_not(origin: str, scheme: str, host: str) -> None:
    assert is_same_origin(origin, scheme, host) in (True, False)

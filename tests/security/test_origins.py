from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.security.origins import is_origin, read_origins


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://example.com", "https://example.com"),
        ("HTTPS://Example.COM", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:443", "http://example.com:443"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("api.nexios.hub", "https://api.nexios.hub"),
    ],
)
def test_what_is_listed_is_read_as_browsers_write_it(written: str, origin: str) -> None:
    assert read_origins([written]) == {origin}
    assert is_origin(origin)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "https//localhost:5000",
            "is not an origin: write a scheme and a host alone, such as 'https://localhost:5000'",
        ),
        ("https://example.com/", "such as 'https://example.com'"),
        ("http://example.com/path", "such as 'http://example.com'"),
        ("https://user@example.com", "is not an origin"),
        ("null", "what every sandboxed page sends"),
        ("https://*.example.com", "say which with a pattern, allow_origin_regex="),
        ("", "is not an origin"),
    ],
)
def test_what_no_browser_would_send_is_refused_with_what_was_meant(written: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        read_origins([written])


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "",
        "https://",
        "example.com",
        "https://Example.com",
        "https://example.com/",
        "https://a.example https://b.example",
        "https://a.example, https://b.example",
        "://example.com",
        "https://example.com:",
        "https://user@example.com",
        "https://" + "a" * 400,
    ],
)
def test_what_is_not_one_origin_is_none(text: str) -> None:
    assert not is_origin(text)


@given(st.text())
def test_any_text_is_an_origin_or_not(text: str) -> None:
    if is_origin(text):
        assert read_origins([text]) <= {text, text.removesuffix(":80"), text.removesuffix(":443")}

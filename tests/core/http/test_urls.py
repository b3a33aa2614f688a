from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import BadRequest
from nexios.http.urls import URL, QueryParams, check_location, quote_path, safe_redirect

hostile = st.text("/\\@:?#%[].a \t\n\x00é", max_size=12)
texts = st.text(max_size=20)


def scope(path: str = "/", **rest: Any) -> dict[str, Any]:
    return {"type": "http", "scheme": "http", "path": path, "query_string": b"", **rest}


# --- the URL of a request


def test_the_parts_of_a_request_s_url() -> None:
    url = URL.from_scope(scope("/a b/é", query_string=b"x=1&y=%20"), "Example.com:8000")

    assert (url.scheme, url.hostname, url.port, url.netloc) == ("http", "example.com", 8000, "example.com:8000")
    assert (url.path, url.query, url.fragment) == ("/a b/é", "x=1&y=%20", "")
    assert str(url) == "http://example.com:8000/a%20b/%C3%A9?x=1&y=%20"


@given(path=hostile | texts, host=st.none() | hostile | texts, query=st.binary(max_size=12))
def test_host_and_path_never_move_each_other(path: str, host: str | None, query: bytes) -> None:
    url = URL.from_scope(scope(path, query_string=query), host)

    assert url.path == path
    parts = urlsplit(str(url))
    assert parts.netloc == url.netloc
    assert unquote(parts.path, errors="surrogatepass") == (path if path[:1] in ("", "/") else "/" + path)
    assert parts.query == url.query
    assert parts.fragment == ""


@pytest.mark.parametrize("host", ["a/b", "a?b", "a#b", "u@h", "evil:fake@legit", "[::1", "x:99999", ""])
def test_a_host_that_is_none_is_left_out(host: str) -> None:
    url = URL.from_scope(scope("/x", server=("10.0.0.1", 80)), host)

    assert (url.hostname, url.port, str(url)) == ("", None, "/x")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("@google.com", "http://h/@google.com"),
        (":80", "http://h/:80"),
        ("*", "http://h/*"),
        ("", "http://h"),
        ("//evil.com", "http://h//evil.com"),
        ("/\\evil.com", "http://h/%5Cevil.com"),
        ("/?a#b%20", "http://h/%3Fa%23b%2520"),
        ("/a;v=1,2!$&'()*+~-._", "http://h/a;v=1,2!$&'()*+~-._"),
        ("/\ud800", "http://h/%ED%A0%80"),
    ],
)
def test_a_path_stays_behind_the_host(path: str, text: str) -> None:
    url = URL.from_scope(scope(path), "h")

    assert url.hostname == "h"
    assert str(url) == text


@pytest.mark.parametrize(
    ("server", "scheme", "netloc"),
    [
        (("10.0.0.1", 80), "http", "10.0.0.1"),
        (("10.0.0.1", 443), "http", "10.0.0.1:443"),
        (("10.0.0.1", 443), "https", "10.0.0.1"),
        (("10.0.0.1", 80), "ws", "10.0.0.1"),
        (("10.0.0.1", 443), "wss", "10.0.0.1"),
        (("::1", 8000), "http", "[::1]:8000"),
        (("a b", 8000), "http", ""),
        (("/run/app.sock", None), "http", ""),
        (None, "http", ""),
    ],
)
def test_without_a_host_the_address_of_the_server_is_used(
    server: tuple[str, int | None] | None, scheme: str, netloc: str
) -> None:
    assert URL.from_scope(scope(server=server, scheme=scheme), None).netloc == netloc


def test_scheme_server_and_query_are_optional_in_a_scope() -> None:
    assert str(URL.from_scope({"path": "/"}, "h")) == "http://h/"
    assert str(URL.from_scope({"path": "/"}, None)) == "/"


def test_a_query_is_encoded_where_the_client_forgot_to() -> None:
    url = URL.from_scope(scope(query_string=b'q=\xc3\xa9 "#<\r\n'), "h")

    assert str(url) == "http://h/?q=%C3%A9%20%22%23%3C%0D%0A"


def test_an_ipv6_host_has_brackets_in_the_text_only() -> None:
    url = URL.from_scope(scope(), "[::1]:80")

    assert (url.hostname, url.port, str(url)) == ("::1", 80, "http://[::1]:80/")


def test_components_are_exchanged_in_a_copy() -> None:
    url = URL.from_scope(scope("/a", query_string=b"x=1"), "h:1")

    changed = url.replace(scheme="https", hostname="e.com", port=None, path="/b", query="y=é", fragment="top of")

    assert str(changed) == "https://e.com/b?y=%C3%A9#top%20of"
    assert str(url) == "http://h:1/a?x=1"


def test_a_url_without_a_scheme_follows_the_one_it_stands_on() -> None:
    assert str(URL(hostname="h", path="/x")) == "//h/x"


def test_a_url_of_nothing_is_empty() -> None:
    assert str(URL()) == ""
    assert URL() == URL("", "", None, "", "", "")


def test_urls_are_values() -> None:
    assert URL(path="/x") == URL(path="/x")
    assert len({URL(path="/x"), URL(path="/x"), URL(path="/y")}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        URL().path = "/x"  # type: ignore[misc]


@pytest.mark.parametrize("scheme", ["http:", "a/b", "HTTP", "X", "a b", "é", "a\n"])
def test_a_scheme_that_would_move_the_host_is_refused(scheme: str) -> None:
    with pytest.raises(ValueError, match="is not the scheme of a URL") as caught:
        URL(scheme, "h")

    assert repr(scheme) in str(caught.value)


@pytest.mark.parametrize(
    ("hostname", "port"),
    [("a/b", None), ("u@h", None), ("a:80", None), ("h", 65_536), ("h", -1), ("", 80), ("[::1]", None)],
)
def test_a_host_that_would_move_the_path_is_refused(hostname: str, port: int | None) -> None:
    with pytest.raises(ValueError, match="is not a host with an optional port: write"):
        URL("http", hostname, port)


# --- paths


@given(texts | hostile)
def test_a_quoted_path_is_a_reference_to_the_same_host(path: str) -> None:
    quoted = quote_path(path)

    parts = urlsplit(quoted)
    assert quoted.isascii()
    assert quoted == "" or quoted.startswith("/")
    assert not quoted.startswith(("//", "/\\"))
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote(quoted, errors="surrogatepass") == (path if path[:1] in ("", "/") else "/" + path)


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("/items/7", "/items/7"),
        ("//evil.com/", "/%2Fevil.com/"),
        ("///evil.com", "/%2F/evil.com"),
        ("/\\evil.com", "/%5Cevil.com"),
        ("/\t/evil.com", "/%09/evil.com"),
        ("javascript:alert(1)", "/javascript:alert(1)"),
        ("/a//b", "/a//b"),
        ("", ""),
    ],
)
def test_no_path_leads_to_another_host(path: str, quoted: str) -> None:
    assert quote_path(path) == quoted


# --- queries


def test_a_field_is_read_by_name() -> None:
    query = QueryParams(b"a=1&b=2&c")

    assert (query["a"], query.get("b"), query["c"]) == ("1", "2", "")
    assert (query.get("d"), query.get("d", "x"), query.get("d", default=5)) == (None, "x", 5)
    assert "a" in query
    assert "d" not in query
    with pytest.raises(KeyError, match="d"):
        query["d"]


def test_the_first_of_several_fields_counts_and_all_can_be_had() -> None:
    query = QueryParams(b"a=1&b=2&a=3")

    assert query["a"] == "1"
    assert query.getlist("a") == ["1", "3"]
    assert query.getlist("d") == []
    assert query.multi_items() == [("a", "1"), ("b", "2"), ("a", "3")]
    assert (dict(query), len(query), list(query)) == ({"a": "1", "b": "2"}, 2, ["a", "b"])


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("&", []),
        ("&&a=1&&", [("a", "1")]),
        ("a=1&", [("a", "1")]),
        ("&a=1", [("a", "1")]),
        ("=1&a=2", [("", "1"), ("a", "2")]),
        ("a=1;b=2", [("a", "1;b=2")]),
        ("a=b=c", [("a", "b=c")]),
        ("=v", [("", "v")]),
        ("=", [("", "")]),
        ("a", [("a", "")]),
        ("a[]=1&a[b][c]=2", [("a[]", "1"), ("a[b][c]", "2")]),
        ("a+b=c+d", [("a b", "c d")]),
        ("a%20b=c%2Bd", [("a b", "c+d")]),
        ("a%26b=1%3D2", [("a&b", "1=2")]),
        ("a=%2541", [("a", "%41")]),
        ("a=%zz%4&b=%", [("a", "%zz%4"), ("b", "%")]),
        ("q=%C3%A9&r=é", [("q", "é"), ("r", "é")]),
        ("q=é%C3%A9", [("q", "éé")]),
    ],
)
def test_a_query_is_decoded_once_and_only_the_ampersand_separates(text: str, items: list[tuple[str, str]]) -> None:
    for query in (QueryParams(text), QueryParams(text.encode())):
        assert query.multi_items() == items
        assert dict(query) == query.first == dict(reversed(items))
        assert len(query) == len(query.first)


@given(st.lists(st.tuples(texts, texts).filter(any), max_size=6))
def test_every_field_survives_a_round_trip(items: list[tuple[str, str]]) -> None:
    query = QueryParams(urlencode(items))

    assert query.multi_items() == items
    for name, _ in items:
        assert query[name] == query.getlist(name)[0] == next(value for other, value in items if other == name)


@pytest.mark.parametrize("query", [b"a=\xff", b"a=%ff", b"%ff=a", b"a=%ED%A0%80", b"a=%C3", "a=\ud800%20"])
def test_what_is_not_utf_8_is_refused(query: bytes | str) -> None:
    with pytest.raises(BadRequest, match="The query is not UTF-8"):
        QueryParams(query)


@pytest.mark.parametrize("field", ["a=1", "a%20b=+", ""])
def test_the_limit_counts_fields(field: str) -> None:
    assert len(QueryParams("&".join([field] * 1_000)).multi_items()) == (1_000 if field else 0)
    assert len(QueryParams("a&b", limit=2)) == 2
    with pytest.raises(BadRequest, match="more than 1000 fields"):
        QueryParams("&".join([field] * 1_001))
    with pytest.raises(BadRequest, match="more than 2 fields"):
        QueryParams("a&b&c", limit=2)


@given(st.binary(max_size=20) | st.text("a=&%+2;é", max_size=20).map(str.encode))
def test_any_query_is_read_or_refused(query: bytes) -> None:
    with contextlib.suppress(BadRequest):
        assert all(QueryParams(query).getlist(name) for name in QueryParams(query))


def test_queries_are_compared_with_every_field() -> None:
    assert QueryParams("a=1&a=2") == QueryParams(b"a=1&a=2")
    assert QueryParams("a=1&a=2") != QueryParams("a=1")
    assert QueryParams("a=1&a=2") == {"a": "1"}
    assert repr(QueryParams("a=1")) == "QueryParams([('a', '1')])"
    assert QueryParams() == {}


@pytest.mark.parametrize("atom", ["&", "a&", "=", "%", "+", "%2", "%20", "é", "%C3%A9", "a=b&", "%&"])
def test_a_long_query_is_read_in_linear_time(atom: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(QueryParams, lambda size: (atom * (size // len(atom))).encode())
    assert_linear(
        QueryParams, lambda size: ("&".join([atom.rstrip("&") * (size // 1_000 // len(atom))] * 1_000)).encode()
    )


# --- where answers send clients


STAYS = [
    "/",
    "/next",
    "/a b?x=1#f",
    "/a//b",
    "/%2f%2fevil.com",
    "/%5cevil.com",
    "/%09/evil.com",
    "/@evil.com",
    "/x?u=https://evil.com",
    "/é",
    "https://example.com",
    "https://example.com/",
    "https://EXAMPLE.com:443/x",
    "HTTPS://example.com/x",
    "http://example.com?x",
    "http://example.com#x",
    "http://example.com:80/",
    "https://example.com/@evil.com",
    "http://[::1]/",
    "https://other.com:8443/x",
]

LEAVES = [
    "",
    "next",
    "?x=1",
    "//e",
    "///e",
    "//example.com",
    "/\\e",
    "\\\\e",
    "\\/e",
    "/x\\y",
    "https:e",
    "https:/e",
    "https:example.com",
    "javascript:alert(1)",
    "javascript://example.com/%0aalert(1)",
    "data:text/html,x",
    "ftp://example.com/",
    "ws://example.com/",
    "://example.com/",
    " //e",
    " /x",
    "\t//e",
    "/\t/e",
    "/\n/e",
    "/x\r\nset-cookie: a=b",
    "/x\x00",
    "/x\x7f",
    "/x\x85",
    "/x\u2028",
    "http:///e",
    "http:////e",
    "https://",
    "https://evil.com",
    "https://example.com.evil.com/",
    "https://evilexample.com/",
    "https://example.com.",
    "https://user@example.com/",
    "https://example.com@evil.com/",
    "https://example.com:8443/",
    "https://example.com:0/",
    "https://example.com:80/",
    "https://other.com/",
    "https://other.com:443/",
    "https://example.com\\@evil.com/",
    "https://example.com%2eevil.com/",
    " https://example.com/",
    "http://[::1",
    "http://[::2]/",
    "https://\u212aexample.com",
]
ALLOWED = ["Example.com", "other.com:8443", "[::1]", "not a host"]


@pytest.mark.parametrize("url", STAYS)
def test_a_safe_target_is_kept(url: str) -> None:
    assert safe_redirect(url, ALLOWED) == url


@pytest.mark.parametrize("url", LEAVES)
def test_an_unsafe_target_is_replaced(url: str) -> None:
    assert safe_redirect(url, ALLOWED) == "/"
    assert safe_redirect(url, ALLOWED, fallback="/home") == "/home"


def test_without_allowed_hosts_no_absolute_url_is_safe() -> None:
    assert safe_redirect("https://example.com/") == "/"
    assert safe_redirect("/x") == "/x"


@given(hostile | texts)
def test_a_safe_target_never_names_a_host(url: str) -> None:
    target = safe_redirect(url, fallback="/fallback")

    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert urlsplit(target).netloc == ""


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("/x?a=1&b=%20#f", "/x?a=1&b=%20#f"),
        ("https://[::1]:80/~a/@b:c;d,e!$'()*+", "https://[::1]:80/~a/@b:c;d,e!$'()*+"),
        ("/é", "/%C3%A9"),
        ("/a b", "/a%20b"),
        ('/"<>', "/%22%3C%3E"),
        ("/\\evil.com", "/%5Cevil.com"),
        ("/\u202e\xa0", "/%E2%80%AE%C2%A0"),
        ("", ""),
    ],
)
def test_a_location_is_percent_encoded(url: str, written: str) -> None:
    assert check_location(url) == written


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029])
def test_a_control_character_in_a_location_is_refused(code: int) -> None:
    with pytest.raises(ValueError, match="percent-encode it or leave it out") as caught:
        check_location(f"/a{chr(code)}b")

    assert ascii(chr(code)) in str(caught.value)


def test_a_lone_surrogate_in_a_location_is_refused() -> None:
    with pytest.raises(ValueError, match="has a lone surrogate"):
        check_location("/\ud800")


@pytest.mark.parametrize("atom", ["/", "\\", ":", "://", "a", "é", "%", "@", "#", "?", "\n"])
def test_a_long_target_is_checked_in_linear_time(atom: str, assert_linear: Callable[..., None]) -> None:
    for parse in (lambda url: safe_redirect(url, ALLOWED), check_location, quote_path):
        assert_linear(parse, lambda size: atom * (size // len(atom)))
        assert_linear(parse, lambda size: "https://" + atom * (size // len(atom)))

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.cookies import parse_cookies, set_cookie_header
from nexios.http.headers import TOKEN_CHARACTERS

octets = "".join(map(chr, {*range(0x21, 0x7F)} - set(map(ord, '",;\\'))))
names = st.text(TOKEN_CHARACTERS.decode("ascii"), min_size=1, max_size=12)
values = st.text(octets, max_size=20)

# --- what a client sends


@pytest.mark.parametrize(
    ("lines", "cookies"),
    [
        ([], {}),
        ([""], {}),
        (["a=1"], {"a": "1"}),
        (["a=1; b=2;c=3 ;  d = 4"], {"a": "1", "b": "2", "c": "3", "d": "4"}),
        (["a=1", "b=2"], {"a": "1", "b": "2"}),
        (["a=1; a=2", "a=3"], {"a": "1"}),
        (["a=; a=2"], {"a": ""}),
        (["a=b=c=="], {"a": "b=c=="}),
        (["a"], {}),
        (["=v"], {}),
        (["=; ;;=; b=2"], {"b": "2"}),
        (["a; b=2"], {"b": "2"}),
        (['a="1"; b="; c="1'], {"a": "1", "b": '"', "c": '"1'}),
        (['a=""; b=" x "; c=1"'], {"a": "", "b": " x ", "c": '1"'}),
        (['a="1;2"; b=3'], {"a": '"1', "b": "3"}),
        (['a="\\073\\"x"'], {"a": '\\073\\"x'}),
        (["\ta\t=\t1\t"], {"a": "1"}),
        (["A=1; a=2"], {"A": "1", "a": "2"}),
        (["a=%20+"], {"a": "%20+"}),
        (['$Version=1; a=2; $Path="/"'], {"$Version": "1", "a": "2", "$Path": "/"}),
    ],
)
def test_cookies_are_read_by_name_and_the_first_counts(lines: list[str], cookies: dict[str, str]) -> None:
    assert parse_cookies(lines) == cookies


@pytest.mark.parametrize("blank", ["\xa0", "\x85", "\u2003", "\x1f"])
def test_no_odd_blank_makes_a_prefixed_name(blank: str) -> None:
    assert parse_cookies([f"{blank}__Host-id=evil; __Host-id{blank}=evil; __Host-id=1"])["__Host-id"] == "1"


def test_a_thousand_cookies_are_read_and_no_more() -> None:
    pairs = [f"c{number}=v" for number in range(1_002)]

    for lines in (["; ".join(pairs)], pairs, ["; ".join(pairs[:600]), "; ".join(pairs[600:])]):
        cookies = parse_cookies(lines)
        assert len(cookies) == 1_000
        assert cookies["c999"] == "v"


@given(st.dictionaries(names, values, max_size=6))
def test_every_cookie_survives_a_round_trip(cookies: dict[str, str]) -> None:
    sent = "; ".join(
        set_cookie_header(name, value, path=None, samesite=None, secure=True, httponly=True).decode().partition(";")[0]
        for name, value in cookies.items()
        if not name.lower().startswith("__host-")
    )

    read = parse_cookies([sent])

    assert read == {name: value for name, value in cookies.items() if not name.lower().startswith("__host-")}


@given(st.lists(st.text('a=;" \t\\é', max_size=20), max_size=3))
def test_any_text_is_read(lines: list[str]) -> None:
    assert "" not in parse_cookies(lines)


@pytest.mark.parametrize("atom", ["\\", '"', '"\\', ";", "=", " ", "a", "a=;", "a;", '="', "a=1;"])
@pytest.mark.parametrize("start", ["", 'a="', "a="])
def test_a_long_header_is_read_in_linear_time(atom: str, start: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(lambda text: parse_cookies([text]), lambda size: start + atom * (size // len(atom)))


def test_a_hundred_thousand_cookies_are_read_in_linear_time(assert_linear: Callable[..., None]) -> None:
    assert_linear(parse_cookies, lambda size: ["a=1"] * (100_000 * size // 65_536))
    assert_linear(parse_cookies, lambda size: [f"a{number}=1" for number in range(size // 4)])


# --- what an answer sets

AT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ({}, "; Path=/; SameSite=Lax"),
        ({"path": None, "samesite": None}, ""),
        ({"path": "/a%20b"}, "; Path=/a%20b; SameSite=Lax"),
        ({"max_age": 0}, "; Max-Age=0; Path=/; SameSite=Lax"),
        ({"max_age": 3600}, "; Max-Age=3600; Path=/; SameSite=Lax"),
        ({"expires": AT}, "; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Path=/; SameSite=Lax"),
        (
            {"expires": AT.astimezone(timezone(timedelta(hours=5)))},
            "; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Path=/; SameSite=Lax",
        ),
        ({"domain": "Example.com"}, "; Path=/; Domain=example.com; SameSite=Lax"),
        ({"domain": ".example.com"}, "; Path=/; Domain=example.com; SameSite=Lax"),
        ({"samesite": "strict"}, "; Path=/; SameSite=Strict"),
        ({"samesite": "Strict"}, "; Path=/; SameSite=Strict"),
        ({"samesite": "none", "secure": True}, "; Path=/; Secure; SameSite=None"),
        ({"httponly": True}, "; Path=/; HttpOnly; SameSite=Lax"),
        ({"secure": True, "partitioned": True}, "; Path=/; Secure; SameSite=Lax; Partitioned"),
        (
            {"max_age": 1, "expires": AT, "domain": "a", "secure": True, "httponly": True, "partitioned": True},
            "; Max-Age=1; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Path=/; Domain=a; Secure; HttpOnly; SameSite=Lax"
            "; Partitioned",
        ),
    ],
)
def test_a_cookie_is_written_with_its_attributes(attributes: dict[str, Any], written: str) -> None:
    for _ in range(2):
        assert set_cookie_header("id", "a1", **attributes) == b"id=a1" + written.encode()


FORBIDDEN = [*range(0x21), 0x22, 0x2C, 0x3B, 0x5C, 0x7F, 0x80, 0x85, 0xA0, 0xFF, 0x2028, 0xD800, 0x1F600]


@pytest.mark.parametrize("code", FORBIDDEN)
def test_a_character_that_separates_or_cannot_be_sent_is_refused_everywhere(code: int) -> None:
    odd = chr(code)

    with pytest.raises(ValueError, match="is not a cookie name: use"):
        set_cookie_header(f"i{odd}d", "a")
    with pytest.raises(ValueError, match=r"^the value of cookie 'id' has .* at position 6: encode it") as caught:
        set_cookie_header("id", f"secret{odd}")
    with pytest.raises(ValueError, match=r"^the path of a cookie has .* at position 1"):
        set_cookie_header("id", "a", path=f"/{odd}")
    with pytest.raises(ValueError, match="is not the name of a host"):
        set_cookie_header("id", "a", domain=f"a{odd}b")
    with pytest.raises(ValueError, match="is unknown: use 'lax'"):
        set_cookie_header("id", "a", samesite=f"lax{odd}")  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)
    assert ascii(odd) in str(caught.value)


@pytest.mark.parametrize("name", ["", "a=b", "a b", "a;b", "a[0]", "é"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a cookie name") as caught:
        set_cookie_header(name, "a")

    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("max_age", [-1, True, 1.5, "60", "60; Domain=evil.com"])
def test_a_max_age_that_is_no_number_of_seconds_is_refused(max_age: Any) -> None:
    set_cookie_header("id", "a", max_age=1)

    with pytest.raises(ValueError, match=r"max_age .* is not a number of seconds") as caught:
        set_cookie_header("id", "a", max_age=max_age)

    assert repr(max_age) in str(caught.value)


@pytest.mark.parametrize("expires", ["Wed, 02 Jan 2030 03:04:05 GMT", 5, "a\r\nb"])
def test_an_expiry_that_is_no_datetime_is_refused(expires: Any) -> None:
    with pytest.raises(ValueError, match="is not a datetime: use"):
        set_cookie_header("id", "a", expires=expires)


def test_an_expiry_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        set_cookie_header("id", "a", expires=AT.replace(tzinfo=None))


@pytest.mark.parametrize("path", ["", "a", "a/", "/" + "a" * 1_024])
def test_a_path_that_browsers_would_ignore_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="must begin with / and have at most 1024"):
        set_cookie_header("id", "a", path=path)


def test_the_longest_path_that_browsers_keep_is_written() -> None:
    assert len(set_cookie_header("id", "a", path="/" + "a" * 1_023, samesite=None)) == len("id=a; Path=") + 1_024


@pytest.mark.parametrize("domain", ["", ".", "..a", "a:80", "a:", "[::1]", "a/b", "u@h", "*.a"])
def test_a_domain_that_is_no_name_is_refused(domain: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a host") as caught:
        set_cookie_header("id", "a", domain=domain)

    assert repr(domain) in str(caught.value)


@pytest.mark.parametrize("samesite", ["", "no", 5])
def test_an_unknown_samesite_is_refused(samesite: Any) -> None:
    with pytest.raises(ValueError, match="is unknown: use 'lax', 'strict', 'none' or None"):
        set_cookie_header("id", "a", samesite=samesite)


def test_what_browsers_accept_only_over_tls_needs_secure() -> None:
    with pytest.raises(ValueError, match="samesite='none' needs secure=True"):
        set_cookie_header("id", "a", samesite="none")
    with pytest.raises(ValueError, match="a partitioned cookie needs secure=True"):
        set_cookie_header("id", "a", partitioned=True)


@pytest.mark.parametrize("prefix", ["__Secure-", "__Host-", "__Http-", "__Host-Http-", "__HOST-", "__secure-"])
def test_a_prefix_needs_secure(prefix: str) -> None:
    with pytest.raises(ValueError, match=f"cookie '{prefix}id' needs secure=True, because its name begins with __"):
        set_cookie_header(f"{prefix}id", "a", httponly=True)


@pytest.mark.parametrize("prefix", ["__Host-", "__Host-Http-", "__hOST-"])
@pytest.mark.parametrize("attributes", [{"domain": "a"}, {"path": "/a"}, {"path": None}, {"path": "//"}])
def test_a_host_prefix_needs_the_root_path_and_no_domain(prefix: str, attributes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs path='/' and no domain, because its name begins with __Host-"):
        set_cookie_header(f"{prefix}id", "a", secure=True, httponly=True, **attributes)


@pytest.mark.parametrize("prefix", ["__Http-", "__Host-Http-"])
def test_an_http_prefix_needs_httponly(prefix: str) -> None:
    with pytest.raises(ValueError, match=f"needs httponly=True, because its name begins with {prefix}"):
        set_cookie_header(f"{prefix}id", "a", secure=True)


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("__Host-id", {"secure": True}),
        ("__Secure-id", {"secure": True, "domain": "a", "path": "/a"}),
        ("__Http-id", {"secure": True, "httponly": True, "path": "/a"}),
        ("__Host-Http-id", {"secure": True, "httponly": True}),
        ("__id", {}),
        ("a__Host-id", {}),
        ("__Hos", {}),
    ],
)
def test_a_prefix_that_is_honoured_is_accepted(name: str, attributes: dict[str, Any]) -> None:
    assert set_cookie_header(name, "a", **attributes).startswith(name.encode() + b"=a; Path=/")


def test_a_name_and_value_of_4096_bytes_is_the_most() -> None:
    assert set_cookie_header("id", "v" * 4_094)
    with pytest.raises(ValueError, match="cookie 'id' has 4097 bytes, browsers keep 4096"):
        set_cookie_header("id", "v" * 4_095)


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_whatever_is_accepted_reads_back_as_one_cookie(name: str, value: str, path: str, domain: str) -> None:
    try:
        written = set_cookie_header(name, value, path=path, domain=domain).decode("ascii")
    except ValueError:
        return
    assert written == f"{name}={value}; Path={path}; Domain={domain.removeprefix('.').lower()}; SameSite=Lax"
    assert written.count(";") == 3
    assert written.isprintable()

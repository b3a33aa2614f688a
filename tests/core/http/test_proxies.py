from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import ConfigurationError
from nexios.http.headers import Headers
from nexios.http.proxies import Forwarded, TrustedProxies

PROXY = "10.0.0.1"
ONE = TrustedProxies(["10.0.0.0/8"])
TWO = TrustedProxies(["10.0.0.0/8"], hops=2)
THREE = TrustedProxies(["10.0.0.0/8"], hops=3)
STANDARD = TrustedProxies(["10.0.0.0/8"], header="forwarded")
STANDARD_TWO = TrustedProxies(["10.0.0.0/8"], 2, header="forwarded")


def sent(*lines: tuple[str, str]) -> Headers:
    return Headers([(name.encode(), value.encode("latin-1")) for name, value in lines])


def client(proxies: TrustedProxies, *values: str, name: str = "x-forwarded-for") -> str | None:
    forwarded = proxies.resolve(PROXY, sent(*((name, value) for value in values)))
    return forwarded.client if forwarded else None


# --- who is believed


@pytest.mark.parametrize(
    "peer", ["192.0.2.1", "11.0.0.1", "::1", None, "", "testclient", "10.0.0.1%eth0", "10.0.0.1:80", "1" * 50]
)
def test_a_peer_that_is_not_trusted_is_not_believed(peer: str | None) -> None:
    headers = sent(("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.com"))

    assert ONE.resolve(peer, headers) is None


@pytest.mark.parametrize(
    ("networks", "peer"),
    [
        (["10.0.0.0/8"], "10.255.255.255"),
        (["10.0.0.1"], "10.0.0.1"),
        (["10.0.0.0/8"], "::ffff:10.0.0.1"),
        (["192.0.2.0/24", "fd00::/8"], "fd00::1"),
        (["0.0.0.0/0"], "8.8.8.8"),
        (["unix"], None),
        (["unix"], ""),
        (["unix", "10.0.0.0/8"], "10.0.0.1"),
    ],
)
def test_a_peer_of_a_trusted_network_is_believed(networks: list[str], peer: str | None) -> None:
    headers = sent(("x-forwarded-for", "1.2.3.4"))

    assert TrustedProxies(networks).resolve(peer, headers) == Forwarded("1.2.3.4", None, None)


def test_trusting_the_unix_socket_trusts_no_address() -> None:
    assert TrustedProxies(["unix"]).resolve("10.0.0.1", sent(("x-forwarded-for", "1.2.3.4"))) is None


def test_a_trusted_peer_that_says_nothing_tells_nothing() -> None:
    headers = sent(("x-real-ip", "1.2.3.4"), ("x-forwarded-prefix", "/x"), ("forwarded", "for=1.2.3.4"))

    assert ONE.resolve(PROXY, headers) is None
    assert STANDARD.resolve(PROXY, sent(("x-forwarded-for", "1.2.3.4"))) is None


def test_look_alike_names_are_not_read() -> None:
    assert ONE.resolve(PROXY, sent(("x_forwarded_for", "1.2.3.4"), ("x_forwarded_proto", "https"))) is None


# --- X-Forwarded-For


@pytest.mark.parametrize(
    ("proxies", "values", "found"),
    [
        (ONE, ["1.2.3.4"], "1.2.3.4"),
        (ONE, ["9.9.9.9, 1.2.3.4"], "1.2.3.4"),
        (ONE, ["9.9.9.9,1.2.3.4"], "1.2.3.4"),
        (ONE, ["9.9.9.9", "1.2.3.4"], "1.2.3.4"),
        (ONE, ["nonsense, 1.2.3.4"], "1.2.3.4"),
        (ONE, ["1.2.3.4, 10.0.0.9"], "10.0.0.9"),
        (TWO, ["1.2.3.4"], "1.2.3.4"),
        (TWO, ["9.9.9.9, 1.2.3.4, 10.0.0.9"], "1.2.3.4"),
        (TWO, ["9.9.9.9, 1.2.3.4"], "1.2.3.4"),
        (TWO, ["1.2.3.4, 10.0.0.8, 10.0.0.9"], "10.0.0.8"),
        (TWO, ["10.0.0.9"], "10.0.0.9"),
        (THREE, ["9.9.9.9, 1.2.3.4, 10.0.0.8, 10.0.0.9"], "1.2.3.4"),
        (THREE, ["9.9.9.9, 1.2.3.4, 10.0.0.9"], "1.2.3.4"),
        (THREE, ["10.0.0.7, 10.0.0.8, 10.0.0.9"], "10.0.0.7"),
        (TWO, ["1.2.3.4, ::ffff:10.0.0.9"], "1.2.3.4"),
        (ONE, ["2001:DB8::0:1"], "2001:db8::1"),
        (ONE, ["0000:0000:0000:0000:0000:fffe:255.255.255.255"], "::fffe:ffff:ffff"),
        (ONE, ["::ffff:1.2.3.4"], "1.2.3.4"),
        (ONE, ["\t1.2.3.4\t"], "1.2.3.4"),
        (ONE, [", ".join(["9.9.9.9"] * 99 + ["1.2.3.4"])], "1.2.3.4"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_proxy(
    proxies: TrustedProxies, values: list[str], found: str
) -> None:
    assert client(proxies, *values) == found


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "unknown",
        "1.2.3.4:80",
        "[2001:db8::1]",
        "[2001:db8::1]:80",
        '"1.2.3.4"',
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3.4 5.6.7.8",
        "\u00b2.2.3.4",
        "fe80::1%eth0",
        "::" + "0" * 50,
        "1.2.3.4, x",
        "1.2.3.4X",
        ", ".join(["1.2.3.4"] * 101),
        ", ".join(["1.2.3.4"] * 10_000),
    ],
)
def test_where_the_nearest_entry_is_malformed_the_peer_is_the_client(value: str) -> None:
    headers = sent(("x-forwarded-for", value), ("x-forwarded-proto", "https"))

    assert ONE.resolve(PROXY, headers) is None
    assert TWO.resolve(PROXY, headers) is None


@pytest.mark.parametrize("value", ["x, 10.0.0.9", ":1, 10.0.0.9"])
def test_where_a_further_entry_that_counts_is_malformed_the_peer_is_the_client(value: str) -> None:
    assert TWO.resolve(PROXY, sent(("x-forwarded-for", value))) is None


@pytest.mark.parametrize("value", ["", " ", "1.2.3.4, ", ","])
def test_an_empty_entry_names_no_client(value: str) -> None:
    headers = sent(("x-forwarded-for", value), ("x-forwarded-proto", "https"))

    for proxies in (ONE, TWO):
        assert proxies.resolve(PROXY, headers) == Forwarded(None, "https", None)


# --- X-Forwarded-Proto and -Host


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([("x-forwarded-proto", "https")], Forwarded(None, "https", None)),
        ([("x-forwarded-proto", "HTTP")], Forwarded(None, "http", None)),
        ([("x-forwarded-proto", "wss")], Forwarded(None, "https", None)),
        ([("x-forwarded-proto", "ws")], Forwarded(None, "http", None)),
        ([("x-forwarded-proto", "http, https")], Forwarded(None, "https", None)),
        ([("x-forwarded-host", "Example.com")], Forwarded(None, None, "example.com")),
        ([("x-forwarded-host", "example.com:8443")], Forwarded(None, None, "example.com:8443")),
        ([("x-forwarded-host", "[::1]:80")], Forwarded(None, None, "[::1]:80")),
        ([("x-forwarded-host", "evil.com, example.com")], Forwarded(None, None, "example.com")),
        (
            [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "a.com")],
            Forwarded("1.2.3.4", "https", "a.com"),
        ),
        ([("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "")], Forwarded("1.2.3.4", None, None)),
    ],
)
def test_scheme_and_host_come_from_the_proxy_too(lines: list[tuple[str, str]], found: Forwarded) -> None:
    assert ONE.resolve(PROXY, sent(*lines)) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-forwarded-proto", "javascript"),
        ("x-forwarded-proto", "https://evil.com"),
        ("x-forwarded-proto", "https, x"),
        ("x-forwarded-host", "a/b"),
        ("x-forwarded-host", "u@h"),
        ("x-forwarded-host", "a:99999"),
        ("x-forwarded-host", '"a"'),
        ("x-forwarded-proto", "https," * 101),
        ("x-forwarded-host", "a.com," * 101),
    ],
)
def test_nothing_is_believed_where_scheme_or_host_is_malformed(name: str, value: str) -> None:
    assert ONE.resolve(PROXY, sent(("x-forwarded-for", "1.2.3.4"), (name, value))) is None


@pytest.mark.parametrize(
    ("clients", "schemes", "scheme"),
    [
        ("1.2.3.4, 10.0.0.9", "https, http", "https"),
        ("1.2.3.4, 10.0.0.9", "x, https, http", "https"),
        ("1.2.3.4, 10.0.0.9", "https", "https"),
        ("9.9.9.9, 1.2.3.4", "https, http", "http"),
        ("10.0.0.9", "https, http", "http"),
    ],
)
def test_scheme_and_host_are_what_the_outermost_trusted_proxy_saw(clients: str, schemes: str, scheme: str) -> None:
    headers = sent(("x-forwarded-for", clients), ("x-forwarded-proto", schemes))

    forwarded = TWO.resolve(PROXY, headers)

    assert forwarded is not None
    assert forwarded.scheme == scheme


# --- Forwarded (RFC 7239)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("for=1.2.3.4", Forwarded("1.2.3.4", None, None)),
        ("For=1.2.3.4;PROTO=HTTPS;host=a.com;by=10.0.0.1", Forwarded("1.2.3.4", "https", "a.com")),
        ('for="1.2.3.4:80"', Forwarded("1.2.3.4", None, None)),
        ('for="1.2.3.4:_port"', Forwarded("1.2.3.4", None, None)),
        ('for="[2001:db8::1]"', Forwarded("2001:db8::1", None, None)),
        ('for="[2001:db8::1]:4711"', Forwarded("2001:db8::1", None, None)),
        ('for="[::ffff:1.2.3.4]"', Forwarded("1.2.3.4", None, None)),
        ('host="a.com:8443"', Forwarded(None, None, "a.com:8443")),
        ("proto=https", Forwarded(None, "https", None)),
        ("for=9.9.9.9, for=1.2.3.4;proto=https", Forwarded("1.2.3.4", "https", None)),
        ('for="x,y;z", for=1.2.3.4', Forwarded("1.2.3.4", None, None)),
        ("for=1.2.3.4, proto=https", Forwarded(None, "https", None)),
        ("nonsense, for=x, for=1.2.3.4", Forwarded("1.2.3.4", None, None)),
    ],
)
def test_the_standard_header_is_read_where_it_is_chosen(value: str, found: Forwarded) -> None:
    assert STANDARD.resolve(PROXY, sent(("forwarded", value))) == found
    assert ONE.resolve(PROXY, sent(("forwarded", value))) is None


def test_hops_of_the_standard_header_are_counted_over_lines() -> None:
    headers = sent(("forwarded", "for=9.9.9.9;proto=http"), ("forwarded", "for=1.2.3.4;proto=https, for=10.0.0.9"))

    assert STANDARD_TWO.resolve(PROXY, headers) == Forwarded("1.2.3.4", "https", None)


@pytest.mark.parametrize(
    "value",
    [
        "1.2.3.4",
        "for",
        "for=",
        "for=unknown",
        "for=1.2.3.4X",
        "for=_hidden",
        "for=[::1]",
        'for="::1"',
        'for="[::1"',
        'for="[::1]x"',
        'for="[::1]:"',
        'for="[::1]: 80"',
        'for="1.2.3.4:"',
        'for="[1.2.3.4]]"',
        'for="',
        'for="1.2.3.4',
        "for =1.2.3.4",
        "for= 1.2.3.4",
        "=1.2.3.4",
        "for=1.2.3.4;",
        "for=1.2.3.4;;proto=https",
        "for=1.2.3.4;for=5.6.7.8",
        "for=1.2.3.4;For=5.6.7.8",
        "for=1.2.3.4;proto=ftp",
        'for=1.2.3.4;host="a/b"',
        ", ".join(["for=1.2.3.4"] * 101),
    ],
)
def test_a_malformed_standard_header_is_not_believed(value: str) -> None:
    assert STANDARD.resolve(PROXY, sent(("forwarded", value))) is None


# --- configuration


@pytest.mark.parametrize("networks", ["10.0.0.0/8", [], ""])
def test_networks_are_a_list(networks: Any) -> None:
    with pytest.raises(ConfigurationError, match="give a list of networks, such as") as caught:
        TrustedProxies(networks)

    assert repr(networks) in str(caught.value)


@pytest.mark.parametrize("network", ["10.0.0.1/8", "x", "*", "10.0.0.0/33", ""])
def test_a_network_that_is_none_is_named(network: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a network: ") as caught:
        TrustedProxies([network])

    assert repr(network) in str(caught.value)


@pytest.mark.parametrize("hops", [0, -1])
def test_there_is_at_least_one_hop(hops: int) -> None:
    with pytest.raises(ConfigurationError, match=f"with {hops} hops: a request passes at least 1 proxy"):
        TrustedProxies(["10.0.0.0/8"], hops)


def test_an_unknown_family_of_headers_is_named() -> None:
    with pytest.raises(ConfigurationError, match="header 'x-real-ip': use 'x-forwarded' or 'forwarded'"):
        TrustedProxies(["10.0.0.0/8"], header="x-real-ip")  # type: ignore[arg-type]


# --- anything at all

soup = st.text('1234.:,;="[]\\ forprtohs%', max_size=40)


@given(st.sampled_from([ONE, TWO, STANDARD, STANDARD_TWO]), soup, soup, soup)
def test_any_header_is_believed_or_not(proxies: TrustedProxies, value: str, scheme: str, host: str) -> None:
    headers = sent(
        ("x-forwarded-for", value), ("x-forwarded-proto", scheme), ("x-forwarded-host", host), ("forwarded", value)
    )

    forwarded = proxies.resolve(PROXY, headers)

    assert forwarded is None or forwarded.scheme in (None, "http", "https")


@given(st.ip_addresses(), st.lists(st.ip_addresses(v=4).map(str), max_size=5))
def test_no_client_can_choose_its_address(address: Any, claimed: list[str]) -> None:
    found = client(ONE, ", ".join([*claimed, str(address)]))

    assert found == str(getattr(address, "ipv4_mapped", None) or address) or "%" in str(address)


@pytest.mark.parametrize("atom", ["1.2.3.4,", ",", ":", '"', "\\", ";", "for=", "[", 'for="', "a=1;", " ", '",', "%"])
def test_long_headers_are_read_in_linear_time(atom: str, assert_linear: Callable[..., None]) -> None:
    def make(size: int) -> Headers:
        value = atom * (size // len(atom))
        return sent(("x-forwarded-for", value), ("x-forwarded-proto", value), ("forwarded", value))

    for proxies in (THREE, STANDARD_TWO):
        assert_linear(lambda headers, proxies=proxies: proxies.resolve(PROXY, headers), make)

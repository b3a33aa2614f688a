"""Whom a request comes from when it comes through proxies; only what a trusted one says is believed."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal, NamedTuple, TypeAlias

from nexios.exceptions import ConfigurationError
from nexios.http.headers import Headers, is_token
from nexios.http.hosts import join_host, parse_host
from nexios.http.quoting import read_value, split_unquoted

_Address: TypeAlias = IPv4Address | IPv6Address

# A chain of proxies is short; a longer list was written by someone else.
_MOST_ENTRIES: Final = 100
_LONGEST_ADDRESS: Final = 45
_SCHEMES: Final = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


class Forwarded(NamedTuple):
    """What trusted proxies say: the client's address, "http" or "https", and the host the client asked for."""

    client: str | None
    scheme: str | None
    host: str | None


class _Told(NamedTuple):
    """What the trusted hops wrote, the nearest one last; "" where one of them said nothing."""

    clients: list[str]
    schemes: list[str]
    hosts: list[str]


class TrustedProxies:
    """The proxies in front of the application: their *networks*, and how many of them a request passes at most.

    The last *hops* entries were written by them, all others by anybody. *header* names the family of headers they
    write, ``X-Forwarded-For``, ``-Proto`` and ``-Host`` or ``Forwarded`` (RFC 7239); the other family is never
    read, because proxies let it through as the client sent it. The network "unix" trusts a peer without an address.
    """

    def __init__(
        self,
        networks: Sequence[str],
        hops: int = 1,
        *,
        header: Literal["x-forwarded", "forwarded"] = "x-forwarded",
    ) -> None:
        if isinstance(networks, str) or not networks:
            raise ConfigurationError(f"trusted proxies {networks!r}: give a list of networks, such as ['10.0.0.0/8']")
        if hops < 1:
            raise ConfigurationError(f"trusted proxies with {hops} hops: a request passes at least 1 proxy")
        if header not in ("x-forwarded", "forwarded"):
            raise ConfigurationError(f"trusted proxies with header {header!r}: use 'x-forwarded' or 'forwarded'")
        self._hops = hops
        self._read = _read_forwarded if header == "forwarded" else _read_x_forwarded
        self._unix = "unix" in networks
        self._networks = [_parse_network(network) for network in networks if network != "unix"]

    def resolve(self, peer: str | None, headers: Headers) -> Forwarded | None:
        """What is known of the client behind *peer*; None where nothing can be believed and the peer is the client."""
        try:
            return self._resolve(headers) if self._trusts_peer(peer) else None
        except ValueError:
            return None

    def _trusts_peer(self, peer: str | None) -> bool:
        return self._trusts(_parse_address(peer)) if peer else self._unix

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)

    def _resolve(self, headers: Headers) -> Forwarded | None:
        told = self._read(headers, self._hops)
        if not any(told):
            return None
        # From the nearest proxy outwards: an entry is believed because the one who wrote it is trusted.
        step = 0
        while step + 1 < len(told.clients) and self._is_proxy(told.clients[-1 - step]):
            step += 1
        client, scheme, host = (_entry(entries, step) for entries in told)
        return Forwarded(
            str(_parse_address(client)) if client else None,
            _parse_scheme(scheme) if scheme else None,
            _parse_authority(host) if host else None,
        )

    def _is_proxy(self, client: str) -> bool:
        return client != "" and self._trusts(_parse_address(client))


def _entry(entries: list[str], step: int) -> str:
    # A proxy may replace the list instead of adding to it: then the oldest entry is the best there is.
    return entries[max(len(entries) - 1 - step, 0)] if entries else ""


def _read_x_forwarded(headers: Headers, hops: int) -> _Told:
    return _Told(*(_entries(headers, f"x-forwarded-{name}")[-hops:] for name in ("for", "proto", "host")))


def _entries(headers: Headers, name: str) -> list[str]:
    entries = (headers.joined(name) or "").split(",")
    _check_count(entries)
    return [entry.strip(" \t") for entry in entries] if entries != [""] else []


def _read_forwarded(headers: Headers, hops: int) -> _Told:
    # Without the header there is one element, which is malformed: either way nothing can be believed.
    elements = split_unquoted(headers.joined("forwarded") or "", ",")
    _check_count(elements)
    told = [_parse_element(element) for element in elements[-hops:]]
    return _Told(
        [_parse_node(hop["for"]) if "for" in hop else "" for hop in told],
        [hop.get("proto", "") for hop in told],
        [hop.get("host", "") for hop in told],
    )


def _check_count(entries: list[str]) -> None:
    if len(entries) > _MOST_ENTRIES:
        raise ValueError(len(entries))


def _parse_element(element: str) -> dict[str, str]:
    """The pairs of one hop (RFC 7239 section 4), by name in lower case."""
    pairs: dict[str, str] = {}
    for pair in split_unquoted(element.strip(" \t"), ";"):
        name, _, written = pair.partition("=")
        value = read_value(written)
        if not is_token(name) or value is None or name.lower() in pairs:
            raise ValueError(pair)
        pairs[name.lower()] = value
    return pairs


def _parse_node(node: str) -> str:
    """The address of a node (RFC 7239 section 6), whose port is of no use."""
    if node.startswith("["):
        address, bracket, rest = node[1:].partition("]")
        if not bracket:
            raise ValueError(node)
    else:
        address, colon, port = node.partition(":")
        rest = colon + port
    if rest and not (rest.startswith(":") and is_token(rest[1:])):
        raise ValueError(node)
    return address


def _parse_address(text: str) -> _Address:
    if len(text) > _LONGEST_ADDRESS or "%" in text:
        raise ValueError(text)
    address = ip_address(text)
    # One client, however its address is written.
    return getattr(address, "ipv4_mapped", None) or address


def _parse_scheme(text: str) -> str:
    scheme = _SCHEMES.get(text.lower())
    if scheme is None:
        raise ValueError(text)
    return scheme


def _parse_authority(text: str) -> str:
    host = parse_host(text)
    if host is None:
        raise ValueError(text)
    return join_host(*host)


def _parse_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ConfigurationError(f"trusted proxy {text!r} is not a network: {error}") from None

"""A host and port as Host, Forwarded and the authority of a URL write them (RFC 3986 section 3.2.2)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address
from typing import Final, NamedTuple

# RFC 3986 would let a registered name hold sub-delimiters and percent signs as well: no host has them, and whoever
# builds a link or a folder from such a name has been tricked.
_NAME_CHARACTERS: Final = b"-._~0123456789abcdefghijklmnopqrstuvwxyz"
_LONGEST_NAME: Final = 255  # RFC 1035 section 2.3.4
_LONGEST_IPV6: Final = 45
_PORT_DIGITS: Final = 5
_HIGHEST_PORT: Final = 65_535


class Host(NamedTuple):
    """A name in lower case, without the brackets of an IPv6 address, and the port where one is written."""

    name: str
    port: int | None


def parse_host(text: str) -> Host | None:
    """Return the parts of ``name``, ``name:port`` or ``[address]:port``, None for anything else."""
    if not text.isascii():
        return None
    if text.startswith("["):
        literal, _, rest = text[1:].partition("]")
        if rest[:1] not in ("", ":") or not text[1 + len(literal) :]:
            return None
        name, port = _parse_ipv6(literal), rest[1:]
    else:
        written, _, port = text.partition(":")
        name = _parse_name(written)
    if name is None or not _is_port(port):
        return None
    return Host(name, int(port) if port else None)


def join_host(name: str, port: int | None) -> str:
    """The inverse of ``parse_host``."""
    written = f"[{name}]" if ":" in name else name
    return written if port is None else f"{written}:{port}"


def _parse_name(text: str) -> str | None:
    name = text.lower()
    if not 0 < len(name) <= _LONGEST_NAME or name.encode("ascii").translate(None, _NAME_CHARACTERS):
        return None
    # An empty label is no name of a host, and ".." is a name of a folder.
    return None if name.startswith(".") or ".." in name else name


def _parse_ipv6(text: str) -> str | None:
    if len(text) > _LONGEST_IPV6 or "%" in text:  # a zone means something on the client's machine only
        return None
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        return None


def _is_port(text: str) -> bool:
    # RFC 3986 section 3.2.3 allows "host:" without digits.
    return not text or (len(text) <= _PORT_DIGITS and text.isdigit() and int(text) <= _HIGHEST_PORT)

"""Origins: as browsers write them (RFC 6454 section 6.1), as a configuration lists them, and who is one of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nexios.http.hosts import Host, join_host, parse_host

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEME_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")
# A scheme, "://", a name of at most 255 characters and a port.
LONGEST_ORIGIN: Final = 300


def is_origin(text: str) -> bool:
    """Whether *text* is one origin as a browser writes it: ``null``, upper case or a path never are."""
    scheme, separator, authority = text[: LONGEST_ORIGIN + 1].partition("://")
    if not separator or not scheme or not _SCHEME_CHARACTERS.issuperset(scheme) or len(text) > LONGEST_ORIGIN:
        return False
    host = parse_host(authority)
    return host is not None and join_host(*host) == authority


def read_origins(listed: Iterable[str]) -> frozenset[str]:
    """The origins that a configuration lists. Raises ValueError for what no browser would ever send."""
    return frozenset(_read(text) for text in listed)


def _read(text: str) -> str:
    lowered = text.lower()
    if lowered == "null":
        raise ValueError("the origin 'null' is what every sandboxed page sends: it cannot be told from a hostile one")
    if "*" in text:
        raise ValueError(
            f"{text!r} is not one origin: say which with a pattern, allow_origin_regex=r'https://[a-z0-9-]+\\.example\\.com'"
        )
    # A name alone means what it should be served as.
    scheme, separator, authority = lowered.partition("://") if "://" in lowered else ("https", "://", lowered)
    host = parse_host(authority)
    if host is None or not scheme or not _SCHEME_CHARACTERS.issuperset(scheme):
        raise ValueError(f"{text!r} is not an origin: write a scheme and a host alone, such as {_guess(lowered)!r}")
    port = None if host.port == _DEFAULT_PORTS.get(scheme) else host.port
    return f"{scheme}{separator}{join_host(host.name, port)}"


def _guess(text: str) -> str:
    """What somebody may have meant who wrote a colon too few, or a path."""
    scheme = "http" if text.startswith(("http:", "http/")) else "https"
    rest = text.removeprefix(scheme).lstrip(":/")
    host = parse_host(rest.partition("/")[0]) or Host("example.com", None)
    return f"{scheme}://{join_host(*host)}"

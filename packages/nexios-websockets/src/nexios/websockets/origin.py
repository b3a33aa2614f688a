"""Which pages may open a socket: browsers send cookies along whatever page asks, and name it in Origin (RFC 6454)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nexios.http.hosts import Host, parse_host

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_allowed(
    origins: Sequence[str], scheme: str, host: str, allowed: Collection[str] = (), *, required: bool = False
) -> bool:
    """Whether a client that sent *origins* (the values of all its Origin fields) may open a socket at *host*.

    *scheme* is that of the socket. A page served over TLS may open a socket that a proxy took TLS from; a page that
    was not may not open one over TLS.
    """
    if not origins:
        return not required
    if len(origins) > 1:
        return False
    origin = origins[0]
    if "*" in allowed or origin.lower() in (each.lower() for each in allowed):
        return True
    return _is_same(origin, scheme, host)


def _is_same(origin: str, scheme: str, host: str) -> bool:
    page_scheme, separator, authority = origin.lower().partition("://")
    if not separator or page_scheme not in ("http", "https") or (page_scheme == "http" and scheme in ("wss", "https")):
        return False
    page, own = parse_host(authority), parse_host(host)
    if page is None or own is None or page.name != own.name:
        return False
    return _port(page, page_scheme) == _port(own, page_scheme)


def _port(host: Host, scheme: str) -> int:
    return _DEFAULT_PORTS[scheme] if host.port is None else host.port

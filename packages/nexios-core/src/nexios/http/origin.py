"""Whether the page that a browser names in Origin (RFC 6454) is one of this host."""

from __future__ import annotations

from nexios.http.hosts import Host, parse_host

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_same_origin(origin: str, scheme: str, host: str) -> bool:
    """Whether a page of *origin* belongs to *host*, a name with an optional port, served as *scheme*.

    A page served over TLS does where a proxy took TLS from what it asks for; a page that was not never belongs to what
    is served over TLS.
    """
    page_scheme, separator, authority = origin.lower().partition("://")
    if not separator or page_scheme not in ("http", "https") or (page_scheme == "http" and scheme in ("wss", "https")):
        return False
    page, own = parse_host(authority), parse_host(host)
    if page is None or own is None or page.name != own.name:
        return False
    return _port(page, page_scheme) == _port(own, page_scheme)


def _port(host: Host, scheme: str) -> int:
    return _DEFAULT_PORTS[scheme] if host.port is None else host.port

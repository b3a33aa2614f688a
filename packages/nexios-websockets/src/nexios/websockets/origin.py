"""Which pages may open a socket: browsers send cookies along whatever page asks, and name it in Origin (RFC 6454)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nexios.http.origin import is_same_origin


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
    return is_same_origin(origin, scheme, host)

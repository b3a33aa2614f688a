"""Who asks: what a browser says of the page behind a request, which that page cannot change."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

from nexios import Connection
from nexios.http.origin import is_same_origin

Sender: TypeAlias = Literal["own", "foreign", "unknown"]

# "none": the user typed the address, or reloaded the answer to a form (Fetch Metadata, section 2.3).
_OWN_SITES = ("same-origin", "none")


def sender_of(connection: Connection, trusted: Collection[str]) -> Sender:
    """Whether a page of this application asks, or of *trusted*; "unknown" is what is no browser, or an old one."""
    headers = connection.headers
    origin = headers.get("origin")
    if origin is not None and origin in trusted:
        return "own"
    # Fetch-Metadata first: with a policy of no-referrer the Origin of a form is "null" on its own site as well.
    sites = headers.getlist("sec-fetch-site")
    if sites:
        return "own" if len(sites) == 1 and sites[0] in _OWN_SITES else "foreign"
    if origin is None:
        origin = _origin_of(headers.get("referer"))
    if origin is None:
        return "unknown"
    if origin in trusted or is_same_origin(origin, connection.url.scheme, connection.url.netloc):
        return "own"
    return "foreign"


def _origin_of(referer: str | None) -> str | None:
    """The origin of a URL; None without one."""
    if not referer:
        return None
    scheme, separator, rest = referer.partition("://")
    authority = rest
    for end in "/?#":
        authority, _, _ = authority.partition(end)
    return f"{scheme}{separator}{authority}".lower()

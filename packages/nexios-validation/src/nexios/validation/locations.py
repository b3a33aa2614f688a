"""The places of a request that values are read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """A place with named values.

    *name* is what errors and documents call it, *marker* what its marker is called. *read* takes the connection and
    returns a mapping, whose ``getlist`` method, where it has one, gives all values of a name; with *is_async* it
    returns an awaitable of one. *wire* makes the name on the wire of a parameter's name.
    """

    name: str
    marker: str
    read: Callable[[Any], Any]
    is_async: bool = False
    wire: Callable[[str], str] = str


def _hyphenated(name: str) -> str:
    return name.replace("_", "-")


QUERY: Final = Location("query", "Query", lambda connection: connection.query_params)
HEADER: Final = Location("header", "Header", lambda connection: connection.headers, wire=_hyphenated)
COOKIE: Final = Location("cookie", "Cookie", lambda connection: connection.cookies)
PATH: Final = Location("path", "Path", lambda connection: connection.path_params)
BODY: Final = Location("body", "Body", lambda request: request.reader.read(), is_async=True)


def all_values(fields: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Every value that *fields* has for *name*."""
    getlist = getattr(fields, "getlist", None)
    if getlist is not None:
        values: Sequence[Any] = getlist(name)
        return values
    return [fields[name]] if name in fields else []

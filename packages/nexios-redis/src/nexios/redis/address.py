"""Where Redis is: a URL taken apart, without ever showing the password in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from nexios.exceptions import ConfigurationError

Kind: TypeAlias = Literal["server", "sentinel", "cluster"]

_PORTS: dict[Kind, int] = {"server": 6379, "sentinel": 26379, "cluster": 6379}
_CURE = "write redis://host:6379/0, rediss://..., unix:///path, redis+sentinel://a,b/service/0 or redis+cluster://a,b"


@dataclass(frozen=True, slots=True)
class Address:
    """The servers to ask, and what to say to them."""

    kind: Kind
    hosts: tuple[tuple[str, int], ...] = ()
    socket: str | None = None
    service: str = ""
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False


def parse_address(url: str) -> Address:
    """Take *url* apart. Raises ConfigurationError for one that names no server."""
    try:
        parts = urlsplit(url)
        return _read(parts)
    except ValueError as error:
        raise ConfigurationError(f"redis.url cannot be read: {error}; {_CURE}") from None


def _read(parts: SplitResult) -> Address:
    scheme, _, way = parts.scheme.partition("+")
    credentials, _, places = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    login = unquote(username) or None, unquote(password) or None
    if parts.query or parts.fragment:
        raise ValueError("options after '?' or '#' are not read, they are fields of the section redis")
    if scheme == "unix" and not way:
        if not parts.path:
            raise ValueError("unix:// needs the path of the socket")
        return Address("server", (), unquote(parts.path), "", 0, *login)
    if scheme not in ("redis", "rediss") or way not in ("", "sentinel", "cluster"):
        raise ValueError(f"the scheme {parts.scheme!r} is not known")
    kind: Kind = "sentinel" if way == "sentinel" else "cluster" if way == "cluster" else "server"
    hosts = tuple(_host(place, _PORTS[kind]) for place in places.split(","))
    if kind == "server" and len(hosts) > 1:
        raise ValueError("several servers need +sentinel or +cluster behind the scheme")
    service, database = _path(kind, parts.path)
    return Address(kind, hosts, None, service, database, *login, tls=scheme == "rediss")


def _host(place: str, port: int) -> tuple[str, int]:
    one = urlsplit(f"//{place}")
    if not one.hostname:
        raise ValueError("a server has no name")
    return one.hostname, one.port or port


def _path(kind: Kind, path: str) -> tuple[str, int]:
    names = [unquote(name) for name in path.split("/") if name]
    service = ""
    if kind == "sentinel":
        if not names:
            raise ValueError("redis+sentinel:// needs the name of the service behind the servers")
        service = names.pop(0)
    if len(names) > 1 or (names and not (names[0].isascii() and names[0].isdigit())):
        raise ValueError(f"the database {'/'.join(names)!r} is not a number")
    database = int(names[0]) if names else 0
    if kind == "cluster" and database:
        raise ValueError("a cluster has only the database 0")
    return service, database

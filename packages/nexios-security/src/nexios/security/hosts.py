"""Which names the application answers to: a Host that is none of its own would end in links, caches and redirects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from nexios import NexiosApp, Request, Response
from nexios.exceptions import BadRequest, ConfigurationError
from nexios.http.hosts import parse_host
from nexios.middleware import BaseMiddleware, CallNext
from nexios.security.config import SecurityConfig

# In debug the application is opened by these as well.
_LOCAL: Final = ("localhost", "127.0.0.1", "::1", "testserver")
_MOST_REMEMBERED: Final = 1_024


class TrustedHostMiddleware(BaseMiddleware):
    """Refuses requests and sockets for other hosts than *allowed_hosts* with 400; the port does not matter.

    ``*.example.com`` means every host below example.com. Without the argument, ``security.allowed_hosts`` counts.
    """

    name: ClassVar[str] = "hosts"

    def __init__(self, allowed_hosts: Iterable[str] | None = None) -> None:
        if isinstance(allowed_hosts, str):
            raise ConfigurationError(f"allowed_hosts={allowed_hosts!r} is one text: write [{allowed_hosts!r}]")
        self._settings: dict[str, Any] = {} if allowed_hosts is None else {"allowed_hosts": list(allowed_hosts)}

    def prepare(self, app: NexiosApp) -> None:
        hosts = app.config.section("security", SecurityConfig, **self._settings).allowed_hosts
        if not hosts:
            raise ConfigurationError(
                "no host is allowed: set allowed_hosts=['example.com'] in the section 'security' or as an argument"
            )
        self._names = frozenset(_name_of(each) for each in hosts if not each.startswith("*.")) | (
            frozenset(_LOCAL) if app.debug else frozenset()
        )
        self._parents = tuple(f".{_name_of(each[2:])}" for each in hosts if each.startswith("*."))
        self._is_proxied = app.proxies is not None
        self._good: set[bytes] = set()

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Response:
        host = request.url.netloc.encode("ascii") if self._is_proxied else request.fields[b"host"]
        if host not in self._good:
            self._check(host)
        return await call_next()

    def _check(self, host: bytes) -> None:
        parsed = parse_host(host.decode("latin-1"))
        if parsed is None or (parsed.name not in self._names and not parsed.name.endswith(self._parents or ("\0",))):
            raise BadRequest("nothing is served under this host name")
        if len(self._good) >= _MOST_REMEMBERED:
            self._good.clear()
        self._good.add(host)


def _name_of(host: str) -> str:
    parsed = parse_host(host)
    if parsed is None or parsed.port is not None:
        raise ConfigurationError(
            f"allowed_hosts has {host!r}: write the name of a host without a port, example.com or *.example.com"
        )
    return parsed.name

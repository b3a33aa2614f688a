from __future__ import annotations

from copy import deepcopy
from typing import cast

from nexios.testing.exceptions import ASGIProtocolError
from nexios.types import Scope

# Where the core tells the client which exceptions it turned into answers.
EXCEPTIONS = "nexios.exceptions"
# Where the client says who it is logged in as; see `nexios.testing.login`.
LOGIN = "nexios.login"

_SERVER_OWNED = ("asgi", "headers", "subprotocols", "extensions")


class ScopeGuard:
    """Notices when an application changes, in place, an object of the scope that other layers share.

    Setting a key of the scope is allowed, since middleware owns the dict it passes on; the list and dicts inside it
    are the server's.
    """

    def __init__(self, scope: Scope) -> None:
        self._given = {name: scope[name] for name in _SERVER_OWNED if name in scope}
        self._before = deepcopy({name: _comparable(value) for name, value in self._given.items()})

    def check(self) -> None:
        for name, value in self._given.items():
            now, before = _comparable(value), self._before[name]
            if now != before:
                raise ASGIProtocolError(
                    f"the application changed scope[{name!r}] in place, from {before!r} to {now!r}: "
                    f"copy it first, scope = {{**scope, {name!r}: ...}}"
                )


def _comparable(value: object) -> object:
    """Without the list that exists to be appended to, and a user, who is the application's own."""
    if not isinstance(value, dict):
        return value
    return {name: part for name, part in cast("dict[str, object]", value).items() if name not in (EXCEPTIONS, LOGIN)}

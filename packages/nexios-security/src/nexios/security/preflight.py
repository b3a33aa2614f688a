"""The answer to a preflight: everything but the origin is the same each time, and made once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nexios import Request
from nexios.http.headers import check_name, check_value, is_token
from nexios.security.config import STANDARD_METHODS, CORSConfig
from nexios.types import Field

# A browser that has more to ask than this is none.
_MOST_HEADERS: Final = 64
_ALLOW_HEADERS: Final = b"access-control-allow-headers"
_PRIVATE_NETWORK: Final = "access-control-request-private-network"


class PreflightFields:
    """What *config* says about methods, headers and time. Raises ValueError for what is no method and no header."""

    def __init__(self, config: CORSConfig) -> None:
        self.varies_on: list[str] = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
        if config.allow_private_network:
            self.varies_on.append("Access-Control-Request-Private-Network")
        self._fields: list[Field] = [
            (b"access-control-allow-methods", _methods(config.allow_methods)),
            (b"access-control-max-age", b"%d" % config.max_age),
            (b"vary", ", ".join(self.varies_on).encode("ascii")),
        ]
        self._allows_private = config.allow_private_network
        self._echoes = "*" in config.allow_headers and config.allow_credentials
        if not self._echoes and config.allow_headers:
            self._fields.append((_ALLOW_HEADERS, _names(config.allow_headers)))

    def answering(self, request: Request) -> list[Field]:
        fields = [*self._fields]
        if self._allows_private and request.headers.get(_PRIVATE_NETWORK) == "true":
            fields.append((b"access-control-allow-private-network", b"true"))
        if self._echoes and (asked := _asked(request)):
            fields.append((_ALLOW_HEADERS, asked))
        return fields


def _methods(names: Iterable[str]) -> bytes:
    methods = [method for name in names for method in (STANDARD_METHODS if name == "*" else (name.upper(),))]
    for method in methods:
        if not is_token(method):
            raise ValueError(f"{method!r} is not a method: write GET, POST and the like")
    return ", ".join(dict.fromkeys(methods)).encode("ascii")


def _names(names: Sequence[str]) -> bytes:
    if "*" in names:  # which does not cover this one (Fetch, section 4.9)
        return b"*, authorization"
    return b", ".join(dict.fromkeys(map(check_name, names)))


def _asked(request: Request) -> bytes:
    """The names a browser asks for, as far as they are names: with credentials, ``*`` means nothing to it."""
    asked = (request.headers.joined("access-control-request-headers") or "").split(",", _MOST_HEADERS)[:_MOST_HEADERS]
    return b", ".join(check_name(name) for each in asked if is_token(name := each.strip(" \t")))


def common_fields(config: CORSConfig) -> list[Field]:
    """What stands beside the origin in every answer that a script may read."""
    fields: list[Field] = []
    if config.allow_credentials:
        fields.append((b"access-control-allow-credentials", b"true"))
    if config.expose_headers:
        exposed = ", ".join(check_name(name).decode("ascii") for name in config.expose_headers)
        fields.append((b"access-control-expose-headers", check_value(exposed)))
    return fields

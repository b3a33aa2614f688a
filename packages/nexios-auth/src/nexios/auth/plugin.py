"""Wires authentication into an application."""

from __future__ import annotations

from typing import ClassVar

from nexios import Plugin, Registry
from nexios.auth.config import AuthConfig


class AuthPlugin(Plugin):
    """``request.user``, ``request.auth``, and the guards of routes."""

    name: ClassVar[str] = "auth"
    config: ClassVar[type | None] = AuthConfig
    after: ClassVar[tuple[str, ...]] = ("redis", "session")
    settings: AuthConfig

    def register(self, registry: Registry) -> None:
        registry.route_option("auth")

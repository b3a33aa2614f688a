"""What other packages provide, by name: used without its package it is an error that names it, never silently off."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from nexios.exceptions import ConfigurationError, MissingPluginError

if TYPE_CHECKING:
    from nexios.config import MakeConfig
    from nexios.plugins import PluginReport

PROTOCOL_PACKAGES = {"websocket": "nexios-websockets"}
OPTION_PACKAGES = {
    "response_model": "nexios-validation",
    "responses": "nexios-openapi",
    "operation_id": "nexios-openapi",
    "auth": "nexios-auth",
}
MARK_PACKAGES = {"auth": "nexios-auth"}
# Sections of the configuration that only a package reads.
SECTION_PACKAGES = {
    "session": "nexios-session",
    "cors": "nexios-security",
    "csrf": "nexios-security",
    "security": "nexios-security",
    "auth": "nexios-auth",
    "redis": "nexios-redis",
    "openapi": "nexios-openapi",
    "validation": "nexios-validation",
    "websockets": "nexios-websockets",
    "limits_rate": "nexios-limits",
}


def package_for(protocol: str) -> str:
    """What to install for connections of *protocol*."""
    return PROTOCOL_PACKAGES.get(protocol, f"a plugin for the protocol {protocol!r}")


def missing(what: str, distribution: str, plugins: PluginReport) -> MissingPluginError:
    """The error for *what*, with its cure: install the package, or see why its plugin is off."""
    for status in plugins:
        if status.distribution == distribution and status.state != "active":
            return MissingPluginError(f"{what} is provided by {distribution}, which is {status.state}: {status.reason}")
    return MissingPluginError(f"{what} is provided by {distribution}: pip install {distribution}")


def check_sections(config: MakeConfig, known: Container[str]) -> None:
    """Raise ConfigurationError for a section whose package is not active."""
    for name, package in SECTION_PACKAGES.items():
        if config.get(name) is not None and name not in known:
            raise ConfigurationError(
                f"the config has a section {name!r}, which {package} reads, and it is not active: "
                f"pip install {package}, or remove the section"
            )

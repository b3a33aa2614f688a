"""Configuration: MakeConfig, the sections that parts declare as dataclasses, and secrets that are never shown."""

from __future__ import annotations

from nexios.config.core import CoreConfig, Limits
from nexios.config.secret import Secret
from nexios.config.sections import MakeConfig
from nexios.config.values import ConfigValues

__all__ = ["ConfigValues", "CoreConfig", "Limits", "MakeConfig", "Secret"]

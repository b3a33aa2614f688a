"""Names of shapes of the ASGI specification, version 3.0."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

"""Names of shapes that more than one module speaks about; nothing here runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

# ASGI 3.0: https://asgi.readthedocs.io/en/latest/specs/main.html
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

# Header fields as ASGI carries them: lower-case names, undecoded values.
Field: TypeAlias = tuple[bytes, bytes]
RawHeaders: TypeAlias = list[Field]

"""The root path: what stands in front of an application's own paths, at its server or where it is mounted."""

from __future__ import annotations

from typing import Any

from nexios.types import Scope


def below_root(scope: Scope) -> str:
    """The path of *scope* below its root path, whether the server leaves that in front (as ASGI says) or not."""
    path: str = scope["path"]
    root = scope.get("root_path", "")
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :] or "/"
    return path


def root_of(connection: Any) -> str:
    """The root path that a mounted application is told."""
    root: str = connection.scope.get("root_path", "") + connection.mounted_at
    return root

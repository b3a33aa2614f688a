"""The root path: what stands in front of an application's own paths, at its server or where it is mounted."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nexios.types import Scope


def below_root(scope: Scope) -> str:
    """The path of *scope* below its root path, whether the server leaves that in front (as ASGI says) or not."""
    path: str = scope["path"]
    root = scope.get("root_path", "")
    if root and (path == root or path.startswith(root + "/")):
        return path[len(root) :] or "/"
    return path


def below_mount(connection: Any) -> dict[str, Any]:
    """What of the scope of *connection* a mounted application is told anew: its root path, and the path behind it.

    A server may have left its root path out of the path; here it is put in front, where ASGI has it.
    """
    front, path = connection.scope.get("root_path", ""), connection.scope["path"]
    root = front + connection.mounted_at
    if path.startswith(root):
        return {"root_path": root}
    raw = connection.scope.get("raw_path")
    return {"root_path": root, "path": front + path, "raw_path": raw and quote(front).encode("ascii") + raw}

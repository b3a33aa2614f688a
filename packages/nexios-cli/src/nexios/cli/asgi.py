"""Telling ASGI applications from whatever else a module holds."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any


def is_application(value: object) -> bool:
    """Whether *value* can be called as ASGI 3 asks: ``await value(scope, receive, send)``."""
    if isinstance(value, type) or not callable(value):
        return False
    if inspect.isfunction(value) and not inspect.iscoroutinefunction(value):
        return False
    try:
        inspect.signature(value).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    # A handler or a middleware may take three arguments too.
    return _parameters(value)[0] != "request"


def applications(module: ModuleType) -> dict[str, object]:
    """Return what in *module* is an ASGI application beyond doubt, by the first name it has there."""
    found: dict[int, tuple[str, object]] = {}
    for name, value in vars(module).items():
        if is_application(value) and _parameters(value)[:3] == ["scope", "receive", "send"]:
            found.setdefault(id(value), (name, value))
    return dict(found.values())


def layers(app: Any) -> Iterator[Any]:
    """Yield *app* and, when ASGI middleware is wrapped around an application, what is inside it."""
    seen: set[int] = set()
    while app is not None and id(app) not in seen:
        yield app
        seen.add(id(app))
        app = getattr(app, "app", None)


def _parameters(value: Any) -> list[str]:
    return list(inspect.signature(value).parameters)

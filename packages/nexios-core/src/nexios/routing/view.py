"""Class-based handlers: one method of the class for each HTTP method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nexios.exceptions import RouteError

VERBS = ("get", "head", "post", "put", "patch", "delete", "options", "query")


class View:
    """Handlers that share a path. A new instance serves each request.

        @app.route("/items/{id}")
        class Item(View):
            async def get(self, request, response, id: int): ...
            async def delete(self, request, response, id: int): ...
    """


def handlers_of(view: type[View]) -> dict[str, Callable[..., Any]]:
    """HTTP method -> a handler that runs it on a new instance. Raises RouteError where the class has none."""
    found = {verb.upper(): _on_new_instance(view, verb) for verb in VERBS if callable(getattr(view, verb, None))}
    if not found:
        raise RouteError(f"{view.__qualname__} handles nothing: give it a method named {', '.join(VERBS)}")
    return found


class _Method:
    """``Item().get`` for each call; its signature is that of the method without self."""

    def __init__(self, view: type[View], verb: str) -> None:
        self._view = view
        self._verb = verb
        self.__wrapped__ = getattr(view(), verb)
        self.__name__ = verb
        self.__qualname__ = f"{view.__qualname__}.{verb}"
        self.__module__ = view.__module__
        self.__doc__ = self.__wrapped__.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._view(), self._verb)(*args, **kwargs)


def _on_new_instance(view: type[View], verb: str) -> Callable[..., Any]:
    return _Method(view, verb)

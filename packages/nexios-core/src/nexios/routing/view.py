"""Class-based handlers: one method of the class for each HTTP method."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from nexios.exceptions import RouteError
from nexios.signature import kind_of

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


def _on_new_instance(view: type[View], verb: str) -> Callable[..., Any]:
    """``Item().get`` for each call, of the same kind and with the same signature, but for self."""
    method = getattr(view, verb)

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(view(), verb)(*args, **kwargs)

    async def call_coroutine(*args: Any, **kwargs: Any) -> Any:
        return await getattr(view(), verb)(*args, **kwargs)

    is_static = isinstance(inspect.getattr_static(view, verb), staticmethod | classmethod)
    handler: Any = functools.wraps(method)(call_coroutine if kind_of(method) == "coroutine" else call)
    signature = inspect.signature(method)
    parameters = list(signature.parameters.values())
    handler.__view__ = view
    handler.__signature__ = signature if is_static else signature.replace(parameters=parameters[1:])
    return handler  # type: ignore[no-any-return]  # the function above, with a signature written on it

"""What may be added as middleware, what it is called, and where it may stand."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from nexios.exceptions import ConfigurationError
from nexios.middleware.asgi import ASGIBridge
from nexios.middleware.base import Middleware
from nexios.signature import describe


def make_layer(middleware: Any, options: dict[str, Any]) -> Middleware:
    """The layer behind what was given to `add_middleware`. Raises ConfigurationError for what cannot be one."""
    if inspect.isclass(middleware):
        if _is_asgi(middleware):
            return ASGIBridge(middleware, options)
        try:
            layer: Any = middleware(**options)
        except TypeError as error:
            raise ConfigurationError(f"add_middleware({describe(middleware)}, ...): {error}") from error
    elif options:
        raise ConfigurationError(
            f"add_middleware({describe(middleware)}, {', '.join(options)}=...): keyword arguments go with a class"
        )
    else:
        layer = middleware
    if not callable(layer):
        raise ConfigurationError(f"add_middleware({middleware!r}): middleware is a function, an instance or a class")
    _check_arity(layer)
    return layer  # type: ignore[no-any-return]  # called with three arguments, as just checked


def _is_asgi(kind: type) -> bool:
    names = list(inspect.signature(kind.__call__).parameters)
    return names[1:4] == ["scope", "receive", "send"]


def _check_arity(layer: Any) -> None:
    try:
        inspect.signature(layer).bind(None, None, None)
    except TypeError:
        raise ConfigurationError(
            f"middleware {layer_name(layer)} must take (request, response, call_next), it takes "
            f"{inspect.signature(layer)}"
        ) from None
    except ValueError:  # a builtin without a signature; calling it will tell
        return


def layer_name(layer: Any) -> str:
    """The name a layer is known by in reports and in ordering constraints."""
    name = getattr(layer, "name", "")
    if isinstance(name, str) and name:
        return name
    return describe(layer) if hasattr(layer, "__qualname__") else type(layer).__qualname__


def surrounds(layer: Any, protocol: str) -> bool:
    """Whether *layer* stands around connections of *protocol*. Every layer does, unless it says otherwise.

    What guards a path guards it for each protocol.
    """
    return protocol in getattr(layer, "protocols", (protocol,))


def check_order(layers: Sequence[Middleware]) -> None:
    """Raise ConfigurationError where a layer stands on the wrong side of one it names in `after` or `before`."""
    names = [layer_name(layer) for layer in layers]
    for position, layer in enumerate(layers):
        for outer in getattr(layer, "after", ()):
            if outer in names[position + 1 :]:
                raise ConfigurationError(
                    f"middleware {names[position]!r} must come after {outer!r}: move add_middleware of "
                    f"{names[position]!r} below that of {outer!r}"
                )
        for inner in getattr(layer, "before", ()):
            if inner in names[:position]:
                raise ConfigurationError(
                    f"middleware {names[position]!r} must come before {inner!r}: move add_middleware of "
                    f"{names[position]!r} above that of {inner!r}"
                )

"""Marks that decorators leave on handlers, for plugins to read when a route is compiled.

A decorator that marks returns what it was given, so it stacks above and below ``@app.get`` alike.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from nexios.exceptions import ConfigurationError
from nexios.signature import describe

H = TypeVar("H", bound=Callable[..., Any])

_MARKS = "__nexios_marks__"
_SEAL = "__nexios_sealed__"


def mark(handler: H, kind: str, value: object) -> H:
    """Leave *value* on *handler* for the plugin that reads *kind*, and return *handler*.

    What *handler* wraps (``functools.wraps``) is marked too: it may be the function that a route was declared with.
    Raises ConfigurationError where the mark would not be seen: a route of the handler has been compiled already.
    """
    for each in _wrapped(handler):
        if _own(each).get(_SEAL) == id(each):
            raise ConfigurationError(
                f"{describe(each)} is served already, and what is said about it now would not hold: decorate it where "
                "it is defined"
            )
        try:
            setattr(each, _MARKS, (*_own(each).get(_MARKS, ()), (kind, value)))
        except (AttributeError, TypeError):
            raise ConfigurationError(
                f"{describe(each)} cannot be marked: decorate the function or the class behind it"
            ) from None
    return handler


def marks_of(handler: Any) -> tuple[tuple[str, Any], ...]:
    """``(kind, value)`` of every mark on *handler*, what it wraps, its class and the classes that derives from."""
    found = [given for each in _behind(handler) for given in _own(each).get(_MARKS, ())]
    # Once each: functools.wraps has copied them. By identity, for values need not be hashable.
    return tuple({(kind, id(value)): (kind, value) for kind, value in found}.values())


def seal(handler: Any) -> None:
    """Let later marks on *handler* be errors: those that are there have been read."""
    for each in _behind(handler):
        # functools.wraps copies attributes, so the seal says whose it is. What takes none takes no mark either.
        with suppress(AttributeError, TypeError):
            setattr(each, _SEAL, id(each))


def _own(thing: Any) -> Mapping[str, Any]:
    """What stands on *thing* itself, and not on its class."""
    own: Mapping[str, Any] = getattr(thing, "__dict__", {})
    return own


def _wrapped(handler: Any) -> Iterator[Any]:
    while handler is not None:
        yield handler
        handler = _own(handler).get("__wrapped__")


def _behind(handler: Any) -> Iterator[Any]:
    """*handler* and everything that a decorator may have been put on instead of it."""
    for each in _wrapped(handler):
        yield each
        if isinstance(each, functools.partial):
            yield from _behind(each.func)
        elif inspect.ismethod(each):
            yield from _behind(each.__func__)
        elif isinstance(each, type):
            yield from each.__mro__[1:-1]
        elif not inspect.isroutine(each):
            yield from _behind(type(each).__call__)
        view = _own(each).get("__view__")
        if view is not None:
            yield from _behind(view)

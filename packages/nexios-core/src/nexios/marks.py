"""Marks that decorators leave on handlers, for plugins to read when a route is compiled.

A decorator that marks returns what it was given, so it stacks above and below ``@app.get`` alike.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import FunctionType
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
    """``(kind, value)`` of every mark on *handler*, on what it wraps, on its class and what that derives from."""
    if _is_simple(handler):
        return tuple(handler.__dict__.get(_MARKS, ()))
    found = [given for each in _behind(handler, set(), _hidden) for given in _own(each).get(_MARKS, ())]
    # Once each: functools.wraps has copied them. By identity, for values need not be hashable.
    return tuple({(kind, id(value)): (kind, value) for kind, value in found}.values())


def seal(handler: Any) -> None:
    """Let later marks on *handler* be errors: those that are there have been read."""
    for each in [handler] if _is_simple(handler) else _behind(handler, set(), _nothing):
        # functools.wraps copies attributes, so the seal says whose it is. What takes none takes no mark either.
        with suppress(AttributeError, TypeError):
            setattr(each, _SEAL, id(each))


def _is_simple(handler: Any) -> bool:
    """Whether *handler* is a function that there is nothing behind, as nearly all of them are."""
    if type(handler) is not FunctionType or handler.__closure__ is not None:
        return False
    return "__wrapped__" not in handler.__dict__ and "__view__" not in handler.__dict__


def _own(thing: Any) -> Mapping[str, Any]:
    """What stands on *thing* itself, and not on its class."""
    own: Mapping[str, Any] = getattr(thing, "__dict__", {})
    return own


def _wrapped(handler: Any) -> Iterator[Any]:
    while handler is not None:
        yield handler
        handler = handler.__func__ if isinstance(handler, staticmethod) else _own(handler).get("__wrapped__")


def _behind(handler: Any, seen: set[int], further: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
    """*handler* and everything that a decorator may have been put on instead of it, each once."""
    for each in _wrapped(handler):
        if id(each) in seen:
            return
        seen.add(id(each))
        yield each
        for inner in (*_inside(each), *further(each)):
            yield from _behind(inner, seen, further)


def _inside(thing: Any) -> Iterator[Any]:
    """What is served when *thing* is."""
    if isinstance(thing, functools.partial):
        yield thing.func
    elif inspect.ismethod(thing):
        yield thing.__func__
    elif isinstance(thing, type):
        yield from thing.__mro__[1:-1]
    elif not inspect.isroutine(thing):
        yield type(thing).__call__
    view = _own(thing).get("__view__")
    if view is not None:
        yield view


def _hidden(thing: Any) -> Iterator[Any]:
    """The functions that a wrapper, written without functools.wraps, passes its calls on to."""
    code = getattr(thing, "__code__", None)
    for name, cell in zip(getattr(code, "co_freevars", ()), getattr(thing, "__closure__", None) or (), strict=True):
        with suppress(ValueError):  # a cell that nothing was put in
            if inspect.isfunction(cell.cell_contents) and not _is_beside(cell.cell_contents, name, thing):
                yield cell.cell_contents


def _is_beside(function: Any, name: str, thing: Any) -> bool:
    """Whether *thing* knows *function* as *name* because it stands where both are defined, and was not given it."""
    scope = function.__qualname__.removesuffix(function.__name__)
    return function.__name__ == name and bool(scope) and thing.__qualname__.startswith(scope)


def _nothing(thing: Any) -> Iterable[Any]:
    return ()

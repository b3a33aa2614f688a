"""Whether a handler will probably use the session: then it is fetched before, without blocking the event loop.

A guess from names in compiled code. A wrong one costs a round trip, never an answer: whatever is not fetched when it is
touched is fetched then.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any

from nexios import NexiosApp
from nexios.routing.route import ServedRoute

_NAME = "session"
# Deep enough for a helper's helper; beyond it, the first request finds out.
_DEPTH = 3


def expects_session(app: NexiosApp, served: ServedRoute) -> bool:
    """Whether a handler, its dependencies, or functions that they call by name mention a session."""
    callables = [served.handler, *(node.signature.call for node in app.assembly.plan(served).nodes())]
    return any(_mentions(each, _DEPTH, set()) for each in callables)


def _mentions(function: Any, depth: int, seen: set[int]) -> bool:
    if id(function) in seen or depth < 0:
        return False
    seen.add(id(function))
    if any(_NAME in name for code in _codes(function) for name in _names(code)):
        return True
    return any(_mentions(other, depth - 1, seen) for other in _called(function))


def _codes(function: Any) -> Iterator[CodeType]:
    waiting = [code for code in (getattr(function, "__code__", None),) if code is not None]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    yield from (each for each in code.co_consts if isinstance(each, str) and len(each) < 30)


def _called(function: Any) -> Iterator[Any]:
    """Functions that *function* wraps, closes over, calls by name, or has as methods."""
    if inspect.isclass(function):
        yield from (each for each in vars(function).values() if inspect.isfunction(each))
        return
    yield from (each for each in (getattr(function, "__wrapped__", None),) if each is not None)
    cells = getattr(function, "__closure__", None) or ()
    values = [cell.cell_contents for cell in cells if _is_filled(cell)]
    names = getattr(function, "__globals__", {})
    values += [names[name] for code in _codes(function) for name in code.co_names if name in names]
    yield from (each for each in values if inspect.isfunction(each))


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # reading it is the question
    except ValueError:
        return False
    return True

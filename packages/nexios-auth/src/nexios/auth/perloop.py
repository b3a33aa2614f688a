"""What belongs to one event loop, in an object that may be used in several, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from anyio.lowlevel import RunVar

T = TypeVar("T")
# In older releases of anyio variables of one name are one variable, so an id, which is used again, is no name.
_numbers: Final = itertools.count()


class PerLoop(Generic[T]):
    """Calls *make* once in each event loop: locks and limiters cannot be taken along into another."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: RunVar[T] = RunVar(f"nexios.auth.{next(_numbers)}")

    def get(self) -> T:
        try:
            return self._made.get()
        except LookupError:
            made = self._make()
            self._made.set(made)
            return made

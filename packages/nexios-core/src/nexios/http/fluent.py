"""Methods that return what they write into, so that they chain."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Concatenate, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


class fluent(Generic[P, R]):  # reads as a decorator
    """A method that writes into a response and returns it: ``response.json(x)``. On the class, ``Response.json(x)``,
    it writes into a new one."""

    def __init__(self, write: Callable[Concatenate[R, P], R]) -> None:
        self._write = write
        self.__doc__ = write.__doc__

    def __get__(self, response: R | None, owner: type[R]) -> Callable[P, R]:
        # A MethodType is what binding a plain function gives; ParamSpec cannot say so.
        return cast("Callable[P, R]", MethodType(self._write, owner.__new__(owner) if response is None else response))

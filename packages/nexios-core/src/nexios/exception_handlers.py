"""Which handler answers for which error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from nexios.exceptions import ConfigurationError, HTTPException

ExceptionHandler: TypeAlias = Callable[[Any, Any, Any], Any]


class ExceptionHandlers:
    """The handlers of one router, by exception class and by status."""

    def __init__(self) -> None:
        self._by_class: dict[type[BaseException], ExceptionHandler] = {}
        self._by_status: dict[int, ExceptionHandler] = {}

    def add(self, key: type[BaseException] | int, handler: ExceptionHandler) -> None:
        if not callable(handler):
            raise ConfigurationError(f"add_exception_handler({key!r}, {handler!r}): the handler is not callable")
        if isinstance(key, int) and 400 <= key <= 599:
            self._by_status[key] = handler
        elif isinstance(key, type) and issubclass(key, Exception):
            self._by_class[key] = handler
        else:
            raise ConfigurationError(
                f"add_exception_handler({key!r}): give an Exception class or an error status (400 to 599)"
            )

    def find(self, error: Exception) -> ExceptionHandler | None:
        """The handler of the error's most specific class; a status says more than HTTPException, less than Exception.

        A handler for Exception does not see an HTTPException: that has an answer of its own.
        """
        if not self._by_class and not self._by_status:
            return None
        kinds = type(error).__mro__
        for kind in kinds[: kinds.index(Exception) + 1]:
            if kind is HTTPException:
                return self._by_status.get(error.status) or self._by_class.get(kind)  # type: ignore[attr-defined]
            if kind in self._by_class:
                return self._by_class[kind]
        return self._by_status.get(500)

    def __bool__(self) -> bool:
        return bool(self._by_class or self._by_status)

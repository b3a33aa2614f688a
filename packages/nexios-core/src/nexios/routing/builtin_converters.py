"""The converters that every application has, and the two that are made of an enum or of a function.

Each reads what it writes, ASCII only, in linear time and without regular expressions. None takes the signs, spaces and
underscores that ``int()`` and ``float()`` would let through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from nexios.exceptions import RouteError

# int() is quadratic, and a custom converter may hold a regular expression: neither ever sees a longer text.
LONGEST_TEXT = 2048


class StrConverter:
    """One whole segment, as it is. An int is written too: ids are often passed as they are."""

    def convert(self, text: str) -> str:
        if text:
            return text
        raise ValueError("an empty text is no value")

    def format(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"{value!r} is not a str")
        return str(value)


class IntConverter:
    """ASCII digits after an optional ``-``."""

    def convert(self, text: str) -> int:
        if text.isdecimal() and text.isascii() and len(text) <= LONGEST_TEXT:
            return int(text)
        if text[:1] == "-" and text[1:].isdecimal() and text.isascii() and len(text) <= LONGEST_TEXT:
            return int(text)
        raise ValueError(f"{text[:40]!r} is not an integer")

    def format(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{value!r} is not an int")
        return format(value, "d")


class FloatConverter:
    """A finite decimal number, exponents included; no leading ``+``."""

    def convert(self, text: str) -> float:
        if len(text) > LONGEST_TEXT or text.strip("0123456789.eE+-") or text[:1] == "+":
            raise ValueError(f"{text[:40]!r} is not a decimal number")
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"{text[:40]!r} is over the range of a float")
        return value

    def format(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, float | int):
            raise ValueError(f"{value!r} is not a float")
        return repr(float(value))


class BoolConverter:
    """``true`` or ``false``: one spelling each, so that ``1`` and ``0`` stay integers."""

    def convert(self, text: str) -> bool:
        if text == "true":
            return True
        if text == "false":
            return False
        raise ValueError(f"{text[:40]!r} is neither true nor false")

    def format(self, value: object) -> str:
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is not a bool")
        return "true" if value else "false"


class UUIDConverter:
    """The form with hyphens of RFC 9562 section 4, in either case."""

    def convert(self, text: str) -> UUID:
        # UUID() alone also takes braces, "urn:uuid:", hyphens anywhere and the digits of other scripts.
        if len(text) == 36:
            value = UUID(text)
            if str(value) == text.lower():
                return value
        raise ValueError(f"{text[:40]!r} is not a UUID with hyphens")

    def format(self, value: object) -> str:
        if not isinstance(value, UUID):
            raise ValueError(f"{value!r} is not a UUID")
        return str(value)


class DateConverter:
    """``2026-11-20`` (RFC 3339 full-date)."""

    def convert(self, text: str) -> date:
        # fromisoformat() alone also takes weeks and dates without hyphens.
        if len(text) == 10 and (value := date.fromisoformat(text)).isoformat() == text:
            return value
        raise ValueError(f"{text[:40]!r} is not a date such as 2026-11-20")

    def format(self, value: object) -> str:
        if isinstance(value, datetime) or not isinstance(value, date):
            raise ValueError(f"{value!r} is not a date")
        return value.isoformat()


class DateTimeConverter:
    """``2026-11-20T10:30``, with seconds, fraction and offset where there are any (ISO 8601, extended form)."""

    def convert(self, text: str) -> datetime:
        value = datetime.fromisoformat(text)
        if text.isascii() and value.isoformat()[:16] == text[:16]:
            return value
        raise ValueError(f"{text[:40]!r} is not a date and time such as 2026-11-20T10:30:00+00:00")

    def format(self, value: object) -> str:
        if not isinstance(value, datetime):
            raise ValueError(f"{value!r} is not a datetime")
        return value.isoformat()


class PathConverter:
    """One or more whole segments, slashes included; neither empty nor beginning with a slash.

    A subclass spans segments as well.
    """

    def convert(self, text: str) -> str:
        return text

    def format(self, value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a str")
        return value


class ChoiceConverter:
    """One of a few values, each with its own text; two with the same choices are equal."""

    def __init__(self, values: Iterable[Any]) -> None:
        self._values: dict[str, Any] = {}
        for value in values:
            text = _text_of(value)
            if not text:
                raise RouteError(f"{value!r} has no text in a path: only str, int and bool values have one")
            if text in self._values:
                raise RouteError(f"{self._values[text]!r} and {value!r} are both written {text!r} in a path")
            self._values[text] = value
        # 1, True and the member of an IntEnum are equal, but not the same parameter.
        self._key: tuple[object, ...] = tuple((text, value.__class__, value) for text, value in self._values.items())
        self.label = "|".join(self._values)

    def convert(self, text: str) -> Any:
        try:
            return self._values[text]
        except KeyError:
            raise ValueError(f"{text[:40]!r} is not one of {self.label}") from None

    def format(self, value: object) -> str:
        text = _text_of(value)
        if text not in self._values:
            raise ValueError(f"{value!r} is not one of {self.label}")
        return text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChoiceConverter) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


class FunctionConverter:
    """A plain ``(str) -> value``; values are written with ``str()``."""

    def __init__(self, function: Callable[[str], Any]) -> None:
        self._function = function
        self.label = getattr(function, "__qualname__", repr(function))

    def convert(self, text: str) -> Any:
        # The other two ways in which functions refuse a text: Decimal("x"), TABLE.__getitem__.
        try:
            return self._function(text)
        except (ArithmeticError, LookupError) as refusal:
            raise ValueError(f"{self.label} refuses {text[:40]!r}") from refusal

    def format(self, value: object) -> str:
        return str(value)


def _text_of(value: object) -> str:
    """The text of a choice, of its value or of that text itself; empty where it has none."""
    raw = value.value if isinstance(value, Enum) else value
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw) if isinstance(raw, str | int) else ""

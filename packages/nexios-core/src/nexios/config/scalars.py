"""Single values: what Python wrote, or what an environment variable says, as the declared type. Raises ValueError."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

from nexios.config.secret import Secret

_BOOLS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


class Text(NamedTuple):
    """What an environment variable says: it may stand for any type, unlike a str written in Python."""

    text: str
    variable: str


def scalar(value: object, kind: type) -> object:
    """Return *value* as a *kind*.

    Python's own values are taken as they are, an int also as a float, a str also as a Secret, path or Enum member.
    """
    if isinstance(value, Text):
        return (_PARSERS.get(kind) or _written(kind))(value.text)
    if isinstance(value, bool) and kind in (int, float):
        raise ValueError("a bool is not a number")
    if kind is float and isinstance(value, int | float):
        return _float(value)
    if _is_a(value, kind):
        return value
    if isinstance(value, str) or issubclass(kind, Enum):
        return _written(kind)(value)
    raise ValueError(f"not a {kind.__name__}")


def _is_a(value: object, kind: type) -> bool:
    try:
        return isinstance(value, kind)
    except TypeError:
        # A Protocol that is not runtime-checkable, a TypedDict: nothing can be said, so nothing is refused.
        return True


def _written(kind: type) -> Callable[[Any], object]:
    """What reads a *kind* from a str, whether Python or the environment wrote it."""
    if kind is Secret:
        return Secret
    if issubclass(kind, Enum):
        return partial(_member, kind)
    if hasattr(kind, "__fspath__"):
        return partial(_path, kind)
    raise ValueError(f"a {kind.__name__} is not written as text")


def _member(kind: type[Enum], given: object) -> Enum:
    members = {**kind.__members__, **{str(member.value): member for member in kind}}
    try:
        return members[str(given)]
    except KeyError:
        raise ValueError(f"{given!r} is not a member") from None


def _path(kind: Callable[[str], object], text: str) -> object:
    # Path("") is the working directory: a variable set to nothing must not open that.
    if not text:
        raise ValueError("an empty path")
    return kind(text)


def _bool(text: str) -> bool:
    try:
        return _BOOLS[text.strip().lower()]
    except KeyError:
        raise ValueError("not a bool") from None


def _int(text: str) -> int:
    return int(_ascii(text))


def _float(given: str | float) -> float:
    number = float(_ascii(given) if isinstance(given, str) else given)
    # NaN compares false with every bound, so no later check would ever stop it.
    if number != number:
        raise ValueError("not a number")
    return number


def _ascii(text: str) -> str:
    # int() and float() also read the digits of other scripts, which in a configuration are a slip or a disguise.
    if not text.isascii():
        raise ValueError("not ASCII digits")
    return text


_PARSERS: dict[type, Callable[[str], object]] = {bool: _bool, int: _int, float: _float, str: str, object: str}

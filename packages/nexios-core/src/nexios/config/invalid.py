"""What is wrong with a configuration: one finished sentence for each mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from nexios.config.scalars import Text
from nexios.config.secret import Secret, looks_secret

P = ParamSpec("P")
T = TypeVar("T")

_LONGEST = 60
HIDDEN = "a value that is not shown"


class Invalid(Exception):
    """Values that do not fit; each of *problems* begins with the place of the value."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems


class Problems(list[str]):
    """Sentences collected from several attempts, so that one run shows every mistake."""

    def attempt(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return read(*args, **kwargs)
        except Invalid as invalid:
            self.extend(invalid.problems)
            return None

    def raise_any(self) -> None:
        if self:
            raise Invalid(*self)


def unfit(where: str, annotation: object, value: object) -> Invalid:
    """The value at *where* is not what *annotation* declares."""
    secret = looks_secret(where) or Secret in (annotation, *get_args(annotation))
    given = HIDDEN if secret else _shown(value)
    return Invalid(f"{where}: expected {described(annotation)}, got {given}{source(value)}")


def source(value: object) -> str:
    return f" ({value.variable})" if isinstance(value, Text) else ""


def _shown(value: object) -> str:
    plain = value.text if isinstance(value, Text) else value
    if isinstance(plain, Mapping):
        return "a mapping"
    if not isinstance(plain, str | int | float | NoneType):
        return f"a {type(plain).__name__}"
    # An address can carry a password, and JSON the secrets of a whole section.
    if isinstance(plain, str) and any(mark in plain for mark in "@{["):
        return HIDDEN
    text = repr(plain)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def described(annotation: object) -> str:
    """*annotation* in the words of somebody who writes a value for it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(described(member) for member in arguments)
    if origin is Literal:
        return _one_of(arguments)
    if annotation is Ellipsis:
        return "..."
    if isinstance(origin, type):
        return f"{origin.__name__}[{', '.join(described(argument) for argument in arguments)}]"
    return _described_class(annotation) if isinstance(annotation, type) else str(annotation)


def _described_class(kind: type) -> str:
    if issubclass(kind, Enum):
        return _one_of(member.value for member in kind)
    if is_dataclass(kind):
        return f"a mapping of {kind.__name__}'s fields"
    return {NoneType: "None", Secret: "a Secret or str"}.get(kind, kind.__name__)


def _one_of(values: Iterable[object]) -> str:
    return "one of " + ", ".join(repr(value) for value in values)

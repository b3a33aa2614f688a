"""What the text of a path parameter means: the converters and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, Protocol, TypeAlias, TypeVar, Union, get_args, get_origin
from uuid import UUID

from nexios.exceptions import RouteError
from nexios.routing.builtin_converters import (
    BoolConverter,
    ChoiceConverter,
    DateConverter,
    DateTimeConverter,
    FloatConverter,
    FunctionConverter,
    IntConverter,
    PathConverter,
    StrConverter,
    UUIDConverter,
)
from nexios.suggestion import did_you_mean

T = TypeVar("T")


class Converter(Protocol[T]):
    """The meaning of ``{name:converter}``: any hashable object with these two methods.

    A pattern never hands *convert* an empty text, nor, unless it is a PathConverter, one over 2 048 characters.
    """

    def convert(self, text: str) -> T:
        """The value of *text*; ValueError means that the pattern does not match."""
        ...

    def format(self, value: T) -> str:
        """The text of *value*, not percent-encoded; ValueError means that it cannot be written."""
        ...


ConverterLike: TypeAlias = Converter[Any] | type[Any] | Callable[[str], Any]


def enum_converter(enum: type[Enum]) -> Converter[Any]:
    """Members by the text of their values; RouteError where a value is not a str, int or bool."""
    return ChoiceConverter(enum)


def literal_converter(values: Iterable[Any]) -> Converter[Any]:
    """The values of a ``Literal``; RouteError where one is not a str, int, bool or such an enum member."""
    return ChoiceConverter(values)


class Converters:
    """Converters by name: an application's own over those of its *parent*."""

    def __init__(self, parent: Converters | None = None) -> None:
        self._parent = parent
        self._own: dict[str, Converter[Any]] = {}

    def register(self, name: str, converter: ConverterLike) -> None:
        """Make ``{parameter:name}`` mean *converter*, an object, class, enum or plain ``(str) -> value``.

        The newest registration of a name holds for the patterns declared after it.
        """
        if not name.isidentifier():
            raise RouteError(f"converter name {name!r} cannot stand in a pattern: use letters, digits and underscores")
        self._own[name] = as_converter(converter)

    def names(self) -> list[str]:
        inherited = self._parent.names() if self._parent else []
        return sorted({*inherited, *self._own})

    def __getitem__(self, name: str) -> Converter[Any]:
        if name in self._own:
            return self._own[name]
        if self._parent and name in self._parent:
            return self._parent[name]
        raise RouteError(
            f"unknown converter {name!r}; {did_you_mean(name, self.names())} "
            f"(own ones are added with register_path_converter({name!r}, ...))"
        )

    def __contains__(self, name: str) -> bool:
        return name in self._own or (self._parent is not None and name in self._parent)

    def for_annotation(self, annotation: object) -> Converter[Any] | None:
        """The converter of a handler's ``id: annotation``, None where there is none.

        Annotated, NewType and Optional count as what they wrap.
        """
        bare = annotation if annotation.__class__ is type else _unwrapped(annotation)
        if get_origin(bare) is Literal:
            return literal_converter(get_args(bare))
        if not isinstance(bare, type):
            return None
        if issubclass(bare, Enum):
            return enum_converter(bare)
        name = _NAMES.get(bare)
        return self[name] if name else None


def as_converter(given: ConverterLike) -> Converter[Any]:
    """Make a converter of an object or class with convert and format, an enum, or a plain ``(str) -> value``."""
    converter = _made_of(given)
    try:
        # Patterns of one shape share their place in the table, and a shape is a key.
        hash(converter)
    except TypeError:
        raise RouteError(
            f"converter {converter!r} must be hashable; for a dataclass: @dataclass(frozen=True)"
        ) from None
    return converter


def _made_of(given: Any) -> Converter[Any]:
    if isinstance(given, type) and issubclass(given, Enum):
        return enum_converter(given)
    if hasattr(given, "convert") and hasattr(given, "format"):
        return given() if isinstance(given, type) else given  # type: ignore[no-any-return]
    if callable(given):
        return FunctionConverter(given)
    raise RouteError(f"{given!r} is no converter: it needs convert(text) and format(value), or to be callable")


def _unwrapped(annotation: object) -> object:
    if isinstance(annotation, NewType):
        return _unwrapped(annotation.__supertype__)
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        return _unwrapped(members[0]) if len(members) == 1 else annotation
    return annotation


_BUILT_IN: dict[str, tuple[type, Converter[Any]]] = {
    "str": (str, StrConverter()),
    "int": (int, IntConverter()),
    "float": (float, FloatConverter()),
    "bool": (bool, BoolConverter()),
    "uuid": (UUID, UUIDConverter()),
    "date": (date, DateConverter()),
    "datetime": (datetime, DateTimeConverter()),
}
_NAMES = {annotation: name for name, (annotation, _) in _BUILT_IN.items()}

# The converters of every application; each adds its own over them.
path_converters = Converters()
path_converters.register("path", PathConverter())
for _name, (_, _converter) in _BUILT_IN.items():
    path_converters.register(_name, _converter)


def register_path_converter(name: str, converter: ConverterLike) -> None:
    """Add a converter to every application of the process."""
    path_converters.register(name, converter)

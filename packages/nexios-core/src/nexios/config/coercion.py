"""Values of any declared type: unions, containers and dataclasses around the scalars. Raises Invalid."""

from __future__ import annotations

import collections.abc as abc
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import is_dataclass
from itertools import repeat, takewhile
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from nexios.config.environment import Tree, variable_name
from nexios.config.invalid import Invalid, Problems, unfit
from nexios.config.layers import fields_with_types, inside, is_required, layer_of_instance, layer_of_mapping
from nexios.config.scalars import Text, scalar
from nexios.exceptions import ConfigurationError

S = TypeVar("S")

# What a field of this type receives; an interface for reading only gets the immutable type.
_SERIES: dict[Any, Callable[[Iterable[object]], object]] = {
    list: list,
    set: set,
    frozenset: frozenset,
    tuple: tuple,
    abc.Sequence: tuple,
    abc.Collection: tuple,
    abc.Iterable: tuple,
    abc.MutableSequence: list,
    abc.Set: frozenset,
    abc.MutableSet: set,
}
_MAPPINGS = (dict, abc.Mapping, abc.MutableMapping)


def build(shape: type[S], layers: Sequence[object], where: str) -> S:
    """Make a *shape*; each field comes from the first of *layers* that has it, nested dataclasses field by field."""
    problems = Problems()
    read = [_layer(shape, layer, where, problems) for layer in layers]
    values: dict[str, object] = {}
    for field, annotation in fields_with_types(shape):
        place = inside(where, field.name)
        found = [layer[field.name] for layer in read if field.name in layer]
        if found:
            values[field.name] = problems.attempt(_resolve, found, annotation, place)
        elif is_required(field):
            problems.append(_required(place))
    problems.raise_any()
    return _construct(shape, values, where)


def _required(where: str) -> str:
    # The items of a list or mapping have no variables of their own.
    variable = "" if "[" in where else f" or set {variable_name(where)}"
    return f"{where}: required; give it in MakeConfig{variable}"


def _construct(shape: type[S], values: dict[str, object], where: str) -> S:
    try:
        return shape(**values)
    except (ValueError, ConfigurationError) as error:
        raise Invalid(f"{where or shape.__name__}: {error}") from error


def _layer(shape: type, given: object, where: str, problems: Problems) -> Mapping[str, object]:
    if isinstance(given, shape):
        return layer_of_instance(given)
    content = _json(given) if isinstance(given, Text) else given
    if not isinstance(content, Mapping):
        raise unfit(where, shape, given)
    return layer_of_mapping(shape, content, where, problems)


def _resolve(found: Sequence[object], annotation: Any, where: str) -> object:
    """The first of *found*; where that is a part of a nested dataclass, the next ones fill what it leaves open."""
    shape = _nested_shape(annotation)
    if shape is None or not isinstance(found[0], Mapping):
        return coerce(found[0], annotation, where)
    parts = takewhile(lambda value: isinstance(value, Mapping | shape), found)
    return build(shape, list(parts), where)


def _nested_shape(annotation: Any) -> type | None:
    for member in (annotation, *get_args(annotation)) if _is_union(annotation) else (annotation,):
        if isinstance(member, type) and is_dataclass(member):
            return member
    return None


def coerce(value: object, annotation: Any, where: str) -> object:
    """Return *value* as *annotation* declares it; *where* is its place in the configuration."""
    annotation = _unwrapped(annotation)
    origin = get_origin(annotation) or annotation
    if _is_union(annotation):
        return _union(value, annotation, where)
    if origin is Literal:
        return _literal(value, annotation, where)
    if origin in _SERIES:
        return _series(value, annotation, where)
    if origin in _MAPPINGS:
        return _mapping(value, annotation, where)
    if isinstance(origin, type) and is_dataclass(origin):
        return value if isinstance(value, origin) else build(origin, [value], where)
    # Type variables and the like say nothing that could be checked.
    kind = origin if isinstance(origin, type) and origin is not Any else object
    if kind is object and isinstance(value, Tree):
        return _mapping(value, dict, where)
    try:
        return scalar(value, kind)
    except (ValueError, TypeError, OverflowError):
        raise unfit(where, annotation, value) from None


def _unwrapped(annotation: Any) -> Any:
    """What a NewType or a ``type`` statement stands for."""
    inner = getattr(annotation, "__supertype__", None) or getattr(annotation, "__value__", None)
    return annotation if inner is None else _unwrapped(inner)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _union(value: object, annotation: Any, where: str) -> object:
    """The first member that accepts *value*; a variable set to nothing is None where None is allowed."""
    members = [member for member in get_args(annotation) if member is not NoneType]
    empty = value is None or (isinstance(value, Text) and not value.text)
    if empty and NoneType in get_args(annotation):
        return None
    if len(members) == 1:
        return coerce(value, members[0], where)
    for member in members:
        with suppress(Invalid):
            return coerce(value, member, where)
    raise unfit(where, annotation, value)


def _literal(value: object, annotation: Any, where: str) -> object:
    for choice in get_args(annotation):
        with suppress(ValueError):
            if scalar(value, type(choice)) == choice:
                return choice
    raise unfit(where, annotation, value)


def _series(value: object, annotation: Any, where: str) -> object:
    origin, kinds = get_origin(annotation) or annotation, get_args(annotation)
    items = _split(value) if isinstance(value, Text) else value
    if not isinstance(items, Collection) or isinstance(items, str | bytes | Mapping):
        raise unfit(where, annotation, value)
    if origin is tuple and kinds and kinds[-1] is not Ellipsis:
        if len(items) != len(kinds):
            raise unfit(where, annotation, value)
        each: Iterable[Any] = kinds
    else:
        each = repeat(kinds[0] if kinds else object)
    problems = Problems()
    built = [
        problems.attempt(coerce, item, kind, f"{where}[{index}]")
        for index, (item, kind) in enumerate(zip(items, each, strict=False))
    ]
    problems.raise_any()
    return _SERIES[origin](built)


def _split(value: Text) -> object:
    """A JSON array, or texts separated by commas."""
    if value.text.lstrip().startswith("["):
        return _json(value)
    parts = (part.strip() for part in value.text.split(","))
    return [Text(part, value.variable) for part in parts if part]


def _mapping(value: object, annotation: Any, where: str) -> dict[object, object]:
    content = _json(value) if isinstance(value, Text) else value
    if not isinstance(content, Mapping):
        raise unfit(where, annotation, value)
    key_kind, value_kind = get_args(annotation) or (object, object)
    problems = Problems()
    built: dict[object, object] = {}
    for key, item in content.items():
        place = f"{where}[{key!r}]"
        built[problems.attempt(coerce, key, key_kind, place)] = problems.attempt(coerce, item, value_kind, place)
    problems.raise_any()
    return built


def _json(value: Text) -> object:
    try:
        return json.loads(value.text)
    except (ValueError, RecursionError):
        return None

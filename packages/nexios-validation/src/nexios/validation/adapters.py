"""Adapters: one type each, with what reads it from bytes, writes it to bytes, and tells what was wrong.

They are made when a route is declared and shared by all routes that name the type.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypedDict, get_args, get_origin

import pydantic
from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic_core import PydanticSerializationError, from_json

from nexios.exceptions import BadRequest
from nexios.validation.msgspec_adapter import MsgspecAdapter, holds_struct
from nexios.validation.problems import MOST_ENTRIES, pointer
from nexios.validation.shapes import Shape, fields_of, has_choices, shape_of
from nexios.validation.strictness import Check, check_for

Mistakes: TypeAlias = list[dict[str, Any]]


class Found(TypedDict):
    """One mistake, in the words of pydantic: its place, what was expected, and its type."""

    loc: tuple[Any, ...]
    msg: str
    type: str


# What pydantic raises for a type it has no schema for, or not yet.
UNFIT: Final = (PydanticSchemaGenerationError, PydanticUserError, PydanticUndefinedAnnotation)

# A serializer that meets what its type does not have warns and writes it all the same: here, and only here, it must
# not. Asking for an error in each call would take as long as the call.
warnings.filterwarnings("error", "Pydantic serializer warnings", UserWarning, re.escape(__name__))


class Adapter(Protocol):
    """One type, whichever library knows it. *refused* are the exceptions of values that do not fit."""

    @property
    def refused(self) -> tuple[type[Exception], ...]: ...
    @property
    def annotation(self) -> Any: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def fields(self) -> dict[str, Shape] | None: ...

    @property
    def check(self) -> Check:
        """What a body is looked at for before it is read, because *read_json* would take it."""
        ...

    @property
    def read_json(self) -> Callable[[bytes], Any]:
        """JSON to a value. Raises one of *refused*."""
        ...

    @property
    def read(self) -> Callable[[Any], Any]:
        """Strings and decoded JSON to a value. Raises one of *refused*."""
        ...

    def mistakes(self, error: Any, data: bytes | None = None) -> Sequence[Found]:
        """The first mistakes, at most `MOST_ENTRIES`; *data* is the JSON that was read."""
        ...

    def writer(self, options: Mapping[str, Any], *, thorough: bool = False) -> Callable[[Any], bytes]:
        """What writes a value as JSON, with nothing in it that the type does not have. Raises one of *refused*.

        *thorough* validates instances of the type anew, too.
        """
        ...


@functools.lru_cache(maxsize=4096)
def _cached(annotation: Any) -> Adapter:
    return _make(annotation)


def adapter_for(annotation: Any) -> Adapter:
    """The adapter of *annotation*. Raises one of `UNFIT` for a type that nothing is known of."""
    try:
        hash(annotation)
    except TypeError:
        return _make(annotation)
    return _cached(annotation)


def _make(annotation: Any) -> Adapter:
    return MsgspecAdapter(annotation) if holds_struct(annotation) else PydanticAdapter(annotation)


class PydanticAdapter:
    """A type that pydantic knows: bytes go straight into its validator, and straight out of its serializer."""

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation
        self.refused: tuple[type[Exception], ...] = (
            pydantic.ValidationError,
            PydanticSerializationError,
            UserWarning,
        )
        self.types: TypeAdapter[Any] = TypeAdapter(annotation)
        self.types.rebuild(raise_errors=True)
        schema: Any = self.types.core_schema
        self.shape: Shape = shape_of(schema)
        self.fields: dict[str, Shape] | None = fields_of(schema)
        self._has_choices = has_choices(schema)
        self.check: Check = check_for(schema)
        self.read_json: Callable[[bytes], Any] = self.types.validator.validate_json
        self.read: Callable[..., Any] = self.types.validator.validate_python

    def mistakes(self, error: pydantic.ValidationError, data: bytes | None = None) -> Sequence[Found]:
        # Neither the input nor the context: both may hold what the client must not see again, or a log keep.
        errors: Sequence[Any] = error.errors(include_url=False, include_context=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            raise BadRequest(f"the body is not valid JSON ({errors[0]['msg'].removeprefix('Invalid JSON: ')})")
        if len(errors) > MOST_ENTRIES:
            errors = errors[:MOST_ENTRIES]
        if self._has_choices:
            content = None if data is None else from_json(data)
            for each in errors:
                each["msg"] = _UNECHOED.get(each["type"], each["msg"])
                each["loc"] = each["loc"] if content is None else _in_input(each["loc"], content, each["type"])
        return errors

    def writer(self, options: Mapping[str, Any], *, thorough: bool = False) -> Callable[[Any], bytes]:
        given = {"by_alias": True, **options}
        to_json: Callable[[Any], bytes] = functools.partial(self.types.serializer.to_json, **given)
        accept = functools.partial(self.read, from_attributes=True, by_alias=True, by_name=True)
        accept_plain = functools.partial(self.read, by_alias=False, by_name=True)
        kind = self.annotation if _is_model(self.annotation) else None

        def write(value: Any) -> bytes:
            # Whoever holds an instance has validated it; anything else becomes one, and so loses what is extra.
            return to_json(value if value.__class__ is kind else accept(value))

        to_strict_json: Callable[[Any], bytes] = functools.partial(
            self.types.serializer.to_json, **{**given, "warnings": "error"}
        )

        def write_list(value: Any) -> bytes:
            if value.__class__ is not list:
                return to_json(accept(value))
            try:  # serializing finds what is no instance, without a look at each
                return to_strict_json(value)
            except PydanticSerializationError:
                return to_json(accept(value))

        def write_thoroughly(value: Any) -> bytes:
            # Instances are taken as they are, whatever they hold by now: only plain values are looked at again.
            plain = self.types.dump_python(accept(value), by_alias=False, round_trip=True)
            return to_json(accept_plain(plain))

        if thorough:
            return write_thoroughly
        return write_list if _lists_models(self.annotation) else write


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)


def _lists_models(annotation: Any) -> bool:
    return get_origin(annotation) is list and _is_model(get_args(annotation)[0])


# Messages that would repeat what the client sent.
_UNECHOED: Final = {"union_tag_invalid": "Input should have one of the tags that are known here"}


def _in_input(place: Sequence[Any], content: Any, kind: str) -> tuple[Any, ...]:
    """The parts of *place* that are in the input; the others name choices of a union."""
    found: list[Any] = []
    for number, part in enumerate(place):
        is_last = number == len(place) - 1
        if isinstance(content, dict) and (part in content or (is_last and kind == "missing")):
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
        else:
            continue
        found.append(part)
    return tuple(found)


def to_mistakes(location: str, error: Any, adapter: Adapter, data: bytes | None = None) -> Mistakes:
    """The entries of a problem document for *error*: those of a body have a pointer, all others a name."""
    found = adapter.mistakes(error, data)
    if location == "body":
        return [
            {"in": "body", "pointer": pointer(each["loc"]), "detail": each["msg"], "type": each["type"]}
            for each in found
        ]
    return [_of_parameter(location, each) for each in found]


def _of_parameter(location: str, found: Found) -> dict[str, Any]:
    place = found["loc"]
    entry = {"in": location, "name": str(place[0]) if place else "", "detail": found["msg"], "type": found["type"]}
    inner = tuple([part for part in place[1:] if isinstance(part, int)])
    return entry | {"pointer": pointer(inner)} if inner else entry

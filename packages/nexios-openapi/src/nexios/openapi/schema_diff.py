"""Whether one JSON Schema takes everything that another one takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

# A bound, and whether a larger value of it refuses more.
_BOUNDS: Final = {
    "minimum": True,
    "exclusiveMinimum": True,
    "minLength": True,
    "minItems": True,
    "minProperties": True,
    "maximum": False,
    "exclusiveMaximum": False,
    "maxLength": False,
    "maxItems": False,
    "maxProperties": False,
}
_TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
# Recursive types are compared to this depth.
_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class Side:
    """A schema in the document that its references point into."""

    schema: Mapping[str, Any]
    document: Mapping[str, Any]

    def at(self, schema: Any) -> Side:
        """Another schema of the same document, references followed."""
        while isinstance(schema, Mapping) and "$ref" in schema:
            schema = _pointed_to(self.document, schema["$ref"])
        return Side(schema if isinstance(schema, Mapping) else {}, self.document)

    @property
    def types(self) -> frozenset[str]:
        given = self.schema.get("type")
        if given is None:
            return _types_of_values(self.values) if self.values is not None else _TYPES
        return frozenset([given] if isinstance(given, str) else given)

    @property
    def values(self) -> list[Any] | None:
        if "const" in self.schema:
            return [self.schema["const"]]
        values = self.schema.get("enum")
        return None if values is None else list(values)

    @property
    def choices(self) -> list[Side] | None:
        for word in ("anyOf", "oneOf"):
            if word in self.schema:
                return [self.at(each) for each in self.schema[word]]
        return None

    @property
    def properties(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.schema.get("properties", {})
        return found

    @property
    def required(self) -> frozenset[str]:
        return frozenset(self.schema.get("required", ()))


def refusals(taken: Side, by: Side, place: str = "", depth: int = 0) -> Iterator[str]:
    """What the schema *taken* takes and the schema *by* does not, in words."""
    taken, by = taken.at(taken.schema), by.at(by.schema)
    if depth > _DEPTH or taken.schema == by.schema == {}:
        return
    choices = taken.choices
    if choices is not None:
        for each in choices:
            yield from refusals(each, by, place, depth + 1)
        return
    others = by.choices
    if others is not None:
        if any(next(refusals(taken, each, place, depth + 1), None) is None for each in others):
            return
        yield f"{place or 'the value'} as {_kind(taken)}"
        return
    yield from _of_types(taken, by, place)
    yield from _of_values(taken, by, place)
    yield from _of_bounds(taken, by, place)
    yield from _of_properties(taken, by, place, depth)
    if "items" in by.schema and "array" in taken.types & by.types:
        yield from refusals(taken.at(taken.schema.get("items", {})), by.at(by.schema["items"]), f"{place}[]", depth + 1)


def _of_types(taken: Side, by: Side, place: str) -> Iterator[str]:
    lost = taken.types - by.types
    if "number" in by.types:
        lost -= {"integer"}
    if lost:
        yield f"{place or 'the value'} as {' or '.join(sorted(lost))}"


def _of_values(taken: Side, by: Side, place: str) -> Iterator[str]:
    allowed = by.values
    if allowed is None:
        return
    if taken.values is None:
        yield f"{place or 'the value'} other than {_listed(allowed)}"
        return
    lost = [value for value in taken.values if value not in allowed]
    if lost:
        yield f"{place or 'the value'} {_listed(lost)}"


def _of_bounds(taken: Side, by: Side, place: str) -> Iterator[str]:
    for word, larger_refuses in _BOUNDS.items():
        bound = by.schema.get(word)
        if bound is None:
            continue
        before = taken.schema.get(word)
        if before is None or (bound > before if larger_refuses else bound < before):
            yield f"{place or 'the value'} beyond {word} {bound}" + (f", it was {before}" if before is not None else "")
    for word in ("pattern", "format", "multipleOf"):
        if word in by.schema and by.schema[word] != taken.schema.get(word):
            yield f"{place or 'the value'} that does not fit the {word} {by.schema[word]!r}"


def _of_properties(taken: Side, by: Side, place: str, depth: int) -> Iterator[str]:
    if "object" not in taken.types & by.types:
        return
    for name in sorted(by.required - taken.required):
        yield f"{place or 'the value'} without {name!r}"
    closed = by.schema.get("additionalProperties") is False
    for name, schema in taken.properties.items():
        inner = f"{place}.{name}" if place else name
        if name in by.properties:
            yield from refusals(taken.at(schema), by.at(by.properties[name]), inner, depth + 1)
        elif closed:
            yield inner
    if (
        closed
        and taken.schema.get("additionalProperties", True) is not False
        and not taken.properties == {} == by.properties
    ):
        yield f"further properties of {place or 'the value'}"


def _kind(side: Side) -> str:
    return " or ".join(sorted(side.types)) if side.types != _TYPES else "anything"


def _listed(values: list[Any]) -> str:
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values)


def _types_of_values(values: list[Any]) -> frozenset[str]:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return frozenset("null" if value is None else names[type(value)] for value in values)


def _pointed_to(document: Mapping[str, Any], reference: str) -> Any:
    part: Any = document
    for name in reference.removeprefix("#/").split("/"):
        part = part.get(name.replace("~1", "/").replace("~0", "~"), {}) if isinstance(part, Mapping) else {}
    return part

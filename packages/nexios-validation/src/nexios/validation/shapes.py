"""What kind of value a pydantic core schema describes: one that fits into a query field, a list of those, or more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

Shape: TypeAlias = Literal["scalar", "list", "object"]

# Types that surround another schema, and the key that holds it.
_INSIDE: Final = {
    "default": "schema",
    "nullable": "schema",
    "function-before": "schema",
    "function-after": "schema",
    "function-wrap": "schema",
    "definitions": "schema",
    "lax-or-strict": "lax_schema",
    "json-or-python": "json_schema",
    "model": "schema",
    "dataclass": "schema",
}
_SERIES: Final = frozenset({"list", "set", "frozenset", "tuple", "generator"})
_OBJECTS: Final = frozenset(
    {"model", "model-fields", "dataclass", "dataclass-args", "typed-dict", "dict", "any", "tagged-union",
     "definition-ref", "arguments", "call"}
)  # fmt: skip
_FIELDS: Final = frozenset({"model-fields", "dataclass-args", "typed-dict"})


def shape_of(schema: Mapping[str, Any]) -> Shape:
    """How much *schema* describes."""
    kind = schema["type"]
    if kind in _OBJECTS:
        return "object"
    if kind in _SERIES:
        items = schema.get("items_schema", [])
        parts = items if isinstance(items, list) else [items]
        return "list" if all(shape_of(part) == "scalar" for part in parts) else "object"
    if kind == "union":
        shapes = {shape_of(choice[0] if isinstance(choice, tuple) else choice) for choice in schema["choices"]}
        return "object" if "object" in shapes else "list" if "list" in shapes else "scalar"
    if kind == "chain":
        return shape_of(schema["steps"][0])
    if kind in _INSIDE:
        return shape_of(_inner(schema))
    return "scalar"


def fields_of(schema: Mapping[str, Any]) -> dict[str, Shape] | None:
    """The shapes of the fields of an object, by the name that input gives them; None for what has no fields."""
    named = {each["ref"]: each for each in schema.get("definitions", ()) if "ref" in each}
    while schema["type"] not in _FIELDS:
        if schema["type"] == "definition-ref":
            schema = named[schema["schema_ref"]]
        elif schema["type"] in _INSIDE:
            schema = _inner(schema)
        else:
            return None
    fields = schema["fields"]
    pairs = fields.items() if isinstance(fields, dict) else ((each["name"], each) for each in fields)
    return {_input_name(name, field): shape_of(field["schema"]) for name, field in pairs}


def has_choices(schema: Any) -> bool:
    """Whether errors may name a choice of a union, or a step of a validator, as if it were a part of the input."""
    return any(
        each.get("type") in ("union", "tagged-union", "function-wrap", "lax-or-strict") for each in _walk(schema)
    )


def _walk(schema: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list | tuple):
            waiting += part


def _inner(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    inner: Mapping[str, Any] = schema[_INSIDE[schema["type"]]]
    return inner


def _input_name(name: str, field: Mapping[str, Any]) -> str:
    alias = field.get("validation_alias")
    return alias if isinstance(alias, str) else name

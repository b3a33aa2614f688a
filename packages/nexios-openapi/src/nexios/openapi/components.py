"""The schemas of a document: every type once, by a name that no other type has."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from nexios.exceptions import ConfigurationError
from nexios.validation.adapters import Adapter, PydanticAdapter

Mode: TypeAlias = Literal["validation", "serialization"]
Schema: TypeAlias = dict[str, Any]

PREFIX: Final = "#/components/schemas/"


class OpenAPIError(ConfigurationError):
    """Something that an application serves cannot be documented as declared."""


class _Generator(GenerateJsonSchema):
    """Without titles that only repeat the name of a field."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Components:
    """Collects the types that a document names, then makes their schemas all together.

    `want` gives a key, `schema` the schema for it once `generate` has run.
    """

    def __init__(self) -> None:
        self._wanted: dict[tuple[int, Mode], tuple[Adapter, Mode, str]] = {}
        self._schemas: dict[tuple[int, Mode], Schema] = {}
        self.definitions: dict[str, Schema] = {}

    def want(self, adapter: Adapter, mode: Mode, where: str) -> tuple[int, Mode]:
        """Ask for the schema of *adapter*; *where* names the handler, for the error that may follow."""
        key = (id(adapter), mode)
        self._wanted.setdefault(key, (adapter, mode, where))
        return key

    def schema(self, key: tuple[int, Mode]) -> Schema:
        return self._schemas[key]

    def resolved(self, schema: Schema) -> Schema:
        """*schema*, or what it refers to."""
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].removeprefix(PREFIX)]
        return schema

    def generate(self) -> None:
        """Make all schemas. Raises OpenAPIError naming the handler whose type has none."""
        by_pydantic = {key: each for key, each in self._wanted.items() if isinstance(each[0], PydanticAdapter)}
        try:
            self._generate_pydantic(by_pydantic)
        except PydanticInvalidForJsonSchema:
            _name_culprit(by_pydantic)
            raise
        self._generate_msgspec({key: each for key, each in self._wanted.items() if key not in by_pydantic})

    def _generate_pydantic(self, wanted: Mapping[tuple[int, Mode], tuple[Any, Mode, str]]) -> None:
        if not wanted:
            return
        made, shared = TypeAdapter.json_schemas(
            [(key[0], mode, adapter.types) for key, (adapter, mode, _) in wanted.items()],
            ref_template=PREFIX + "{model}",
            schema_generator=_Generator,
        )
        self.definitions |= shared.get("$defs", {})
        # Keyed by what it was asked with; the annotation of pydantic says less.
        self._schemas |= {(number, mode): dict(schema) for (number, mode), schema in made.items()}

    def _generate_msgspec(self, wanted: Mapping[tuple[int, Mode], tuple[Adapter, Mode, str]]) -> None:
        if not wanted:
            return
        adapters = {id(adapter): adapter for adapter, _, _ in wanted.values()}
        msgspec: Any = sys.modules["msgspec"]
        made: tuple[Any, dict[str, Schema]] = msgspec.json.schema_components(
            [adapter.annotation for adapter in adapters.values()], ref_template=PREFIX + "{name}"
        )
        schemas, shared = made
        renamed: dict[str, str] = {name: f"{name}_struct" for name in shared if name in self.definitions}
        for name, schema in shared.items():
            self.definitions[renamed.get(name) or name] = _renamed(schema, renamed)
        by_adapter = dict(zip(adapters, (_renamed(schema, renamed) for schema in schemas), strict=True))
        self._schemas |= {key: by_adapter[key[0]] for key in wanted}

    def used_by(self, document: Any) -> dict[str, Schema]:
        """The definitions that *document* refers to, directly or through others, sorted by name."""
        used: set[str] = set()
        waiting = list(_references(document))
        while waiting:
            name = waiting.pop()
            if name not in used and name in self.definitions:
                used.add(name)
                waiting += _references(self.definitions[name])
        return {name: self.definitions[name] for name in sorted(used)}


def _name_culprit(wanted: Mapping[tuple[int, Mode], tuple[Any, Mode, str]]) -> None:
    for adapter, mode, where in wanted.values():
        try:
            adapter.types.json_schema(mode=mode)
        except PydanticInvalidForJsonSchema as unfit:
            raise OpenAPIError(
                f"{where} cannot be documented: {str(unfit).partition(chr(10))[0]}; give the type a JSON schema with "
                "pydantic's WithJsonSchema, or leave the route out with include_in_schema=False"
            ) from unfit


def _references(part: Any) -> Iterator[str]:
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            for key, value in each.items():
                if key == "$ref" and isinstance(value, str):
                    yield value.removeprefix(PREFIX)
                elif key == "mapping" and isinstance(value, dict):  # of a discriminator
                    yield from (str(target).removeprefix(PREFIX) for target in value.values())
                else:
                    waiting.append(value)
        elif isinstance(each, list | tuple):
            waiting += each


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    if not names:
        return part
    if isinstance(part, dict):
        return {
            key: PREFIX + names.get(value.removeprefix(PREFIX), value.removeprefix(PREFIX))
            if key == "$ref"
            else _renamed(value, names)
            for key, value in part.items()
        }
    return [_renamed(each, names) for each in part] if isinstance(part, list) else part

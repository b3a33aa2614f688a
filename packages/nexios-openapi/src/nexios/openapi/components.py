"""The schemas of a document: every type once, by a name that no other type has."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from nexios.exceptions import ConfigurationError
from nexios.validation.adapters import Adapter, PydanticAdapter

Mode: TypeAlias = Literal["validation", "serialization"]
Schema: TypeAlias = dict[str, Any]


class Manner(NamedTuple):
    """How answers are written, by the options of their routes."""

    by_alias: bool = True
    without_null: bool = False


USUAL: Final = Manner()
# A type that is written in several manners has a name for each.
_SUFFIXES: Final = {
    Manner(False, False): "_by_name",
    Manner(True, True): "_filled",
    Manner(False, True): "_filled_by_name",
}


class Key(NamedTuple):
    """What a schema is asked for with."""

    adapter: int
    mode: Mode
    manner: Manner = USUAL


PREFIX: Final = "#/components/schemas/"


class OpenAPIError(ConfigurationError):
    """Something that an application serves cannot be documented as declared."""


class _Generator(GenerateJsonSchema):
    """Without titles that only repeat the name of a field."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class _FilledGenerator(_Generator):
    """For answers without what is None: it may always be missing."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return super().field_is_required(field, total) and not _may_be_none(field["schema"])


def _may_be_none(schema: Any) -> bool:
    while "schema" in schema and schema["type"] != "nullable":
        schema = schema["schema"]
    return schema["type"] in ("nullable", "none", "any")


class Components:
    """Collects the types that a document names, then makes their schemas all together.

    `want` gives a key, `schema` the schema for it once `generate` has run.
    """

    def __init__(self) -> None:
        self._wanted: dict[Key, tuple[Adapter, str]] = {}
        self._schemas: dict[Key, Schema] = {}
        self.definitions: dict[str, Schema] = {}

    def want(self, adapter: Adapter, mode: Mode, where: str, manner: Manner = USUAL) -> Key:
        """Ask for the schema of *adapter*; *where* names the handler, for the error that may follow."""
        key = Key(id(adapter), mode, manner)
        self._wanted.setdefault(key, (adapter, where))
        return key

    def schema(self, key: Key) -> Schema:
        return self._schemas[key]

    def resolved(self, schema: Schema) -> Schema:
        """*schema*, or what it refers to."""
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].removeprefix(PREFIX)]
        return schema

    def generate(self) -> None:
        """Make all schemas. Raises OpenAPIError naming the handler whose type has none."""
        by_pydantic = {key: each for key, each in self._wanted.items() if isinstance(each[0], PydanticAdapter)}
        for manner in sorted({key.manner for key in by_pydantic}, key=lambda each: each != USUAL):
            wanted = {key: each for key, each in by_pydantic.items() if key.manner == manner}
            try:
                self._generate_pydantic(wanted, manner)
            except PydanticInvalidForJsonSchema:
                _name_culprit(wanted)
                raise
        self._generate_msgspec({key: each for key, each in self._wanted.items() if key not in by_pydantic})

    def _generate_pydantic(self, wanted: Mapping[Key, tuple[Any, str]], manner: Manner) -> None:
        made, shared = TypeAdapter.json_schemas(
            [(key.adapter, key.mode, adapter.types) for key, (adapter, _) in wanted.items()],
            by_alias=manner.by_alias,
            ref_template=PREFIX + "{model}",
            schema_generator=_FilledGenerator if manner.without_null else _Generator,
        )
        # Keyed by what it was asked with; the annotation of pydantic says less.
        schemas = {Key(number, mode, manner): dict(schema) for (number, mode), schema in made.items()}
        self._add(shared.get("$defs", {}), schemas, _SUFFIXES.get(manner, ""))

    def _add(self, shared: Mapping[str, Schema], schemas: Mapping[Key, Schema], suffix: str) -> None:
        """Take *shared* in; what has the name of something else gets a *suffix*, also where it is referred to."""
        renamed = self._renames(shared, suffix)
        for name, schema in shared.items():
            self.definitions[renamed.get(name) or name] = _renamed(schema, renamed)
        self._schemas |= {key: _renamed(schema, renamed) for key, schema in schemas.items()}

    def _renames(self, shared: Mapping[str, Schema], suffix: str) -> dict[str, str]:
        """New names for those of *shared* whose names stand for something else, itself or in what it refers to."""
        known = {name for name in shared if name in self.definitions}
        found = {name for name in known if self.definitions[name] != shared[name]}
        while more := {name for name in known - found if found.intersection(_references(shared[name]))}:
            found |= more
        renamed: dict[str, str] = {}
        for name in sorted(found):
            new = name + suffix
            while new in self.definitions or new in shared:
                new += "_"
            renamed[name] = new
        return renamed

    def _generate_msgspec(self, wanted: Mapping[Key, tuple[Adapter, str]]) -> None:
        if not wanted:
            return
        adapters = {id(adapter): adapter for adapter, _ in wanted.values()}
        msgspec: Any = sys.modules["msgspec"]
        made: tuple[Any, dict[str, Schema]] = msgspec.json.schema_components(
            [adapter.annotation for adapter in adapters.values()], ref_template=PREFIX + "{name}"
        )
        schemas, shared = made
        by_adapter = dict(zip(adapters, schemas, strict=True))
        self._add(shared, {key: by_adapter[key.adapter] for key in wanted}, "_struct")

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


def _name_culprit(wanted: Mapping[Key, tuple[Any, str]]) -> None:
    for key, (adapter, where) in wanted.items():
        try:
            adapter.types.json_schema(mode=key.mode)
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
        return {key: _renamed_value(key, value, names) for key, value in part.items()}
    return [_renamed(each, names) for each in part] if isinstance(part, list) else part


def _renamed_value(key: str, value: Any, names: Mapping[str, str]) -> Any:
    if key == "$ref" and isinstance(value, str):
        return _renamed_reference(value, names)
    if key == "mapping" and isinstance(value, dict):  # of a discriminator
        return {tag: _renamed_reference(str(target), names) for tag, target in value.items()}
    return _renamed(value, names)


def _renamed_reference(reference: str, names: Mapping[str, str]) -> str:
    name = reference.removeprefix(PREFIX)
    return PREFIX + names.get(name, name)

"""MakeConfig: the application's values, and the environment over them, as the dataclasses that parts of it declare."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, TypeVar, cast

from nexios.config.coercion import build
from nexios.config.environment import section_tree, top_level
from nexios.config.invalid import Problems
from nexios.config.layers import spellings
from nexios.config.values import ConfigValues
from nexios.exceptions import ConfigurationError

S = TypeVar("S")

_NO_ARGUMENTS: Mapping[str, Mapping[str, object]] = {}


class MakeConfig(ConfigValues):
    """The configuration of one application: ``MakeConfig(debug=True, cors={"allowed_origins": [...]})``.

    A section is a mapping (or an instance of the section's dataclass). Keys that no section declares are the
    application's own. *environ* stands in for ``os.environ``; it is read when a section is built.
    """

    __slots__ = ("_environ",)

    _environ: Mapping[str, str]

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        environ: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__({**(values or {}), **more})
        object.__setattr__(self, "_environ", os.environ if environ is None else environ)

    def section(self, name: str, shape: type[S], /, **arguments: object) -> S:
        """Build the dataclass *shape*: *arguments*, then ``NEXIOS_<NAME>__<FIELD>``, then the section, then defaults.

        The empty name is the top level (``NEXIOS_<FIELD>``). Raises ConfigurationError with every mistake in it.
        """
        return cast(S, self.sections({name: shape}, {name: arguments})[name])

    def sections(
        self,
        shapes: Mapping[str, type],
        arguments: Mapping[str, Mapping[str, object]] = _NO_ARGUMENTS,
    ) -> dict[str, object]:
        """Build several sections; one ConfigurationError lists the mistakes of all of them, one a line."""
        problems = Problems()
        built: dict[str, object] = {
            name: problems.attempt(self._build, name, shape, arguments.get(name, {})) for name, shape in shapes.items()
        }
        if problems:
            raise ConfigurationError("\n".join(problems))
        return built

    def _build(self, name: str, shape: type[S], arguments: Mapping[str, object]) -> S:
        if not (isinstance(shape, type) and is_dataclass(shape)):
            raise TypeError(f"a section is declared by a dataclass, not by {shape!r}")
        if name:
            layers = [arguments, section_tree(self._environ, name), self._values.get(name, {})]
        else:
            names = spellings(shape)
            mine = {key: value for key, value in self._values.items() if key in names}
            layers = [arguments, top_level(self._environ, names), mine]
        return cast(S, build(shape, layers, name))

"""A read-only mapping whose keys are attributes too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from nexios.suggestion import did_you_mean


class ConfigValues(Mapping[str, Any]):
    """``values["name"]`` and ``values.name``; a mapping inside is given as ConfigValues again.

    A key that is also a method (``get``, ``items``, ``keys``, ``values``) is reached as an item only. The repr shows
    keys and no values, because any of them may be a secret.
    """

    __slots__ = ("_values",)

    _values: Mapping[str, Any]

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", values)

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return ConfigValues(value) if isinstance(value, Mapping) else value

    def __getattr__(self, name: str) -> Any:
        # Python asks for names with an underscore (copy, pickle) before there are values to look into.
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._values:
            raise AttributeError(f"the configuration has no {name!r}: {did_you_mean(name, map(str, self))}")
        return self[name]

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a configuration is read-only: pass {name}=... where it is made")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self))})"

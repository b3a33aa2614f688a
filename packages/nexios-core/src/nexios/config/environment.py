"""The part of the environment that belongs to a section, as a tree: NEXIOS_SESSION__REDIS__URL is session.redis.url."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nexios.config.invalid import Invalid
from nexios.config.scalars import Text

_PREFIX = "NEXIOS_"
_SEPARATOR = "__"


class Tree(dict[str, object]):
    """Variables below one name; the leaves are Text."""


def variable_name(where: str) -> str:
    """The environment variable that sets the field at *where*, for example ``session.redis.url``."""
    return _PREFIX + where.upper().replace("-", "_").replace(".", _SEPARATOR)


def top_level(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, object]:
    """Only *names* are read: other variables belong to sections or to the application."""
    wanted = {name: variable_name(name) for name in names}
    return {name: Text(environ[variable], variable) for name, variable in wanted.items() if variable in environ}


def section_tree(environ: Mapping[str, str], section: str) -> Tree:
    """Every variable of *section*; raises Invalid where one variable is set inside the value of another."""
    prefix = variable_name(section) + _SEPARATOR
    tree = Tree()
    for variable in sorted(environ):
        if variable.startswith(prefix):
            path = variable.removeprefix(prefix).lower().split(_SEPARATOR)
            _plant(tree, path, Text(environ[variable], variable))
    return tree


def _plant(tree: dict[str, Any], path: list[str], text: Text) -> None:
    *parents, leaf = path
    for parent in parents:
        tree = tree.setdefault(parent, Tree())
        if isinstance(tree, Text):
            raise Invalid(f"{text.variable}: {tree.variable} sets the whole of it already; keep one of the two")
    tree[leaf] = text

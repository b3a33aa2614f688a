"""What has changed between two documents, and whether clients of the old one can live with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nexios.openapi.schema_diff import Side, refusals

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


@dataclass(frozen=True, slots=True)
class Change:
    """One change. A *breaking* one makes a request fail that was fine, or an answer hold what no client expects."""

    where: str
    what: str
    breaking: bool

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'compatible'}  {self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Pair:
    """The same operation in both documents; *was* is where the old one has it."""

    where: str
    was: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    old_document: Mapping[str, Any]
    new_document: Mapping[str, Any]

    def old_side(self, schema: Any) -> Side:
        return Side({}, self.old_document).at(schema)

    def new_side(self, schema: Any) -> Side:
        return Side({}, self.new_document).at(schema)

    def breaks(self, what: str) -> Change:
        return Change(self.where, what, True)

    def fits(self, what: str) -> Change:
        return Change(self.where, what, False)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """The changes from the document *old* to *new*, breaking ones first."""
    before, after = _operations(old), _operations(new)
    changes = [
        Change(where, "is no longer served", True) for where, _ in before.items() if _key(where) not in _keys(after)
    ]
    changes += [Change(where, "is new", False) for where in after if _key(where) not in _keys(before)]
    renamed = {_key(where): (where, operation) for where, operation in after.items()}
    for where, operation in before.items():
        if _key(where) in renamed:
            other, described = renamed[_key(where)]
            changes += _of_operation(_Pair(other, where, operation, described, old, new))
    return sorted(changes, key=lambda change: (not change.breaking, change.where, change.what))


def _operations(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        f"{method.upper()} {path}": {**item[method], "parameters": _parameters_of(item, method)}
        for path, item in document.get("paths", {}).items()
        for method in METHODS
        if method in item
    }


def _parameters_of(item: Mapping[str, Any], method: str) -> list[Any]:
    return [*item.get("parameters", ()), *item[method].get("parameters", ())]


def _key(where: str) -> str:
    # The name of a path parameter is not on the wire.
    return re.sub(r"\{[^{}]*\}", "{}", where)


def _keys(operations: Mapping[str, Any]) -> set[str]:
    return {_key(where) for where in operations}


def _of_operation(pair: _Pair) -> Iterator[Change]:
    yield from _of_parameters(pair)
    yield from _of_body(pair)
    yield from _of_responses(pair)
    yield from _of_security(pair)
    if pair.new.get("deprecated") and not pair.old.get("deprecated"):
        yield pair.fits("is deprecated")


def _of_parameters(pair: _Pair) -> Iterator[Change]:
    old = _by_name(pair.old["parameters"], pair.was)
    new = _by_name(pair.new["parameters"], pair.where)
    for key, parameter in old.items():
        name = f"the {key[0]} parameter {parameter['name']!r}"
        if key not in new:
            yield pair.breaks(f"{name} is no longer read")
            continue
        if new[key].get("required") and not parameter.get("required"):
            yield pair.breaks(f"{name} is now required")
        yield from _of_input(pair, name, parameter.get("schema", {}), new[key].get("schema", {}))
    for key, parameter in new.items():
        if key not in old:
            name = f"the {key[0]} parameter {parameter['name']!r} is new"
            yield pair.breaks(f"{name} and required") if parameter.get("required") else pair.fits(name)


def _by_name(parameters: list[Any], where: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Parameters by place and name; those of the path by their position, since their names are not on the wire."""
    positions = re.findall(r"\{([^{}]*)\}", where)
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in parameters:
        name = (
            str(positions.index(each["name"])) if each["name"] in positions and each["in"] == "path" else each["name"]
        )
        found[each["in"], name.lower() if each["in"] == "header" else name] = each
    return found


def _of_input(pair: _Pair, name: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = pair.old_side(old), pair.new_side(new)
    for lost in refusals(before, after):
        yield pair.breaks(f"{name} no longer takes {lost}")
    for gained in refusals(after, before):
        yield pair.fits(f"{name} now takes {gained}")
    for unread in sorted(before.properties.keys() - after.properties.keys()):
        yield pair.breaks(f"{name}: {unread!r} is no longer read")


def _of_body(pair: _Pair) -> Iterator[Change]:
    old, new = pair.old.get("requestBody"), pair.new.get("requestBody")
    if new is None:
        if old is not None:
            yield pair.breaks("the body is no longer read")
        return
    if new.get("required") and not (old or {}).get("required"):
        yield pair.breaks("a body is now required")
    before = (old or {}).get("content", {})
    for media_type, content in before.items():
        if media_type not in new.get("content", {}):
            yield pair.breaks(f"a body of the type {media_type} is no longer read")
        else:
            yield from _of_input(
                pair, "the body", content.get("schema", {}), new["content"][media_type].get("schema", {})
            )
    for media_type in new.get("content", {}).keys() - before.keys():
        yield pair.fits(f"a body of the type {media_type} is read")


def _of_responses(pair: _Pair) -> Iterator[Change]:
    old, new = pair.old.get("responses", {}), pair.new.get("responses", {})
    for status, response in old.items():
        if status not in new:
            # An error that no longer happens disappoints nobody.
            yield (
                pair.breaks(f"no longer answers {status}")
                if status[0] in "123"
                else pair.fits(f"no longer answers {status}")
            )
            continue
        yield from _of_contents(pair, status, response.get("content", {}), new[status].get("content", {}))
    for status in new.keys() - old.keys():
        yield pair.breaks(f"may now answer {status}") if status[0] in "123" else pair.fits(f"may now answer {status}")


def _of_contents(pair: _Pair, status: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for media_type, content in old.items():
        if media_type not in new:
            yield pair.breaks(f"{status} is no longer answered as {media_type}")
            continue
        for word in ("schema", "itemSchema"):
            before = pair.old_side(content.get(word, {}))
            after = pair.new_side(new[media_type].get(word, {}))
            for gained in refusals(after, before):
                yield pair.breaks(f"{status} may now answer with {gained}")
            for name in sorted(after.properties.keys() - before.properties.keys()):
                yield pair.fits(f"{status} now has {name!r}")


def _of_security(pair: _Pair) -> Iterator[Change]:
    old = pair.old.get("security", pair.old_document.get("security", []))
    new = pair.new.get("security", pair.new_document.get("security", []))
    for ways in old or [{}]:
        # Requirements are alternatives: one of the new ones must ask for no more than a client already brings.
        if new and not any(_asks_for_no_more(asked, ways) for asked in new):
            yield pair.breaks("asks for credentials that were not needed" if not ways else "asks for other credentials")
            return


def _asks_for_no_more(asked: Mapping[str, Any], brought: Mapping[str, Any]) -> bool:
    return all(name in brought and set(scopes) <= set(brought[name]) for name, scopes in asked.items())

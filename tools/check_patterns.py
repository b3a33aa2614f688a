"""No regular expression of the packages can be made to backtrack by what it is given.

A repetition backtracks where what follows it can match the same characters and repeats them, too: ``(a+)+`` and
``a*a*b`` try every way to divide a run of a's. Possessive repetitions and atomic groups never give anything back. The
patterns must be literals, so that they can be found.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import workspace

# What re makes of a pattern; there is no public name for it.
parser: Any = importlib.import_module("re._parser")
Item: TypeAlias = tuple[Any, Any]

FUNCTIONS = {"compile", "fullmatch", "match", "search", "sub", "subn", "split", "findall", "finditer"}
# All of latin-1, and of the rest what letters, digits, blanks and neither of them have.
CHARACTERS = frozenset(map(chr, [*range(256), 0x130, 0x17F, 0x212A, 0x660, 0x2028, 0x1F600]))
FEW = 8  # so many repetitions are none


def patterns_in(source: str) -> Iterator[tuple[int, str | bytes | None, int]]:
    """The line, the pattern and the flags of each use of ``re``; None for a pattern that is not a literal."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(ast.Attribute(ast.Name("re"), name), [first, *rest]) if name in FUNCTIONS:
                value = first.value if isinstance(first, ast.Constant) else None
                yield node.lineno, value if isinstance(value, str | bytes) else None, _flags(rest)


def _flags(arguments: Sequence[ast.expr]) -> int:
    names = [node.attr for argument in arguments for node in ast.walk(argument) if isinstance(node, ast.Attribute)]
    return sum({int(getattr(re, name, 0)) for name in names})


def faults_of(pattern: str | bytes, flags: int = 0) -> list[str]:
    """One sentence for each place of *pattern* that can backtrack over what it has matched again and again."""
    tree = parser.parse(pattern, flags)
    return list(_faults(list(tree), [], tree.state.flags))


def _faults(items: list[Item], follow: list[Item], flags: int) -> Iterator[str]:
    """The faults of *items*, after which *follow* is matched."""
    for index, item in enumerate(items):
        rest = [*items[index + 1 :], *follow]
        if _repeats(item):
            repeated = _characters(item, flags)
            if item[0] is not parser.POSSESSIVE_REPEAT and _meets(repeated, rest, flags):
                yield f"what repeats {_shown(repeated)} is followed by what repeats the same"
            yield from _faults(list(item[1][2]), [item, *rest], flags)
            for branches in _branches(list(item[1][2])):
                yield from _overlaps(branches, flags)
        else:
            for inner in _inner(item):
                yield from _faults(inner, rest, flags)


def _meets(repeated: frozenset[str], items: list[Item], flags: int) -> bool:
    """Whether *items* repeat one of the characters *repeated* before they need another one."""
    for index, item in enumerate(items):
        common = repeated & _first([item], flags)
        if _repeats(item) and common:
            return True
        if item[0] is parser.BRANCH or item[0] is parser.SUBPATTERN:
            return any(_meets(repeated, [*inner, *items[index + 1 :]], flags) for inner in _inner(item))
        if not common and _width(item):
            return False
    return False


def _overlaps(branches: list[list[Item]], flags: int) -> Iterator[str]:
    seen: frozenset[str] = frozenset()
    if sum(not sum(map(_width, branch)) for branch in branches) > 1:
        yield "a repetition may choose among branches that are empty"
    for branch in branches:
        first = _first(branch, flags)
        if first & seen:
            yield f"a repetition may choose among branches that begin with {_shown(first & seen)}"
        seen |= first


def _first(items: list[Item], flags: int) -> frozenset[str]:
    """The characters that *items* can begin with."""
    found: frozenset[str] = frozenset()
    for item in items:
        inner = [_first(each, flags) for each in _inner(item)]
        found |= frozenset().union(*inner) if inner else _characters(item, flags)
        if _width(item):
            break
    return found


def _branches(items: list[Item]) -> Iterator[list[list[Item]]]:
    for item in items:
        if item[0] is parser.BRANCH:
            yield _inner(item)
        elif item[0] is parser.SUBPATTERN:
            yield from _branches(list(item[1][3]))


def _repeats(item: Item) -> bool:
    return item[0] in (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT) and item[1][1] > FEW


def _inner(item: Item) -> list[list[Item]]:
    """The sequences of which *item* matches one."""
    kind, value = item
    if kind is parser.BRANCH:
        return [list(branch) for branch in value[1]]
    if kind is parser.SUBPATTERN:
        return [list(value[3])]
    if kind is parser.ATOMIC_GROUP:
        return [list(value)]
    if kind in (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT):
        return [list(value[2])]
    return []


def _width(item: Item) -> int:
    """The fewest characters that *item* matches."""
    kind, value = item
    if kind in (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT):
        return int(value[0]) * sum(map(_width, value[2]))
    if inner := _inner(item):
        return min(sum(map(_width, each)) for each in inner)
    return 1 if kind in (parser.LITERAL, parser.NOT_LITERAL, parser.IN, parser.ANY) else 0


def _characters(item: Item, flags: int) -> frozenset[str]:
    """Every character that *item* can match somewhere."""
    kind, value = item
    if inner := _inner(item):
        return frozenset().union(*(_characters(each, flags) for items in inner for each in items))
    if kind is parser.LITERAL:
        return _cased({chr(value)}, flags)
    if kind is parser.NOT_LITERAL:
        return CHARACTERS - {chr(value)}
    if kind is parser.ANY:
        return CHARACTERS if flags & re.DOTALL else CHARACTERS - {"\n"}
    if kind is parser.IN:
        return _cased(_listed(value, flags), flags)
    return frozenset()  # the beginning, the end, and what looks ahead or behind


def _listed(members: list[Item], flags: int) -> set[str]:
    found: set[str] = set()
    for kind, value in members:
        if kind is parser.LITERAL:
            found.add(chr(value))
        elif kind is parser.RANGE:
            found |= {character for character in CHARACTERS if value[0] <= ord(character) <= value[1]}
        elif kind is parser.CATEGORY:
            found |= _of_category(str(value), flags)
    return set(CHARACTERS) - found if members[0][0] is parser.NEGATE else found


def _of_category(name: str, flags: int) -> set[str]:
    letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}[name.rpartition("_")[2]]
    written = f"\\{letter.upper() if '_NOT_' in name else letter}"
    return {character for character in CHARACTERS if re.fullmatch(written, character, flags & re.ASCII)}


def _cased(found: set[str], flags: int) -> frozenset[str]:
    if flags & re.IGNORECASE:
        found = {case for one in found for case in (one, one.lower(), one.upper())}
    return frozenset(found)


def _shown(characters: frozenset[str]) -> str:
    return f"{min(characters)!a}" + ("" if len(characters) == 1 else f" and {len(characters) - 1} other characters")


def check_file(file: Path) -> Iterator[str]:
    for line, pattern, flags in patterns_in(file.read_text("utf-8")):
        found = ["the pattern is not a literal"] if pattern is None else faults_of(pattern, flags)
        for fault in found:
            yield f"{file.relative_to(workspace.ROOT)}:{line}: {pattern!r}: {fault}"


def main() -> int:
    sources = [package.source for package in workspace.read_packages().values()]
    faults = [fault for source in sources for file in sorted(source.rglob("*.py")) for fault in check_file(file)]
    print("\n".join(faults) or "no pattern can be made to backtrack")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

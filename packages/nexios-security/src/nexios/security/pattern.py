"""Patterns of origins, in the notation of regular expressions, that are matched in linear time.

``re`` backtracks: a page could send an Origin that keeps it busy for minutes. What is written here becomes an automaton
(Glushkov's construction) that looks at each character once; what no automaton can do, such as looking back, is refused.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, NoReturn, TypeAlias

# An origin has nothing else (RFC 6454 section 6.1).
_ALPHABET: Final = frozenset(string.ascii_letters + string.digits + string.punctuation)
_CLASSES: Final = {"d": frozenset(string.digits), "w": frozenset(string.ascii_letters + string.digits + "_")}
_QUANTIFIERS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}
# Each costs time for each character of each origin; repetitions with a number are written out.
_MOST_POSITIONS: Final = 512


class _Part(NamedTuple):
    """A part of an automaton: whether it matches nothing, and the positions it begins and ends with, as bits."""

    is_nullable: bool
    first: int
    last: int


_EMPTY: Final = _Part(True, 0, 0)


class OriginPattern:
    """Raises ValueError for a pattern that cannot be matched in linear time, or not at all."""

    def __init__(self, text: str) -> None:
        self._accepts: dict[str, int] = {}
        self._follow: list[int] = []
        self._whole = _Reader(text).read()(self)

    def matches(self, text: str) -> bool:
        """Whether all of *text* is what the pattern says."""
        states = self._whole.first
        reached = 0
        for character in text:
            reached = states & self._accepts.get(character, 0)
            if not reached:
                return False
            states = 0
            for position in _bits(reached):
                states |= self._follow[position]
        return bool(reached & self._whole.last) if text else self._whole.is_nullable

    # -- building ---------------------------------------------------------------------------------------------------

    def position(self, characters: Iterable[str]) -> _Part:
        if len(self._follow) == _MOST_POSITIONS:
            raise ValueError(f"it has more than {_MOST_POSITIONS} positions: write fewer or shorter repetitions")
        bit = 1 << len(self._follow)
        self._follow.append(0)
        for character in characters:
            self._accepts[character] = self._accepts.get(character, 0) | bit
        return _Part(False, bit, bit)

    def sequence(self, left: _Part, right: _Part) -> _Part:
        self._link(left.last, right.first)
        return _Part(
            left.is_nullable and right.is_nullable,
            left.first | (right.first if left.is_nullable else 0),
            right.last | (left.last if right.is_nullable else 0),
        )

    def loop(self, part: _Part) -> _Part:
        self._link(part.last, part.first)
        return part

    def _link(self, ends: int, beginnings: int) -> None:
        for position in _bits(ends):
            self._follow[position] |= beginnings


_Node: TypeAlias = Callable[[OriginPattern], _Part]


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _choice(left: _Part, right: _Part) -> _Part:
    return _Part(left.is_nullable or right.is_nullable, left.first | right.first, left.last | right.last)


def _optional(part: _Part) -> _Part:
    return part._replace(is_nullable=True)


def _repeated(node: _Node, least: int, most: int | None) -> _Node:
    """*node* from *least* to *most* times: the required ones, and behind them a loop or optional ones."""

    def build(pattern: OriginPattern) -> _Part:
        whole = _EMPTY
        for _ in range(least):
            whole = pattern.sequence(whole, node(pattern))
        if most is None:
            return pattern.sequence(whole, _optional(pattern.loop(node(pattern))))
        for _ in range(most - least):
            whole = pattern.sequence(whole, _optional(node(pattern)))
        return whole

    return build


class _Reader:
    """Reads the notation: what stands for a node of the automaton is a function that builds it."""

    def __init__(self, text: str) -> None:
        # All of an origin is always meant, so that these say nothing.
        self._text = text.removeprefix("^").removesuffix("$") if not text.endswith("\\$") else text.removeprefix("^")
        self._at = 0

    def read(self) -> _Node:
        node = self._alternatives()
        if self._at < len(self._text):
            self._refuse("a ) without its (")
        return node

    def _alternatives(self) -> _Node:
        nodes = [self._sequence()]
        while self._take("|"):
            nodes.append(self._sequence())
        if len(nodes) == 1:
            return nodes[0]

        def build(pattern: OriginPattern) -> _Part:
            whole, *rest = [node(pattern) for node in nodes]
            for part in rest:
                whole = _choice(whole, part)
            return whole

        return build

    def _sequence(self) -> _Node:
        nodes: list[_Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            nodes.append(self._quantified(self._atom()))

        def build(pattern: OriginPattern) -> _Part:
            whole = _EMPTY
            for node in nodes:
                whole = pattern.sequence(whole, node(pattern))
            return whole

        return build

    def _atom(self) -> _Node:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._one_of(self._class())
        if character == ".":
            return self._one_of(_ALPHABET)
        if character == "\\":
            return self._one_of(self._escape())
        if character in "*+?{^$" or character not in _ALPHABET:
            self._refuse(f"{character!r} in this place")
        return self._one_of(frozenset(character))

    def _one_of(self, characters: frozenset[str]) -> _Node:
        return lambda pattern: pattern.position(characters)

    def _group(self) -> _Node:
        if self._take("?") and not self._take(":"):
            self._refuse("a group that begins with (? and is not (?:")
        node = self._alternatives()
        if not self._take(")"):
            self._refuse("a ( without its )")
        return node

    def _class(self) -> frozenset[str]:
        is_negated = self._take("^")
        members: set[str] = set()
        while not self._take("]") or not members:
            first = self._escape() if self._take("\\") else frozenset(self._next())
            if self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                first = self._range(first, self._escape() if self._take("\\") else frozenset(self._next()))
            members |= first
        return _ALPHABET - members if is_negated else frozenset(members)

    def _range(self, first: frozenset[str], last: frozenset[str]) -> frozenset[str]:
        if len(first) != 1 or len(last) != 1 or min(first) > min(last):
            self._refuse("a range that has no beginning or no end")
        return frozenset(map(chr, range(ord(min(first)), ord(min(last)) + 1)))

    def _escape(self) -> frozenset[str]:
        character = self._next()
        if character in _CLASSES:
            return _CLASSES[character]
        if character not in string.punctuation:
            self._refuse(f"\\{character}")
        return frozenset(character)

    def _quantified(self, node: _Node) -> _Node:
        character = self._text[self._at : self._at + 1]
        if character == "{":
            least, most = self._numbers()
        elif character in _QUANTIFIERS:
            self._at += 1
            least, most = _QUANTIFIERS[character]
        else:
            return node
        self._take("?")  # a lazy one matches the same texts
        if self._text[self._at : self._at + 1] in ("*", "+", "?", "{") and self._at < len(self._text):
            self._refuse("a quantifier behind another")
        return _repeated(node, least, most)

    def _numbers(self) -> tuple[int, int | None]:
        written, closed, _ = self._text[self._at + 1 :].partition("}")
        least, comma, most = written.partition(",")
        digits = least + most
        if not closed or not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
            self._refuse("a { that is not a number of repetitions: write \\{")
        self._at += len(written) + 2
        lowest = int(least or "0")
        highest = None if comma and not most else int(most or least)
        if max(lowest, highest or 0) > _MOST_POSITIONS or (highest is not None and highest < lowest):
            self._refuse(f"{{{written}}}")
        return lowest, highest

    def _next(self) -> str:
        if self._at == len(self._text):
            self._refuse("an end in the middle")
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, character: str) -> bool:
        found = self._text.startswith(character, self._at)
        self._at += found
        return found

    def _refuse(self, what: str) -> NoReturn:
        raise ValueError(
            f"the pattern {self._text!r} has {what}, before position {self._at}: origins are matched in linear time, "
            r"with literals, . [a-z] \d \w ( | ) and the quantifiers * + ? {m,n}"
        )

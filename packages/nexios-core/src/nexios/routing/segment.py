"""One segment of a pattern: what stands between two slashes of a path, or between two dots of a host.

Each kind reads a text into the values of its parameters (ValueError: it does not fit), puts texts of values back in
their places, and knows its own place in the order of specificity.

**The order of specificity**, the same whatever the order of declaration. Of all patterns that fit a path, segment by
segment from the left, this comes first:

1. a literal: ``/items/new``
2. a composite, the one with more literal characters before the others: ``/items/{name}.json``
3. a parameter with a converter: enum or Literal, bool, int, float, uuid, datetime, date, then converters of your own
   by their ``label`` or the name of their class: ``/items/{id:int}``
4. a plain parameter: ``/items/{name}``
5. a path, the one with more segments behind it before the others: ``/{rest:path}/edit``, then ``/{rest:path}``
6. a mounted application, whose prefix ends before this segment

The first of them that has the request's method serves it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

from nexios.routing.builtin_converters import (
    LONGEST_TEXT,
    BoolConverter,
    ChoiceConverter,
    DateConverter,
    DateTimeConverter,
    FloatConverter,
    IntConverter,
    PathConverter,
    StrConverter,
    UUIDConverter,
)
from nexios.routing.converters import Converter, Converters

Order: TypeAlias = tuple[Any, ...]

_LITERAL, _COMPOSITE, _PARAMETER, _PATH = range(4)

_OWN_CONVERTERS = 7
_RANKS: dict[type, int] = {
    ChoiceConverter: 0,
    BoolConverter: 1,
    IntConverter: 2,
    FloatConverter: 3,
    UUIDConverter: 4,
    DateTimeConverter: 5,
    DateConverter: 6,
    StrConverter: _OWN_CONVERTERS + 1,
}

# A composite whose separator fills the text could be cut in quadratically many ways. No honest text needs so many.
MOST_CUTS = 200


class Literal(NamedTuple):
    """A fixed text."""

    text: str

    @property
    def spans_segments(self) -> bool:
        return False

    @property
    def literals(self) -> tuple[str, ...]:
        return (self.text,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return ()

    @property
    def shape(self) -> Hashable:
        return self.text

    def order(self, following: int) -> Order:
        return (_LITERAL,)

    def read(self, text: str) -> tuple[Any, ...]:
        if text != self.text:
            raise ValueError(f"{text[:40]!r} is not {self.text!r}")
        return ()

    def write(self, texts: Mapping[str, str]) -> str:
        return self.text

    def with_types(self, types: Mapping[str, Converter[Any]]) -> Literal:
        return self


class Parameter(NamedTuple):
    """``{name:kind}``, or ``{name}`` with an empty *kind*, which a handler's annotation may still decide."""

    name: str
    kind: str
    converter: Converter[Any]

    @property
    def literals(self) -> tuple[str, ...]:
        return ()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (self,)

    @property
    def shape(self) -> Hashable:
        return (self.converter,)

    @property
    def spans_segments(self) -> bool:
        return isinstance(self.converter, PathConverter)

    def order(self, following: int) -> Order:
        label = getattr(self.converter, "label", type(self.converter).__qualname__)
        if self.spans_segments:
            return (_PATH, -following, label)
        return (_PARAMETER, _RANKS.get(type(self.converter), _OWN_CONVERTERS), label)

    @property
    def fit(self) -> Callable[[str], Any]:
        """The converter's *convert*, guarded against empty and long texts where it does not guard itself."""
        convert = self.converter.convert
        return convert if type(self.converter) in _RANKS or self.spans_segments else _guarded(convert)

    def read(self, text: str) -> tuple[Any, ...]:
        if text[:1] in ("", "/"):
            raise ValueError("an empty segment fits no parameter")
        return (self.fit(text),)

    def write(self, texts: Mapping[str, str]) -> str:
        return texts[self.name]

    def text_of(self, value: object) -> str:
        try:
            return self.converter.format(value)
        except ValueError as misfit:
            raise ValueError(f"{self.name}: {misfit}") from None

    def with_types(self, types: Mapping[str, Converter[Any]]) -> Parameter:
        if self.kind or self.name not in types:
            return self
        return self._replace(converter=types[self.name])


class Composite(NamedTuple):
    """Parameters and literals in one segment: *prefix*, then each parameter with the literal behind it.

    A parameter takes as much as it can, from the left: ``{name}.{kind}`` reads ``a.tar.gz`` as ``a.tar`` and ``gz``.
    """

    prefix: str
    pairs: tuple[tuple[Parameter, str], ...]

    @property
    def spans_segments(self) -> bool:
        return False

    @property
    def literals(self) -> tuple[str, ...]:
        return (self.prefix, *(literal for _, literal in self.pairs))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter, _ in self.pairs)

    @property
    def shape(self) -> Hashable:
        return (self.prefix, *((parameter.converter, literal) for parameter, literal in self.pairs))

    def order(self, following: int) -> Order:
        length = sum(map(len, self.literals))
        parameters = tuple(parameter.order(following) for parameter in self.parameters)
        return (_COMPOSITE, -length, len(parameters), parameters, self.literals)

    def read(self, text: str) -> tuple[Any, ...]:
        if len(text) <= LONGEST_TEXT and text.startswith(self.prefix):
            values = _cut(self.pairs, text[len(self.prefix) :], iter(range(MOST_CUTS)))
            if values is not None:
                return values
        raise ValueError(f"{text[:40]!r} does not fit")

    def write(self, texts: Mapping[str, str]) -> str:
        return self.prefix + "".join(texts[parameter.name] + literal for parameter, literal in self.pairs)

    def with_types(self, types: Mapping[str, Converter[Any]]) -> Composite:
        return self._replace(pairs=tuple((parameter.with_types(types), literal) for parameter, literal in self.pairs))


Segment: TypeAlias = Literal | Parameter | Composite


def parse_segment(text: str, converters: Converters) -> Segment:
    """Read one segment as it is written in a pattern; ValueError or RouteError says what is wrong with it."""
    if "{" not in text and "}" not in text:
        return Literal(text)
    parts = tuple(_parts(text, converters))
    if len(parts) == 1 and isinstance(parts[0], Parameter):
        return parts[0]
    return _composite(parts)


def _parts(text: str, converters: Converters) -> Iterator[str | Parameter]:
    rest = text
    while rest:
        literal, opened, rest = rest.partition("{")
        inside, closed, rest = rest.partition("}")
        if "}" in literal or "{" in inside or (opened and not closed):
            raise ValueError(f"the braces of {text!r} are not in pairs")
        if literal:
            yield literal
        if opened:
            yield _parameter(inside, converters)


def _parameter(inside: str, converters: Converters) -> Parameter:
    name, colon, kind = inside.partition(":")
    if not name.isidentifier():
        raise ValueError(f"{{{inside}}} needs a name that is a Python identifier: {{name}} or {{name:converter}}")
    return Parameter(name, kind, converters[kind if colon else "str"])


def _composite(parts: tuple[str | Parameter, ...]) -> Composite:
    pairs: list[tuple[Parameter, str]] = []
    for part, following in pairwise((*parts, "")):
        if isinstance(part, str):
            continue
        if isinstance(following, Parameter):
            raise ValueError(f"nothing stands between {{{part.name}}} and {{{following.name}}}: put a literal there")
        if part.spans_segments:
            raise ValueError(f"{{{part.name}:{part.kind}}} takes whole segments: let it stand between two slashes")
        pairs.append((part, following))
    return Composite(parts[0] if isinstance(parts[0], str) else "", tuple(pairs))


def _cut(pairs: tuple[tuple[Parameter, str], ...], text: str, cuts: Iterator[int]) -> tuple[Any, ...] | None:
    """The values of *pairs* in *text*, giving up when *cuts* is used up."""
    if not pairs:
        return None if text else ()
    (parameter, literal), rest = pairs[0], pairs[1:]
    for end, _ in zip(_ends(text, literal), cuts, strict=False):
        try:
            value = parameter.fit(text[:end])
        except ValueError:
            continue
        others = _cut(rest, text[end + len(literal) :], cuts)
        if others is not None:
            return (value, *others)
    return None


def _ends(text: str, literal: str) -> Iterator[int]:
    """Where a value at the start of *text* can end, longest first: at each *literal*, or at the end without one."""
    end = text.rfind(literal)
    while end > 0:
        yield end
        end = text.rfind(literal, 0, end + len(literal) - 1) if literal else 0


def _guarded(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def fit(text: str) -> Any:
        if not 0 < len(text) <= LONGEST_TEXT:
            raise ValueError(f"{text[:40]!r} is empty or over {LONGEST_TEXT} characters")
        return convert(text)

    return fit

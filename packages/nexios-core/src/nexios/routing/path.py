"""The pattern of a path: read from text when it is declared, compared with paths, and written back for ``url_for``."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from nexios.exceptions import RouteError
from nexios.http.urls import quote_path
from nexios.routing.converters import Converter, Converters, path_converters
from nexios.routing.segment import Literal, Order, Parameter, Segment, parse_segment

# RFC 3986 section 5.2.4: clients resolve these before they send, so one that arrives wants to climb out of something.
DOT_SEGMENTS: Final = frozenset({".", ".."})


class PathPattern(NamedTuple):
    """``/items/{id:int}/files/{rest:path}`` in segments; ``""`` is the path of the prefix it is put below.

    Parameters never take an empty segment, and no pattern takes a path with ``.`` or ``..`` for a segment.
    """

    text: str
    segments: tuple[Segment, ...]
    parameters: dict[str, Converter[Any]]
    """The converter of each parameter, in the order written."""

    @classmethod
    def of(cls, text: str, segments: tuple[Segment, ...]) -> PathPattern:
        return cls(text, segments, {each.name: each.converter for each in _parameters(segments)})

    @classmethod
    def parse(cls, text: str, converters: Converters = path_converters) -> PathPattern:
        """Read *text*; RouteError names it, the slip in it and the cure."""
        try:
            _check_text(text)
            segments = tuple(parse_segment(segment, converters) for segment in text.split("/")[1:])
            if text.count("{") > 1 or "." in text:  # else there is nothing that could be wrong with them together
                _check_segments(segments)
        except (ValueError, RouteError) as slip:
            raise RouteError(f"path {text!r}: {slip}") from None
        return cls.of(text, segments)

    @property
    def shape(self) -> Hashable:
        """Equal where two patterns fit the same paths: converters count, the names of parameters do not."""
        return tuple(segment.shape for segment in self.segments)

    @property
    def order(self) -> Order:
        """Sorts patterns by specificity, the most specific first; :mod:`nexios.routing.segment` has the rules."""
        last = len(self.segments) - 1
        return tuple(segment.order(last - index) for index, segment in enumerate(self.segments))

    def with_types(self, types: Mapping[str, Converter[Any]]) -> PathPattern:
        """The pattern with the converters of *types* for the parameters written without one."""
        if not types:
            return self
        segments = tuple(segment.with_types(types) for segment in self.segments)
        return self if segments == self.segments else PathPattern.of(self.text, segments)

    def prefixed(self, prefix: PathPattern) -> PathPattern:
        """The pattern below *prefix*, whose trailing slash does not count; RouteError where the two do not fit."""
        if not self.segments:
            return prefix
        above = prefix.without_trailing_slash()
        segments = (*above.segments, *self.segments)
        try:
            _check_segments(segments)
        except ValueError as slip:
            raise RouteError(f"path {self.text!r} below {prefix.text!r}: {slip}") from None
        return PathPattern.of(above.text + self.text, segments)

    def without_trailing_slash(self) -> PathPattern:
        return PathPattern.of(self.text[:-1], self.segments[:-1]) if self.text.endswith("/") else self

    def match(self, path: str) -> dict[str, Any] | None:
        """The parameters of the percent-decoded *path*, None where it does not fit.

        RouteTable finds the same among many patterns, and faster; its tests compare it with this.
        """
        root, *texts = path.split("/")
        if root or not DOT_SEGMENTS.isdisjoint(texts):
            return None
        try:
            return self._read(texts)
        except ValueError:
            return None

    def format(self, /, **values: Any) -> str:
        """The percent-encoded path with *values*; ValueError names those that are missing, unknown or do not fit."""
        self._check_names(values)
        try:
            texts = _texts(self.segments, values)
            path = "".join("/" + segment.write(texts) for segment in self.segments)
            path.encode()
        except ValueError as misfit:
            raise ValueError(f"path {self.text!r} cannot be written: {misfit}") from None
        self._check_reading(path, texts)
        return quote_path(path)

    def _read(self, texts: list[str]) -> dict[str, Any]:
        # At most one segment of the pattern spans several of the path, so it takes what the others leave over.
        left_over = len(texts) - len(self.segments)
        values: list[Any] = []
        start = 0
        for segment in self.segments:
            end = start + 1 + (left_over if segment.spans_segments else 0)
            values += segment.read("/".join(texts[start:end]))
            start = end
        if start != len(texts):
            raise ValueError("the path has another number of segments")
        return dict(zip(self.parameters, values, strict=True))

    def _check_names(self, values: Mapping[str, object]) -> None:
        takes = f"path {self.text!r} takes {', '.join(self.parameters) or 'no parameters'}"
        if missing := self.parameters.keys() - values.keys():
            raise ValueError(f"{takes}; missing: {', '.join(sorted(missing))}")
        if unknown := values.keys() - self.parameters.keys():
            raise ValueError(f"{takes}; unknown: {', '.join(sorted(unknown))}")

    def _check_reading(self, path: str, texts: Mapping[str, str]) -> None:
        """Refuse what a request for *path* would not give back: ``a/b`` for a segment, ``..``, nothing at all."""
        values = self.match(path)
        if values is None:
            given = ", ".join(f"{name}={text!r}" for name, text in texts.items())
            raise ValueError(f"path {self.text!r} cannot be written with {given}: {path!r} would not fit it")
        if _texts(self.segments, values) != texts:
            raise ValueError(f"path {self.text!r} cannot be written: {path!r} would be read as {values}")


def _parameters(segments: Iterable[Segment]) -> list[Parameter]:
    return [each for segment in segments if not isinstance(segment, Literal) for each in segment.parameters]


def _texts(segments: Iterable[Segment], values: Mapping[str, Any]) -> dict[str, str]:
    return {parameter.name: parameter.text_of(values[parameter.name]) for parameter in _parameters(segments)}


def _check_text(text: str) -> None:
    if text and text[0] != "/":
        raise ValueError(f"it must begin with a slash: {'/' + text!r}")
    if "//" in text:
        raise ValueError("it has an empty segment: write one slash")
    if "?" in text or "#" in text:
        raise ValueError("it ends before '?' and '#': name query parameters in the handler")
    if unquote(text) != text:
        raise ValueError(f"paths are compared after percent-decoding: write {unquote(text)!r}")


def _check_segments(segments: tuple[Segment, ...]) -> None:
    names = [parameter.name for parameter in _parameters(segments)]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{{{name}}} stands in it twice: give each parameter its own name")
    if sum([segment.spans_segments for segment in segments]) > 1:
        raise ValueError("it has more than one path parameter: what each of them takes would be a guess")
    if not DOT_SEGMENTS.isdisjoint([segment.text for segment in segments if isinstance(segment, Literal)]):
        raise ValueError("clients resolve '.' and '..' before they send: write the path they lead to")

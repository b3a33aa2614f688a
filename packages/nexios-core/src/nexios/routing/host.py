"""The pattern of a host: ``{tenant}.example.com``, label by label; case, port and a final dot do not count."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from string import ascii_lowercase, digits
from typing import Any, Final

from nexios.exceptions import RouteError
from nexios.routing.converters import Converter, Converters, path_converters
from nexios.routing.segment import Composite, Literal, Order, Segment, parse_segment

# RFC 1123 section 2.1, and the underscore that names of services have in practice.
_LABEL_CHARACTERS: Final = frozenset((*ascii_lowercase, *digits, "-", "_"))


@dataclass(frozen=True, slots=True)
class HostPattern:
    """``{tenant}.example.com``: a parameter takes one label, or a part of one, in lower case."""

    text: str
    labels: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str, converters: Converters = path_converters) -> HostPattern:
        """Read *text*; RouteError names it, the slip in it and the cure."""
        try:
            labels = tuple(_parse_label(label, converters) for label in text.split("."))
            names = [parameter.name for label in labels for parameter in label.parameters]
            if len(set(names)) < len(names):
                raise ValueError("a parameter stands in it twice: give each its own name")
        except (ValueError, RouteError) as slip:
            raise RouteError(f"host {text!r}: {slip}") from None
        return cls(text, labels)

    @property
    def parameters(self) -> dict[str, Converter[Any]]:
        """The converter of each parameter, in the order written."""
        return {parameter.name: parameter.converter for label in self.labels for parameter in label.parameters}

    @property
    def shape(self) -> Hashable:
        """Equal where two patterns fit the same hosts: converters count, the names of parameters do not."""
        return tuple(label.shape for label in self.labels)

    @property
    def order(self) -> Order:
        """Sorts patterns by specificity, the most specific first; the last label of a host counts most."""
        return tuple(label.order(behind) for behind, label in enumerate(reversed(self.labels)))

    def match(self, host: str) -> dict[str, Any] | None:
        """The parameters in the value of a Host field, None where it does not fit."""
        texts = host.partition(":")[0].removesuffix(".").lower().split(".")
        if len(texts) != len(self.labels):
            return None
        try:
            values = [value for label, text in zip(self.labels, texts, strict=True) for value in label.read(text)]
        except ValueError:
            return None
        return dict(zip(self.parameters, values, strict=True))


def _parse_label(text: str, converters: Converters) -> Segment:
    label = _lower(parse_segment(text, converters))
    if any(parameter.spans_segments for parameter in label.parameters):
        raise ValueError(f"{text} would take several labels: a parameter of a host takes one")
    if not text:
        raise ValueError("a label is empty: write names and parameters with one dot between them")
    if strange := set("".join(label.literals)) - _LABEL_CHARACTERS:
        raise ValueError(
            f"{''.join(sorted(strange))!r} cannot stand in a host: write no scheme, port, path or wildcard, "
            "a parameter for what varies, and names of other scripts in their ASCII form (xn--...)"
        )
    return label


def _lower(label: Segment) -> Segment:
    if isinstance(label, Literal):
        return Literal(label.text.lower())
    if isinstance(label, Composite):
        return Composite(label.prefix.lower(), tuple((parameter, text.lower()) for parameter, text in label.pairs))
    return label

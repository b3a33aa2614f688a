from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from nexios.routing.converters import Converters, path_converters
from nexios.routing.segment import MOST_CUTS, Segment, parse_segment


@dataclass(frozen=True)
class Counting:
    """Accepts what *accepts* says, and counts how often it is asked."""

    accepts: bool = True
    seen: list[str] = field(default_factory=list, hash=False)

    def convert(self, text: str) -> str:
        self.seen.append(text)
        if not self.accepts:
            raise ValueError(text)
        return text

    def format(self, value: str) -> str:
        return value


def segment(text: str, **converters: Any) -> Segment:
    known = Converters(path_converters)
    for name, converter in converters.items():
        known.register(name, converter)
    return parse_segment(text, known)


@pytest.mark.parametrize(
    ("pattern", "text", "values"),
    [
        ("items", "items", ()),
        ("", "", ()),
        ("{id}", "a.b", ("a.b",)),
        ("{id:int}", "-7", (-7,)),
        ("{rest:path}", "a//b/", ("a//b/",)),
        ("{name}.{kind}", "a.tar.gz", ("a.tar", "gz")),
        ("{name}.json", "a.json", ("a",)),
        ("{name}.json", "a.json.json", ("a.json",)),
        ("v{major:int}", "v2", (2,)),
        ("v{major:int}.{minor:int}", "v2.10", (2, 10)),
        ("({name})", "(a)", ("a",)),
        ("{year:int}-{month:int}-{slug}", "2026-11-a-long-title", (2026, 11, "a-long-title")),
        ("{id:int}.{kind}", "5.tar.gz", (5, "tar.gz")),
        ("{a}--{b}", "x---y", ("x-", "y")),
        ("{a}--{b}", "x----", ("x-", "-")),
        ("{title}-{day:date}", "a-2026-11-20", ("a", dt.date(2026, 11, 20))),
        ("{name}.{kind}", "a" * 2_046 + ".b", ("a" * 2_046, "b")),
    ],
)
def test_a_text_that_fits_is_read_into_values(pattern: str, text: str, values: tuple[object, ...]) -> None:
    assert segment(pattern).read(text) == values


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("items", "Items"),
        ("items", ""),
        ("{id}", ""),
        ("{rest:path}", ""),
        ("{rest:path}", "/etc/passwd"),
        ("{id:int}", "x"),
        ("{name}.{kind}", "."),
        ("{name}.{kind}", "a."),
        ("{name}.{kind}", ".a"),
        ("{name}.{kind}", "a"),
        ("{name}.json", "a.json5"),
        ("{name}.json", ".json"),
        ("v{major:int}", "2"),
        ("v{major:int}", "v"),
        ("{a:int}-{b:int}", "1-x"),
        ("{name}.{kind}", "a" * 2_047 + ".b"),
    ],
)
def test_a_text_that_does_not_fit_is_a_value_error(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        segment(pattern).read(text)


@pytest.mark.parametrize(
    ("pattern", "slip"),
    [
        ("{", "the braces of '{' are not in pairs"),
        ("}", "the braces of '}' are not in pairs"),
        ("a}b{c}", "the braces of 'a}b{c}' are not in pairs"),
        ("{a", "the braces of '{a' are not in pairs"),
        ("{a}}", "the braces of '{a}}' are not in pairs"),
        ("{{a}}", "the braces of '{{a}}' are not in pairs"),
        ("{}", "{} needs a name that is a Python identifier"),
        ("{1a}", "{1a} needs a name"),
        ("{a-b}", "{a-b} needs a name"),
        ("{ a }", "{ a } needs a name"),
        ("{a}{b}", "nothing stands between {a} and {b}: put a literal there"),
        ("x-{p:path}", "{p:path} takes whole segments: let it stand between two slashes"),
    ],
)
def test_a_slip_in_a_segment_is_named(pattern: str, slip: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        segment(pattern)

    assert slip in str(error.value)


def test_a_converter_of_ones_own_sees_neither_an_empty_nor_a_long_text() -> None:
    own = Counting()

    for text in ("", "x" * 2_049):
        with pytest.raises(ValueError, match=r"."):
            segment("{id:own}", own=own).parameters[0].fit(text)

    assert own.seen == []


def test_a_converter_of_ones_own_sees_texts_up_to_the_limit() -> None:
    own = Counting()

    for text in ("x", "x" * 2_048):
        assert segment("{id:own}", own=own).read(text) == (text,)


def test_a_path_and_a_plain_parameter_have_no_limit_of_length() -> None:
    assert segment("{id}").read("x" * 10_240) == ("x" * 10_240,)
    assert segment("{rest:path}").read("x" * 10_240) == ("x" * 10_240,)


def test_a_text_full_of_separators_is_given_up_after_a_fixed_number_of_cuts() -> None:
    refusing = Counting(accepts=False)

    with pytest.raises(ValueError, match="does not fit"):
        segment("{a}-{b}-{c:own}", own=refusing).read("-" * 2_048)

    assert 0 < len(refusing.seen) <= MOST_CUTS


@pytest.mark.parametrize("unit", ["-", "1-", "a-", "1"])
@pytest.mark.parametrize("size", [2_048, 10_240])
def test_a_composite_takes_milliseconds_at_most_whatever_the_text(unit: str, size: int) -> None:
    composite = segment("{a:int}-{b}-{c:int}-{d:float}")
    text = (unit * size)[:size]
    spans = []

    for _ in range(5):
        start = time.perf_counter()
        with pytest.raises(ValueError, match="does not fit"):
            composite.read(text)
        spans.append(time.perf_counter() - start)

    assert min(spans) < 0.005


ORDER = [
    "new",
    "report-{name}.json",
    "{name}.json",
    "{name}.{kind}",
    "{choice:choice}",
    "{flag:bool}",
    "{id:int}",
    "{share:float}",
    "{key:uuid}",
    "{at:datetime}",
    "{day:date}",
    "{own:own}",
    "{name}",
    "{rest:path}",
]


def test_segments_are_ordered_as_documented() -> None:
    choice = path_converters.for_annotation(Literal["a", "b"])
    segments = [segment(text, choice=choice, own=Counting()) for text in ORDER]
    shuffled = segments[1::2] + segments[::2]

    assert sorted(shuffled, key=lambda each: each.order(0)) == segments


def test_a_path_with_more_segments_behind_it_comes_first() -> None:
    rest = segment("{rest:path}")

    assert rest.order(2) < rest.order(1) < rest.order(0)


def test_converters_of_ones_own_are_ordered_by_label() -> None:
    @dataclass(frozen=True)
    class Labelled(Counting):
        label: str = ""

    first, second = (segment("{id:own}", own=Labelled(label=label)) for label in ("a", "b"))

    assert first.order(0) < second.order(0)

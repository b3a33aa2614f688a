from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import BadRequest
from nexios.http.headers import TOKEN_CHARACTERS
from nexios.http.media import BYTES, HTML, JSON, PROBLEM, TEXT, MediaType, negotiate, parse_accept
from nexios.types import Field

tokens = st.text(TOKEN_CHARACTERS.decode("ascii"), min_size=1, max_size=8)
values = st.text("".join(map(chr, [0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])), max_size=8)

# --- Content-Type


@pytest.mark.parametrize(
    ("text", "essence", "parameters"),
    [
        ("application/json", "application/json", {}),
        ("APPLICATION/Json", "application/json", {}),
        ("text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("text/plain;CharSet=UTF-8", "text/plain", {"charset": "UTF-8"}),
        ("text/plain \t; \tcharset=utf-8\t;\t", "text/plain", {"charset": "utf-8"}),
        ('text/plain; charset="utf-8"', "text/plain", {"charset": "utf-8"}),
        ('text/plain; a="x; b=\\"y\\"";b=2', "text/plain", {"a": 'x; b="y"', "b": "2"}),
        ('text/plain; a=""', "text/plain", {"a": ""}),
        ("text/plain;;;a=1;", "text/plain", {"a": "1"}),
        ("X/X;X=X;", "x/x", {"x": "X"}),
        ("application/vnd.api+json", "application/vnd.api+json", {}),
        ("*/*", "*/*", {}),
        ("a/b" + "".join(f";p{number}=1" for number in range(32)), "a/b", {f"p{number}": "1" for number in range(32)}),
    ],
)
def test_a_media_type_has_an_essence_and_parameters(text: str, essence: str, parameters: dict[str, str]) -> None:
    media_type = MediaType.parse(text)

    assert media_type.essence == essence
    assert f"{media_type.type}/{media_type.subtype}" == essence
    assert media_type.parameters == parameters


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/",
        ";",
        "json",
        "application/",
        "/json",
        "application//json",
        "application/json/x",
        " application/json",
        "application/json ",
        "application/json\ta",
        "application/json garbage",
        "application/json,text/plain",
        "application /json",
        "application/ json",
        "application/json;x",
        "application/json;x=",
        "application/json;=x",
        "application/json; x =1",
        "application/json; x= 1",
        "application/json; x=1 2",
        'application/json; x="1',
        'application/json; x="1"2',
        'application/json; x="\n"',
        "application/json; x=é",
        "application/json; é=x",
        "application/json; a=1; A=1",
        "application/json; charset=utf-8 garbage=1",
        "äpplication/json",
        "application/js\u212an",
        "application/json\x00",
        "a/b" + "".join(f";p{number}=1" for number in range(33)),
    ],
)
def test_whatever_is_not_all_a_media_type_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="The media type is malformed"):
        MediaType.parse(text)


@given(tokens, tokens, st.dictionaries(tokens.map(str.lower), values, max_size=4))
def test_a_media_type_survives_a_round_trip(kind: str, subtype: str, parameters: dict[str, str]) -> None:
    media_type = MediaType(kind.lower(), subtype.lower(), parameters)

    assert MediaType.parse(str(media_type)) == media_type


def test_media_types_are_values() -> None:
    plain = MediaType("text", "plain", {"charset": "utf-8"})

    assert len({plain, MediaType.parse("text/plain;charset=utf-8"), MediaType("text", "plain")}) == 2
    assert str(plain) == "text/plain; charset=utf-8"
    assert MediaType("text", "plain").parameters == {}
    with pytest.raises(FrozenInstanceError):
        plain.type = "image"  # type: ignore[misc]


@given(st.text('ab/;="\\ \t,é', max_size=20))
def test_any_text_is_a_media_type_or_refused(text: str) -> None:
    try:
        media_type = MediaType.parse(text)
    except BadRequest:
        return
    assert MediaType.parse(str(media_type)) == media_type


@pytest.mark.parametrize(
    ("line", "media_type"),
    [
        (JSON, b"application/json"),
        (TEXT, b"text/plain; charset=utf-8"),
        (HTML, b"text/html; charset=utf-8"),
        (BYTES, b"application/octet-stream"),
        (PROBLEM, b"application/problem+json"),
    ],
)
def test_the_line_of_an_answer_says_what_its_text_is_encoded_in(line: Field, media_type: bytes) -> None:
    assert line == (b"content-type", media_type)


# --- Accept


@pytest.mark.parametrize(
    ("header", "preferences"),
    [
        ("text/html", [("text/html", 1)]),
        ("text/html, */*;q=0.5", [("text/html", 1), ("*/*", 0.5)]),
        ("text/html;level=1;q=0.125", [("text/html; level=1", 0.125)]),
        ("text/html;q=0.5;level=1", [("text/html", 0.5)]),
        ('text/html;a="x,y", b/c', [('text/html; a="x,y"', 1), ("b/c", 1)]),
        ("text/html;Q=0", [("text/html", 0)]),
        (",, a/b ,", [("a/b", 1)]),
        ("X/X, X/X", [("x/x", 1), ("x/x", 1)]),
        ("nonsense, a/b, /, a/b c, a/b;q=2", [("a/b", 1)]),
        ("", []),
    ],
)
def test_preferences_are_read_in_order(header: str, preferences: list[tuple[str, float]]) -> None:
    assert [(str(media_range), quality) for media_range, quality in parse_accept(header)] == preferences


@pytest.mark.parametrize("quality", ["0", "1", "0.", "1.", "0.1", "0.12", "0.123", "1.0", "1.00", "1.000", "0.000"])
def test_a_quality_has_at_most_three_digits(quality: str) -> None:
    assert [found.quality for found in parse_accept(f"a/b;q={quality}")] == [float(quality)]


@pytest.mark.parametrize(
    "quality",
    ["", "2", "-1", "+1", ".5", "1.1", "1.001", "0.1234", "1.0000", "00.1", "1e0", "0_1", "0..1", "0.1.1", "0.\u0665"],
)
def test_a_preference_with_another_quality_is_skipped(quality: str) -> None:
    assert [str(found.range) for found in parse_accept(f"a/b;q={quality}, c/d")] == ["c/d"]


@pytest.mark.parametrize(
    ("accept", "offers", "chosen"),
    [
        (None, ["a/b", "c/d"], "a/b"),
        ("", ["a/b", "c/d"], "a/b"),
        ("nonsense", ["a/b", "c/d"], "a/b"),
        ("*/*", ["a/b", "c/d"], "a/b"),
        (None, [], None),
        ("*/*", [], None),
        ("a/b;q=0.5", [], None),
        ("c/d", ["a/b", "c/d"], "c/d"),
        ("e/f", ["a/b", "c/d"], None),
        ("C/D", ["a/b", "c/d"], "c/d"),
        ("c/*", ["a/b", "c/d"], "c/d"),
        ("*/d", ["a/b", "c/d"], None),
        ("a/b;q=0.5, c/d;q=0.6", ["a/b", "c/d"], "c/d"),
        ("a/b;q=0.5, c/d;q=0.5", ["a/b", "c/d"], "a/b"),
        ("c/d;q=0.5, a/b;q=0.5", ["a/b", "c/d"], "a/b"),
        # the more specific range wins among equals
        ("*/*, c/d", ["a/b", "c/d"], "c/d"),
        ("a/*, a/d", ["a/b", "a/d"], "a/d"),
        ("*/*, c/*", ["a/b", "c/d"], "c/d"),
        # for each offer the most specific range counts
        ("*/*;q=0.1, a/b;q=0", ["a/b", "c/d"], "c/d"),
        ("a/b;q=0, */*;q=0.1", ["a/b"], None),
        ("a/*;q=0, a/b", ["a/b", "a/c"], "a/b"),
        ("a/*;q=0, */*", ["a/b", "c/d"], "c/d"),
        ("*/*;q=0", ["a/b"], None),
        ("a/b;v=1;q=0.1, a/b;q=0.9", ["a/b;v=1", "a/b"], "a/b"),
        ("a/b;v=1, a/b;q=0.9", ["a/b", "a/b;v=1"], "a/b;v=1"),
        ("a/b;v=2", ["a/b", "a/b;v=1"], None),
        ("a/b", ["a/b;v=1"], "a/b;v=1"),
        ("a/*;v=1;q=0.1, a/*;q=0.9", ["a/b;v=1", "a/c"], "a/c"),
        ("*/*;v=1;q=0.1, */*;q=0.9", ["a/b;v=1", "a/c"], "a/c"),
        ("a/b;q=0.1, a/*;q=0.2, */*;q=0.3", ["a/b"], "a/b"),
        ("a/*;v=1;w=2;x=3;q=0, a/b", ["a/b;v=1;w=2;x=3"], "a/b;v=1;w=2;x=3"),
        ("*/*;v=1;w=2;x=3;q=0, a/*", ["a/b;v=1;w=2;x=3"], "a/b;v=1;w=2;x=3"),
        # one range given twice: the better quality
        ("a/b;q=0, a/b", ["a/b"], "a/b"),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            ["application/json", "text/html"],
            "text/html",
        ),
        ("application/json, text/plain, */*", ["text/html", "application/json"], "application/json"),
    ],
)
def test_the_offer_that_is_wanted_most_is_chosen(accept: str | None, offers: list[str], chosen: str | None) -> None:
    assert negotiate(accept, offers) == chosen


def test_an_offer_that_is_no_media_type_is_named() -> None:
    with pytest.raises(ValueError, match="'json' is not a media type: write type/subtype"):
        negotiate("*/*;q=0.5", ["json"])


def test_a_hundred_preferences_are_read_and_no_more() -> None:
    header = ",".join(["a/b"] * 99 + ["c/d", "e/f"])

    assert len(parse_accept(header)) == 100
    assert negotiate(header, ["e/f"]) is None
    assert negotiate(header, ["c/d"]) == "c/d"


@given(st.text('a/*;q=01.,"\\ ', max_size=30), st.lists(st.sampled_from(["a/a", "a/b;q=1", "b/b"]), max_size=3))
def test_any_header_chooses_an_offer_or_none(accept: str, offers: list[str]) -> None:
    assert negotiate(accept, offers) in (*offers, None)


@pytest.mark.parametrize(
    "atom", [";", ",", '"', "\\", " ", "a/b,", "a/b;", ";a=b", ';a="b"', "a/b;q=0,", "/", '",', "="]
)
@pytest.mark.parametrize("start", ["", 'a/b;a="', "a/b"])
def test_long_headers_are_read_in_linear_time(atom: str, start: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(MediaType.parse, lambda size: start + atom * (size // len(atom)))
    assert_linear(lambda text: negotiate(text, ["a/b", "c/d"]), lambda size: start + atom * (size // len(atom)))

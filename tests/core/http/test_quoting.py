from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.quoting import CONTROLS, read_value, split_unquoted, write_value

latin = st.text("".join(map(chr, [0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])), max_size=12)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", [""]),
        (",", ["", ""]),
        ("a, b", ["a", " b"]),
        ('"a,b",c', ['"a,b"', "c"]),
        ('a="b,c",d', ['a="b,c"', "d"]),
        ('"a\\",b",c', ['"a\\",b"', "c"]),
        ('"a\\\\",b', ['"a\\\\"', "b"]),
        ('a\\",b",c', ['a\\",b"', "c"]),
        ('"a,b', ['"a,b']),
        ('a","b', ['a","b']),
        ('"a",', ['"a"', ""]),
    ],
)
def test_only_separators_outside_of_quotes_divide(text: str, pieces: list[str]) -> None:
    assert split_unquoted(text, ",") == pieces


@given(st.text('a,"\\;', max_size=20))
def test_the_pieces_joined_are_the_text(text: str) -> None:
    assert ",".join(split_unquoted(text, ",")) == text


@given(st.lists(latin, min_size=1, max_size=5))
def test_quoted_values_are_never_divided(values: list[str]) -> None:
    quoted = [write_value(value) for value in values]

    assert split_unquoted(";".join(quoted), ";") == quoted


@given(latin)
def test_a_value_survives_a_round_trip(value: str) -> None:
    assert read_value(write_value(value)) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a", "a"),
        ("a-b!", "a-b!"),
        ('""', ""),
        ('"a b"', "a b"),
        ('"a\tb\xe9"', "a\tb\xe9"),
        ('"\\a\\"\\\\"', 'a"\\'),
    ],
)
def test_a_token_or_quoted_string_has_a_value(written: str, value: str) -> None:
    assert read_value(written) == value


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "a b",
        " a",
        "é",
        '"',
        '"a',
        'a"',
        '"a"b',
        'b"a"',
        '"a"b"',
        '"\\"',
        '"a\\"',
        '"\\\\\\"',
        '"\\',
        '"\n"',
        '"\x7f"',
        '"\u0100"',
        '"\0"',
    ],
)
def test_anything_else_has_none(written: str) -> None:
    assert read_value(written) is None


def test_controls_are_c0_del_c1_and_the_two_line_separators() -> None:
    kinds = {character: unicodedata.category(character) for character in map(chr, range(0x3000))}

    assert {character for character, kind in kinds.items() if kind in ("Cc", "Zl", "Zp")} == CONTROLS


@pytest.mark.parametrize(
    ("value", "written"), [("a", "a"), ("", '""'), ("a b", '"a b"'), ('"', '"\\""'), ("\\", '"\\\\"'), ("a;b", '"a;b"')]
)
def test_a_value_is_quoted_where_it_is_no_token(value: str, written: str) -> None:
    assert write_value(value) == written


@pytest.mark.parametrize("atom", ['"', "\\", ",", 'a",', '\\"', '"\\', "a"])
@pytest.mark.parametrize("start", ["", '"'])
def test_long_texts_are_read_in_linear_time(atom: str, start: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(lambda text: split_unquoted(text, ","), lambda size: start + atom * (size // len(atom)))
    assert_linear(read_value, lambda size: start + atom * (size // len(atom)) + start)

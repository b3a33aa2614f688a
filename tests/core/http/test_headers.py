from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.headers import TOKEN_CHARACTERS, Headers, MutableHeaders, check_name, check_raw, check_value

names = st.text(TOKEN_CHARACTERS.decode("ascii"), min_size=1, max_size=12)
allowed = "\t" + "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)]))
values = st.text(allowed, max_size=20)
fields = st.lists(st.tuples(names.map(check_name), values.map(check_value)), max_size=8)

FORBIDDEN = [*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0), 0x100, 0x2028, 0xD800, 0x1F600]


@given(names)
def test_a_token_is_a_name_and_is_written_in_lower_case(name: str) -> None:
    assert check_name(name) == name.lower().encode("ascii")


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a:", "a\n", "a\r\nb: c", "é", "\u212aey", "a\0", "(a)", "a,b", "a/b", "a@b"]
)
def test_what_is_no_token_is_refused_as_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="is not a header name: use ASCII") as caught:
        check_name(name)

    assert repr(name) in str(caught.value)


@given(values)
def test_a_value_is_written_as_latin_1_without_surrounding_blanks(value: str) -> None:
    assert check_value(value) == value.strip(" \t").encode("latin-1")


@pytest.mark.parametrize(
    ("value", "written"), [(" X ", b"X"), (" é\t", b"\xe9"), ("\ta\t", b"a"), ("\xa0a", b"\xa0a"), (" ", b"")]
)
def test_only_blanks_around_a_value_are_dropped(value: str, written: bytes) -> None:
    assert check_value(value) == written


@pytest.mark.parametrize("code", FORBIDDEN)
@pytest.mark.parametrize("frame", ["{}", "{}b", "a{}", "secret{}é"])
def test_a_forbidden_character_in_a_value_is_named_by_position(code: int, frame: str) -> None:
    with pytest.raises(ValueError, match=rf"at position {frame.index('{')}: ") as caught:
        check_value(frame.format(chr(code)))

    assert ascii(chr(code)) in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["\t", "\x20", "\x7e", "\xa0", "\xad", "\xff", ""])
def test_the_edges_of_the_allowed_characters_are_accepted(value: str) -> None:
    assert check_value(f"a{value}b") == f"a{value}b".encode("latin-1")


@pytest.mark.parametrize("wrong", [5, b"bytes", None])
def test_a_name_or_value_of_another_type_is_a_type_error_that_names_it(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"header value must be a str, not {type(wrong).__name__}"):
        check_value(wrong)
    with pytest.raises(TypeError, match=f"header name must be a str, not {type(wrong).__name__}"):
        check_name(wrong)


def test_names_are_found_in_any_case() -> None:
    headers = Headers([(b"content-type", b"text/plain")])

    assert headers["Content-Type"] == headers["CONTENT-TYPE"] == headers.get("content-type") == "text/plain"
    assert "Content-Type" in headers


def test_an_underscore_is_not_a_hyphen() -> None:
    headers = Headers([(b"x_forwarded_for", b"1.2.3.4")])

    assert "x-forwarded-for" not in headers
    assert headers.get("X-Forwarded-For") is None
    assert headers.getlist("x-forwarded-for") == []


def test_a_look_alike_letter_is_another_name() -> None:
    headers = Headers([(b"key", b"1")])

    assert "\u212aey" not in headers
    assert headers.getlist("\u212aey") == []


def test_the_first_of_several_lines_counts_and_all_can_be_had() -> None:
    headers = Headers([(b"accept", b"a"), (b"host", b"h"), (b"accept", b"b")])

    assert headers["accept"] == "a"
    assert headers.getlist("Accept") == ["a", "b"]
    assert headers.joined("Accept") == "a, b"
    assert headers.multi_items() == [("accept", "a"), ("host", "h"), ("accept", "b")]
    assert dict(headers) == {"accept": "a", "host": "h"}
    assert (len(headers), list(headers)) == (2, ["accept", "host"])


def test_an_absent_field_has_no_value() -> None:
    headers = Headers()

    assert headers.get("host") is None
    assert headers.get("host", "fallback") == "fallback"
    assert headers.get("host", default="fallback") == "fallback"
    assert headers.joined("host") is None
    assert 5 not in headers  # type: ignore[comparison-overlap]  # any object may be asked for
    with pytest.raises(KeyError, match="Host"):
        headers["Host"]


def test_an_empty_value_is_not_an_absent_field() -> None:
    headers = Headers([(b"accept", b"")])

    assert "accept" in headers
    assert (headers["accept"], headers.get("accept", "x"), headers.joined("accept")) == ("", "", "")


def test_values_are_read_as_latin_1() -> None:
    assert Headers([(b"x", b"\xe9\x80")])["x"] == "\xe9\x80"


def test_a_given_index_answers_lookups() -> None:
    assert Headers([(b"a", b"1")], {b"a": b"1"})["A"] == "1"


def test_any_iterable_of_pairs_will_do() -> None:
    assert Headers(iter([(b"a", b"1")]))["a"] == "1"


def test_the_order_of_different_names_means_nothing_and_of_one_name_everything() -> None:
    first = Headers([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")])

    assert first == Headers([(b"b", b"2"), (b"a", b"1"), (b"a", b"3")])
    assert first != Headers([(b"b", b"2"), (b"a", b"3"), (b"a", b"1")])
    assert Headers([(b"a", b"1")]) == {"a": "1"}
    assert Headers([(b"a", b"1")]) != 5


def test_credentials_are_not_shown() -> None:
    raw = [(name, b"s3cret") for name in (b"authorization", b"cookie", b"proxy-authorization", b"set-cookie")]

    shown = repr(Headers([*raw, (b"accept", b"x")]))

    assert "s3cret" not in shown
    assert shown.startswith("Headers([('authorization', '[hidden]')")
    assert "('accept', 'x')" in shown


@given(fields)
def test_every_lookup_agrees_with_the_list_of_lines(raw: list[tuple[bytes, bytes]]) -> None:
    headers = Headers(raw)

    for writable in (headers, MutableHeaders(raw)):
        for name, _ in raw:
            lines = [value.decode("latin-1") for other, value in raw if other == name]
            text = name.decode("ascii")
            assert writable[text] == writable.get(text) == lines[0]
            assert writable.getlist(text) == lines
        assert len(writable) == len(list(writable)) == len({name for name, _ in raw})


def test_many_lines_are_looked_up_in_linear_time(assert_linear: Callable[..., None]) -> None:
    def look_up_all(raw: list[tuple[bytes, bytes]]) -> None:
        headers = Headers(raw)
        for name, _ in raw:
            assert headers[name.decode("ascii")] == "v"

    assert_linear(look_up_all, lambda size: [(b"n%06d" % number, b"v") for number in range(size // 8)])


def test_setting_replaces_every_line_of_the_name_in_the_given_list() -> None:
    raw = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]
    headers = MutableHeaders(raw)

    headers["A"] = " new "

    assert raw == [(b"b", b"2"), (b"a", b"new")]
    assert headers.raw is raw


def test_appending_keeps_the_lines_that_are_there() -> None:
    headers = MutableHeaders()

    headers.append("Set-Cookie", "a=1")
    headers.append("Set-Cookie", "b=2")

    assert headers.raw == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


@pytest.mark.parametrize(
    "name",
    ["Content-Disposition", "Content-Length", "Content-Range", "Content-Type", "ETag", "Last-Modified", "Location"],
)
def test_a_field_that_stands_once_cannot_be_appended_twice(name: str) -> None:
    headers = MutableHeaders()
    headers.append(name, "1")

    with pytest.raises(ValueError, match=f"{name} can stand only once"):
        headers.append(name, "1")


def test_deleting_removes_every_line_and_fails_for_an_absent_name() -> None:
    headers = MutableHeaders([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")])

    del headers["A"]

    assert headers.raw == [(b"b", b"2")]
    with pytest.raises(KeyError, match="A"):
        del headers["A"]


def test_the_mapping_methods_write_through_the_same_checks() -> None:
    headers = MutableHeaders([(b"a", b"1")])

    assert headers.setdefault("A", "2") == "1"
    assert headers.setdefault("B", "2") == "2"
    headers.update({"C": "3"}, d="4")
    assert headers.pop("a") == "1"

    assert headers.multi_items() == [("b", "2"), ("c", "3"), ("d", "4")]


@pytest.mark.parametrize("write", [MutableHeaders.__setitem__, MutableHeaders.append, MutableHeaders.setdefault])
@pytest.mark.parametrize(("name", "value"), [("x", "a\r\nset-cookie: b"), ("x\r\n", "a"), ("x y", "a"), ("x", "\x85")])
def test_nothing_can_be_injected_and_a_refused_write_changes_nothing(
    write: Callable[[MutableHeaders, str, str], object], name: str, value: str
) -> None:
    headers = MutableHeaders([(b"a", b"1")])

    with pytest.raises(ValueError, match="header"):
        write(headers, name, value)

    assert headers.raw == [(b"a", b"1")]


def test_what_others_write_to_the_list_is_seen() -> None:
    raw: list[tuple[bytes, bytes]] = []
    headers = MutableHeaders(raw)
    assert "a" not in headers

    raw.append((b"a", b"1"))

    assert headers["a"] == "1"


@pytest.mark.parametrize(
    ("before", "added", "after"),
    [
        ([], ["Origin"], ["Origin"]),
        ([], ["Origin", "Cookie"], ["Origin, Cookie"]),
        (["Accept"], ["Origin"], ["Accept, Origin"]),
        (["accept, origin"], ["Origin"], ["accept, origin"]),
        (["Accept", "Origin,,Accept "], ["Cookie"], ["Accept, Origin, Cookie"]),
        (["*"], ["Origin"], ["*"]),
        (["Accept"], ["*"], ["*"]),
        ([], [], []),
        (["Accept"], [], ["Accept"]),
    ],
)
def test_vary_merges_names_and_a_star_stays_alone(before: list[str], added: list[str], after: list[str]) -> None:
    headers = MutableHeaders([(b"vary", value.encode()) for value in before])

    headers.vary(*added)

    assert headers.getlist("vary") == after


def test_vary_takes_only_names() -> None:
    headers = MutableHeaders()

    with pytest.raises(ValueError, match="is not a header name"):
        headers.vary("Origin", "a\nb")

    assert headers.raw == []


CONTROLS = [*range(0x09), *range(0x0A, 0x20), 0x7F]


@pytest.mark.parametrize("code", range(256))
def test_a_raw_value_may_hold_every_byte_but_those_that_move_the_cursor(code: int) -> None:
    value = b"a" + bytes([code]) + b"b"

    if code in CONTROLS:
        with pytest.raises(ValueError, match=r"the value of the header b'x-a' has a control character: remove it"):
            check_raw(b"x-a", value)
    else:
        assert check_raw(b"X-A", value) == (b"x-a", value)


def test_a_raw_name_is_a_token_of_any_case() -> None:
    assert check_raw(b"SET-Cookie", b"a=1") == (b"set-cookie", b"a=1")
    with pytest.raises(ValueError, match="header"):
        check_raw("naïve".encode("latin-1"), b"1")

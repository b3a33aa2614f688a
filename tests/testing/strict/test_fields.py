from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.fields import field, header_fields, message_type, optional_field


@pytest.mark.parametrize("message", [None, "http.response.start", ["type"], b"x"])
def test_a_message_that_is_no_dict_is_refused(message: object) -> None:
    with pytest.raises(ASGIProtocolError, match=re.escape(f"send() got {message!r}, an ASGI message is a dict")):
        message_type(message, ("a",), "now")


@pytest.mark.parametrize("message", [{}, {"type": None}, {"type": "b"}, {"type": b"a"}])
def test_a_message_of_another_type_is_refused_with_the_types_that_fit(message: dict[str, Any]) -> None:
    with pytest.raises(ASGIProtocolError, match=r"send\(\) got a message of type .* now: expected a or c"):
        message_type(message, ("a", "c"), "now")


def test_nothing_may_be_sent_where_no_type_is_allowed() -> None:
    with pytest.raises(ASGIProtocolError, match="expected nothing"):
        message_type({"type": "a"}, (), "after the end")


def test_a_field_of_the_right_type_is_returned() -> None:
    assert field({"type": "a", "status": 200}, "status", int) == 200


def test_a_missing_field_has_its_default() -> None:
    assert field({"type": "a"}, "more_body", bool, False) is False


def test_a_missing_field_without_a_default_is_named() -> None:
    with pytest.raises(ASGIProtocolError, match="a: the field 'status' is missing, it must be of type int"):
        field({"type": "a"}, "status", int)


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("status", int, "200"),
        ("status", int, True),
        ("status", int, None),
        ("body", bytes, "text"),
        ("body", bytes, bytearray(b"x")),
        ("more_body", bool, 1),
        ("more_body", bool, None),
    ],
)
def test_a_field_of_another_type_is_refused_with_its_value(name: str, kind: type[Any], value: object) -> None:
    with pytest.raises(ASGIProtocolError, match=re.escape(f"a: the field {name!r} is {value!r}, it must be of type")):
        field({"type": "a", name: value}, name, kind, kind())


def test_a_long_value_is_shortened() -> None:
    with pytest.raises(ASGIProtocolError) as refused:
        field({"type": "a", "body": "x" * 100_000}, "body", bytes)

    assert len(str(refused.value)) < 200


def test_an_optional_field_may_be_none_or_missing() -> None:
    assert optional_field({"type": "a", "text": None}, "text", str) is None
    assert optional_field({"type": "a"}, "text", str) is None
    assert optional_field({"type": "a", "text": ""}, "text", str) == ""


def test_headers_may_be_any_iterable_of_pairs() -> None:
    headers = (pair for pair in [(b"a", b"1"), [b"set-cookie", b"\xe9 2"]])

    assert header_fields({"type": "a", "headers": headers}) == [(b"a", b"1"), (b"set-cookie", b"\xe9 2")]


def test_headers_may_be_left_out() -> None:
    assert header_fields({"type": "a"}) == []


@pytest.mark.parametrize("headers", [None, 1, "a: b", b"a: b"])
def test_headers_that_are_no_iterable_of_pairs_are_refused(headers: object) -> None:
    with pytest.raises(ASGIProtocolError, match="it must be an iterable of"):
        header_fields({"type": "a", "headers": headers})


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ((b"a",), "must be a pair"),
        ((b"a", b"b", b"c"), "must be a pair"),
        (b"ab", "must be a pair"),
        (("a", b"1"), "must be two byte strings"),
        ((b"a", "1"), "must be two byte strings"),
        ((b"a", 1), "must be two byte strings"),
        ((b"X-A", b"1"), "must be lower-case"),
        ((b"", b"1"), "is not a token"),
        ((b"a b", b"1"), "is not a token"),
        ((b":status", b"1"), "is not a token"),
        ((b"a\xe9", b"1"), "is not a token"),
        ((b"a", b"1\r\nb: 2"), "contains a line break or NUL"),
        ((b"a", b"1\n2"), "contains a line break or NUL"),
        ((b"a", b"1\x002"), "contains a line break or NUL"),
        ((b"a", b" 1"), "begins or ends with whitespace"),
        ((b"a", b"1\t"), "begins or ends with whitespace"),
    ],
)
def test_a_header_that_a_server_would_refuse_is_refused(pair: object, sentence: str) -> None:
    with pytest.raises(ASGIProtocolError, match=f"a: .*{sentence}"):
        header_fields({"type": "a", "headers": [pair]})


@given(st.binary())
def test_a_header_value_that_is_accepted_fits_on_one_line(value: bytes) -> None:
    try:
        accepted = header_fields({"type": "a", "headers": [(b"x", value)]})
    except ASGIProtocolError:
        return
    assert len(accepted[0][1].split(b"\n")) == len(accepted[0][1].split(b"\r")) == 1

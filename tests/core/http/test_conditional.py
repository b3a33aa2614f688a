from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.conditional import ETag, etag, evaluate, http_date, if_range_holds, parse_http_date
from nexios.http.headers import Headers

STAMP = 784_111_777  # the example of RFC 9110 section 5.6.7
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
AFTER = "Sun, 06 Nov 1994 08:49:38 GMT"
tags = st.text("".join(map(chr, [0x21, *range(0x23, 0x7F), *range(0xA0, 0x100)])), max_size=8)

# --- entity tags


def test_the_tag_of_content_changes_with_the_content() -> None:
    assert etag(b"a") == etag(b"a") != etag(b"b")
    assert etag(b"a", weak=True) == "W/" + etag(b"a")
    assert ETag.parse(etag(b"")) is not None
    assert len(etag(b"")) == len('""') + 32


@given(tags, st.booleans())
def test_a_tag_survives_a_round_trip(value: str, weak: bool) -> None:
    assert ETag.parse(str(ETag(value, weak))) == ETag(value, weak)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ('"a"', ETag("a")),
        ('W/"a"', ETag("a", weak=True)),
        ('""', ETag("")),
        ('W/""', ETag("", weak=True)),
        ('"a,b"', ETag("a,b")),
        ('"\\"', ETag("\\")),
    ],
)
def test_a_tag_is_quoted_and_may_be_weak(text: str, tag: ETag) -> None:
    assert ETag.parse(text) == tag
    assert str(tag) == text


@pytest.mark.parametrize(
    "text",
    ["", "a", '"', 'W/"', "W/", '"a', 'a"', 'w/"a"', 'W/ "a"', ' "a"', '"a" ', '"a""', '"a b"', '"a\x7f"', '"\u2028"'],
)
def test_what_is_no_tag_is_none(text: str) -> None:
    assert ETag.parse(text) is None


@pytest.mark.parametrize("code", [0x21, 0x23, 0x7E, 0xA0, 0xFF])
def test_a_tag_may_hold_every_visible_character_but_the_quote(code: int) -> None:
    assert ETag.parse(f'"{chr(code)}"') == ETag(chr(code))


@pytest.mark.parametrize("value", ['"', " ", "a b", "\r\n", "\n", "\0", "\x7f", "\x85", "\u0100", "\u2028"])
def test_a_tag_cannot_hold_what_would_end_it(value: str) -> None:
    with pytest.raises(ValueError, match="an ETag cannot hold") as caught:
        ETag(value)

    assert repr(value) in str(caught.value)


def test_tags_are_values() -> None:
    with pytest.raises(FrozenInstanceError):
        ETag("a").value = '"'  # type: ignore[misc]


@pytest.mark.parametrize(
    ("one", "other", "strongly", "weakly"),  # RFC 9110 section 8.8.3.2
    [
        ('W/"1"', 'W/"1"', False, True),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', False, True),
        ('"1"', 'W/"1"', False, True),
        ('"1"', '"1"', True, True),
        ('"1"', '"2"', False, False),
    ],
)
def test_tags_compare_strongly_or_weakly(one: str, other: str, strongly: bool, weakly: bool) -> None:
    first, second = ETag.parse(one), ETag.parse(other)

    assert first is not None
    assert second is not None
    assert first.matches(second) is strongly
    assert first.matches_weakly(second) is weakly


# --- dates


@pytest.mark.parametrize(
    "moment",
    [
        STAMP,
        STAMP + 0.999_999_9,
        datetime(1994, 11, 6, 8, 49, 37, 999_999, tzinfo=UTC),
        datetime(1994, 11, 6, 3, 49, 37, tzinfo=timezone(-timedelta(hours=5))),
    ],
)
def test_a_moment_is_written_in_gmt_and_cut_to_seconds(moment: datetime | float) -> None:
    assert http_date(moment) == DATE


def test_a_moment_before_the_epoch_is_cut_downwards() -> None:
    assert http_date(-0.5) == "Wed, 31 Dec 1969 23:59:59 GMT"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone: use"):
        http_date(datetime(2020, 1, 1))


@pytest.mark.parametrize("moment", [1e12, -1e12, 1e300, float("inf"), float("nan")])
def test_a_moment_no_calendar_has_is_refused(moment: float) -> None:
    with pytest.raises(ValueError, match="are not within the years 1 to 9999"):
        http_date(moment)


@given(st.integers(0, 253_402_300_799))
def test_a_date_survives_a_round_trip(moment: int) -> None:
    assert http_date(moment) == email.utils.formatdate(moment, usegmt=True)
    assert parse_http_date(http_date(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_all_three_formats_are_read(text: str) -> None:
    assert parse_http_date(text) == STAMP


@pytest.mark.parametrize("shape", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_every_day_of_a_year_is_read(shape: str) -> None:
    for day in range(365):
        moment = datetime(2026, 1, 1, 23, 59, 58, tzinfo=UTC) + timedelta(days=day)

        assert parse_http_date(moment.strftime(shape)) == moment.timestamp()


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("Sun Nov 06 08:49:37 1994", 0),
        ("Sun Nov 16 08:49:37 1994", 10 * 86_400),
        ("Sun, 06 Nov 1994 08:49:60 GMT", 23),
        ("Mon, 06 Nov 1994 08:49:37 GMT", 0),
    ],
)
def test_dates_at_the_edge_of_the_grammar_are_read(text: str, shift: int) -> None:
    assert parse_http_date(text) == STAMP + shift


@pytest.mark.parametrize("ahead", [-49, 0, 49, 50])
def test_two_digits_of_a_year_mean_one_at_most_50_years_ahead(ahead: int) -> None:
    year = time.gmtime().tm_year + ahead
    expected = datetime(year, 11, 6, tzinfo=UTC).timestamp()

    assert parse_http_date(f"Sunday, 06-Nov-{year % 100:02} 00:00:00 GMT") == expected


def test_two_digits_of_a_year_51_years_ahead_mean_the_century_before() -> None:
    year = time.gmtime().tm_year + 51

    date = parse_http_date(f"Sunday, 06-Nov-{year % 100:02} 00:00:00 GMT")

    assert date == datetime(year - 100, 11, 6, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "GMT",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        ", 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 006 Nov 1994 08:49:37 GMT",
        "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 01994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 08:49:37:00 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 0\u0666 Nov 1994 08:49:37 GMT",
        "Sun, 0² Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06-Nov 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 UTC",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov   6 08:49:37 1994",
        "Sun Nov  06 08:49:37 1994",
        "Sun, Nov  6 08:49:37 1994",
        "Sun, Nov 06 08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
        "Sun Nov 06 08:49:37 94",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_http_date(text) is None


@given(st.text(max_size=30) | st.text("SunNov 0123456789:,-GMT", max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert parse_http_date(text) is None or text[:3] in ("Sun",)


# --- preconditions


@pytest.mark.parametrize(
    ("method", "fields", "tag", "outcome"),
    [
        ("GET", {}, '"a"', "proceed"),
        ("PUT", {}, None, "proceed"),
        # If-Match: strongly, and whatever the method
        ("PUT", {"if-match": '"a"'}, '"a"', "proceed"),
        ("GET", {"if-match": '"a"'}, '"a"', "proceed"),
        ("PUT", {"if-match": '"b"'}, '"a"', "failed"),
        ("GET", {"if-match": '"b"'}, '"a"', "failed"),
        ("PUT", {"if-match": '"b", "a"'}, '"a"', "proceed"),
        ("PUT", {"if-match": 'W/"a"'}, '"a"', "failed"),
        ("PUT", {"if-match": '"a"'}, 'W/"a"', "failed"),
        ("PUT", {"if-match": 'W/"a"'}, 'W/"a"', "failed"),
        ("PUT", {"if-match": "*"}, '"a"', "proceed"),
        ("PUT", {"if-match": "*"}, None, "proceed"),
        ("PUT", {"if-match": '"a"'}, None, "failed"),
        ("PUT", {"if-match": ""}, '"a"', "failed"),
        ("PUT", {"if-match": "a"}, '"a"', "failed"),
        ("PUT", {"if-match": '"a'}, '"a"', "failed"),
        ("PUT", {"if-match": '"a"'}, "not a tag", "failed"),
        # If-Unmodified-Since: only without If-Match
        ("PUT", {"if-unmodified-since": BEFORE}, None, "failed"),
        ("GET", {"if-unmodified-since": BEFORE}, None, "failed"),
        ("PUT", {"if-unmodified-since": DATE}, None, "proceed"),
        ("PUT", {"if-unmodified-since": AFTER}, None, "proceed"),
        ("PUT", {"if-unmodified-since": "yesterday"}, None, "proceed"),
        ("PUT", {"if-match": '"a"', "if-unmodified-since": BEFORE}, '"a"', "proceed"),
        ("PUT", {"if-match": '"b"', "if-unmodified-since": AFTER}, '"a"', "failed"),
        # If-None-Match: weakly
        ("GET", {"if-none-match": '"a"'}, '"a"', "not_modified"),
        ("HEAD", {"if-none-match": '"a"'}, '"a"', "not_modified"),
        ("QUERY", {"if-none-match": '"a"'}, '"a"', "not_modified"),
        ("PUT", {"if-none-match": '"a"'}, '"a"', "failed"),
        ("POST", {"if-none-match": "*"}, None, "failed"),
        ("GET", {"if-none-match": "*"}, None, "not_modified"),
        ("GET", {"if-none-match": 'W/"a"'}, '"a"', "not_modified"),
        ("GET", {"if-none-match": '"a"'}, 'W/"a"', "not_modified"),
        ("GET", {"if-none-match": '"b"'}, '"a"', "proceed"),
        ("PUT", {"if-none-match": '"b"'}, '"a"', "proceed"),
        ("GET", {"if-none-match": '"a"'}, None, "proceed"),
        ("GET", {"if-none-match": ""}, '"a"', "proceed"),
        # If-Modified-Since: only for reading and without If-None-Match
        ("GET", {"if-modified-since": DATE}, None, "not_modified"),
        ("HEAD", {"if-modified-since": AFTER}, None, "not_modified"),
        ("QUERY", {"if-modified-since": DATE}, None, "not_modified"),
        ("GET", {"if-modified-since": BEFORE}, None, "proceed"),
        ("PUT", {"if-modified-since": DATE}, None, "proceed"),
        ("GET", {"if-modified-since": "tomorrow"}, None, "proceed"),
        ("GET", {"if-none-match": '"b"', "if-modified-since": AFTER}, '"a"', "proceed"),
        ("GET", {"if-none-match": '"a"', "if-modified-since": BEFORE}, '"a"', "not_modified"),
        # If-Match or If-Unmodified-Since first, then If-None-Match or If-Modified-Since
        ("GET", {"if-match": '"a"', "if-none-match": '"a"'}, '"a"', "not_modified"),
        ("GET", {"if-match": '"b"', "if-none-match": '"a"'}, '"a"', "failed"),
        ("GET", {"if-unmodified-since": DATE, "if-modified-since": DATE}, None, "not_modified"),
        ("GET", {"if-match": '"a"', "if-modified-since": DATE}, '"a"', "not_modified"),
    ],
)
def test_preconditions_count_in_the_order_of_the_standard(
    method: str, fields: dict[str, str], tag: str | None, outcome: str
) -> None:
    headers = Headers((name.encode(), value.encode()) for name, value in fields.items())

    assert evaluate(method, headers, tag, STAMP) == outcome
    assert evaluate(method, headers, tag, STAMP + 0.75) == outcome


@pytest.mark.parametrize("name", ["if-modified-since", "if-unmodified-since"])
def test_a_date_means_nothing_where_the_time_of_change_is_unknown(name: str) -> None:
    headers = Headers([(name.encode(), DATE.encode())])

    assert evaluate("GET", headers, None, None) == "proceed"


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ('"a"', True),
        ('"x", "a"', True),
        ('"x","a"', True),
        ('"x" ,\t"a" ', True),
        (', ,"x",,"a",', True),
        ('"x",W/"a"', True),
        ('X"a"', False),
        ('"x,y", "a"', True),
        ('W/"x", W/"a"', True),
        ('"x,\\", "a"', True),
        ('"a", "unclosed', True),
        ('"a" x', True),
        ('"x" "a"', False),
        ('"x""a"', False),
        ('x "a"', False),
        ('"x", y"a"', False),
        ('"x", W/ "a"', False),
        ('"x", w/"a"', False),
        ('"x y", "a"', True),
        ('"x", "a', False),
        ("a", False),
        ('*, "a"', False),
        ('"*"', False),
    ],
)
def test_a_list_of_tags_is_read_up_to_its_first_slip(listed: str, found: bool) -> None:
    one_line = Headers([(b"if-none-match", listed.encode())])
    two_lines = Headers([(b"if-none-match", b'"z"'), (b"if-none-match", listed.encode())])

    for headers in (one_line, two_lines):
        assert evaluate("GET", headers, '"a"', None) == ("not_modified" if found else "proceed")


@given(st.lists(tags, min_size=1, max_size=5), st.data())
def test_every_tag_of_a_list_is_found(values: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(values))
    headers = Headers([(b"if-match", ", ".join(str(ETag(value)) for value in values).encode("latin-1"))])

    assert evaluate("PUT", headers, str(ETag(wanted)), None) == "proceed"


@pytest.mark.parametrize(
    ("value", "tag", "modified", "holds"),
    [
        (None, '"a"', STAMP, True),
        (None, None, None, True),
        ('"a"', '"a"', STAMP, True),
        ('"b"', '"a"', STAMP, False),
        ('W/"a"', 'W/"a"', STAMP, False),
        ('"a"', 'W/"a"', STAMP, False),
        ('"a"', None, STAMP, False),
        ('"a"', "not a tag", STAMP, False),
        (DATE, '"a"', STAMP, True),
        (DATE, None, STAMP + 0.9, True),
        (BEFORE, None, STAMP, False),
        (AFTER, None, STAMP, False),
        (DATE, None, None, False),
        ("nonsense", '"a"', STAMP, False),
        ("", '"a"', STAMP, False),
        ('"a", "b"', '"a"', STAMP, False),
        ("*", '"a"', STAMP, False),
    ],
)
def test_a_range_is_sent_only_of_the_very_same_content(
    value: str | None, tag: str | None, modified: float | None, holds: bool
) -> None:
    assert if_range_holds(value, tag, modified) is holds


@pytest.mark.parametrize("atom", ['"', "W/", 'W/"', '"a",', ",", " ", "a", "\\", ", ", "-", ":", 'W/"",', "0"])
@pytest.mark.parametrize("name", ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"])
def test_long_preconditions_are_read_in_linear_time(name: str, atom: str, assert_linear: Callable[..., None]) -> None:
    def look(text: str) -> object:
        return evaluate("GET", Headers([(name.encode(), text.encode())]), '"x"', 0)

    assert_linear(look, lambda size: atom * (size // len(atom)))
    assert_linear(look, lambda size: '"' + atom * (size // len(atom)))


@pytest.mark.parametrize("atom", ['"', "W/", "a", " ", ":"])
def test_a_long_if_range_is_read_in_linear_time(atom: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(lambda text: if_range_holds(text, '"x"', 0), lambda size: atom * (size // len(atom)))

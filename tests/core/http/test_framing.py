from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import BadRequest, HeaderFieldsTooLarge
from nexios.http import framing
from nexios.http.framing import HeaderScreen
from nexios.types import RawHeaders


@dataclass(frozen=True)
class Limits:
    headers: int = 100
    header_bytes: int = 32_768


LIMITS = Limits()
HOST = (b"host", b"example.com")
CONTROLS = [*range(0x09), *range(0x0A, 0x20), 0x7F]


_screens: dict[Limits, HeaderScreen] = {}


@pytest.fixture(autouse=True)
def _nothing_is_known_yet() -> None:
    framing._good_fields.clear()
    _screens.clear()


def screen(headers: Iterable[tuple[bytes, bytes]], limits: Limits, method: str = "GET") -> dict[bytes, bytes]:
    """Screen as one application does, request after request."""
    return _screens.setdefault(limits, HeaderScreen(limits)).read(headers, method)


def test_the_first_line_of_each_field_is_returned() -> None:
    lines = [HOST, (b"accept", b"a"), (b"accept", b"b"), (b"x", b"")]

    assert screen(lines, LIMITS) == {b"host": b"example.com", b"accept": b"a", b"x": b""}


def test_lines_may_come_as_any_iterable_of_pairs() -> None:
    assert screen(iter([HOST]), LIMITS) == {b"host": b"example.com"}
    assert screen(((b"host", b"a"), (b"b", b"c")), LIMITS) == {b"host": b"a", b"b": b"c"}


def test_what_was_seen_before_gets_the_same_answer() -> None:
    lines = [HOST, (b"accept", b"*/*"), (b"content-length", b"5")]

    assert screen(lines, LIMITS) == screen(lines, LIMITS) == dict(lines)


def _refusal(*lines: tuple[bytes, bytes], method: str = "GET") -> str:
    """The detail of the refusal, which is the same for new fields and for fields whose parts are all known."""
    with pytest.raises(BadRequest) as first:
        screen([*lines], LIMITS, method)
    for name, _ in lines:
        with contextlib.suppress(BadRequest):
            screen([HOST, (name, b"0")], LIMITS, "POST")
    with pytest.raises(BadRequest) as again:
        screen([*lines], LIMITS, method)

    assert first.value.headers == again.value.headers == {"connection": "close"}
    assert first.value.detail == again.value.detail
    return first.value.detail or ""


@pytest.mark.parametrize("code", CONTROLS)
@pytest.mark.parametrize("frame", [b"%c", b"%cb", b"a%c", b"a%cb"])
def test_a_control_character_in_a_value_is_refused(code: int, frame: bytes) -> None:
    assert "control character" in _refusal(HOST, (b"x", frame % code))


@pytest.mark.parametrize("code", CONTROLS)
def test_a_control_character_in_a_repeated_line_is_refused(code: int) -> None:
    assert "control character" in _refusal(HOST, (b"x", b"%c" % code), (b"x", b"fine"))
    assert "control character" in _refusal(HOST, (b"x", b"fine"), (b"x", b"%c" % code))


@pytest.mark.parametrize("code", [0x09, 0x20, 0x7E, 0x80, 0x85, 0x9F, 0xA0, 0xAD, 0xFF])
def test_a_tab_and_everything_from_80_up_is_accepted(code: int) -> None:
    assert screen([HOST, (b"x", b"a%cb" % code)], LIMITS)[b"x"] == b"a%cb" % code


def test_a_value_may_have_blanks_beside_what_is_not_ascii() -> None:
    assert screen([HOST, (b"x", b"a \tb \x80c")], LIMITS)[b"x"] == b"a \tb \x80c"


@given(
    st.sampled_from(["host", "content-length", "transfer-encoding"]), st.sampled_from(" \t:_.\x00\x0bA"), st.integers(0)
)
def test_a_look_alike_of_a_framing_field_is_refused_or_another_name(name: str, odd: str, position: int) -> None:
    cut = position % (len(name) + 1)
    look_alike = (name[:cut] + odd + name[cut:]).encode()

    try:
        fields = screen([HOST, (look_alike, b"chunked")], LIMITS)
    except BadRequest:
        return
    assert fields.keys() == {b"host", look_alike}


@pytest.mark.parametrize("count", [99, 100])
def test_as_many_fields_as_the_limit_are_accepted(count: int) -> None:
    lines = [HOST, *((b"x%d" % number, b"") for number in range(count - 1))]

    assert len(screen(lines, LIMITS)) == len(screen(lines, LIMITS)) == count


@pytest.mark.parametrize("lines", [[(b"x%d" % number, b"") for number in range(100)], [(b"x", b"")] * 100])
def test_one_field_more_than_the_limit_is_refused(lines: RawHeaders) -> None:
    lines = [HOST, *lines]

    for _ in range(2):
        with pytest.raises(HeaderFieldsTooLarge, match="has 101 header fields, 100 are allowed"):
            screen(lines, LIMITS)


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("name", [b"x", b"x" * 64, b"x" * 65, b"x" * 9_000, b"x" * 32_700])
def test_the_budget_counts_names_and_values_to_the_byte(name: bytes, over: int) -> None:
    value = b"v" * (32_768 - len(b"hostexample.com") - len(name) + over)

    for _ in range(2):
        if over:
            with pytest.raises(HeaderFieldsTooLarge, match="have 32769 bytes, 32768 are allowed"):
                screen([HOST, (name, value)], LIMITS)
        else:
            assert screen([HOST, (name, value)], LIMITS)[name] == value


def test_repeated_lines_count_towards_the_budget() -> None:
    lines = [HOST, *[(b"x", b"v" * 1_000)] * 33]

    with pytest.raises(HeaderFieldsTooLarge):
        screen(lines, LIMITS)


def test_fields_that_another_application_has_seen_count_towards_the_budget() -> None:
    lines = [HOST, *((b"x%02d" % number, b"v" * 100) for number in range(90))]
    size = sum(len(name) + len(value) for name, value in lines)
    screen(lines, LIMITS)

    assert len(screen(lines, Limits(header_bytes=size))) == 91
    with pytest.raises(HeaderFieldsTooLarge):
        screen(lines, Limits(header_bytes=size - 1))


def test_many_small_known_fields_are_within_the_budget() -> None:
    lines = [HOST, *((b"x%d" % number, b"") for number in range(90))]
    tight = Limits(header_bytes=sum(len(name) + len(value) for name, value in lines))

    for _ in range(2):
        assert len(screen(lines, tight)) == 91


def test_a_host_is_required() -> None:
    assert "host is missing" in _refusal((b"accept", b"*/*"))
    assert "host is missing" in _refusal()


@pytest.mark.parametrize("host", [b"example.com", b"Example.com:8000", b"[::1]:80", b"127.0.0.1"])
def test_a_host_with_an_optional_port_is_accepted(host: bytes) -> None:
    for _ in range(2):
        assert screen([(b"host", host)], LIMITS) == {b"host": host}


@pytest.mark.parametrize("length", [b"0", b"5", b"005", b"9" * 19])
def test_a_content_length_of_digits_is_accepted(length: bytes) -> None:
    assert screen([HOST, (b"content-length", length)], LIMITS, "POST")[b"content-length"] == length


@pytest.mark.parametrize("coding", [b"chunked", b"Chunked"])
def test_a_chunked_body_is_accepted(coding: bytes) -> None:
    for _ in range(2):
        assert screen([HOST, (b"transfer-encoding", coding)], LIMITS, "POST")[b"transfer-encoding"] == coding


@pytest.mark.parametrize(
    "content", [(b"content-length", b"1"), (b"content-length", b"10"), (b"transfer-encoding", b"chunked")]
)
def test_an_upgrade_by_get_must_not_have_content(content: tuple[bytes, bytes]) -> None:
    lines = [HOST, (b"upgrade", b"websocket"), content]

    assert "upgrade must not have content" in _refusal(*lines)
    with pytest.raises(BadRequest, match="upgrade must not have content"):  # nor where the method is not told
        HeaderScreen(LIMITS).read(lines)
    assert screen(lines, LIMITS, "POST")[b"upgrade"] == b"websocket"
    assert screen([HOST, content], LIMITS)[content[0]] == content[1]


@pytest.mark.parametrize("rest", [[], [(b"content-length", b"0")], [(b"content-length", b"00")]])
def test_an_upgrade_without_content_is_accepted(rest: RawHeaders) -> None:
    for _ in range(2):
        assert screen([HOST, (b"upgrade", b"websocket"), *rest], LIMITS)[b"upgrade"] == b"websocket"


@pytest.mark.parametrize("length", [b"5", b"x"])
def test_known_fields_do_not_hide_a_changed_length(length: bytes) -> None:
    screen([HOST, (b"content-length", b"0"), (b"upgrade", b"h2c")], LIMITS)

    with pytest.raises(BadRequest):
        screen([HOST, (b"content-length", length), (b"upgrade", b"h2c")], LIMITS)


def test_what_is_remembered_of_requests_is_bounded() -> None:
    for number in range(3_000):
        screen([(b"host", b"h%d" % number), (b"x%d" % number, b"")], LIMITS)
        assert len(framing._good_fields) <= 1_024

    assert (b"host", b"h2999") in framing._good_fields


@pytest.mark.parametrize(("name", "value"), [(b"x" * 64, b"v"), (b"x", b"v" * 128)])
def test_short_fields_are_remembered(name: bytes, value: bytes) -> None:
    screen([HOST, (name, value)], LIMITS)

    assert framing._good_fields == {HOST, (name, value)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x" * 65, b"v"),
        (b"x", b"v" * 129),
        (b"authorization", b"Bearer secret"),
        (b"proxy-authorization", b"Basic secret"),
        (b"cookie", b"id=secret"),
        (b"transfer-encoding", b"chunked"),
        (b"upgrade", b"websocket"),
    ],
)
def test_secrets_long_fields_and_other_framing_are_not_remembered(name: bytes, value: bytes) -> None:
    screen([HOST, (name, value)], LIMITS, "POST")

    assert framing._good_fields == {HOST}


def test_lines_may_be_lists() -> None:
    for _ in range(2):
        assert screen([[b"host", b"a"], [b"b", b"c"]], LIMITS) == {b"host": b"a", b"b": b"c"}  # type: ignore[list-item]


def test_whole_headers_are_remembered_by_each_application_and_not_for_ever() -> None:
    screens = HeaderScreen(LIMITS), HeaderScreen(Limits(headers=1))
    first, other = (each.read for each in screens)
    lines = [HOST, (b"accept", b"a")]

    assert first(lines) is first(lines)
    with pytest.raises(HeaderFieldsTooLarge):
        other(lines)
    for number in range(600):
        first([HOST, (b"x", b"%d" % number)])
        assert len(screens[0]._good) <= 256
    assert first([HOST, (b"x", b"599")]) is first([HOST, (b"x", b"599")])


@pytest.mark.parametrize("field", [(b"cookie", b"id=secret"), (b"upgrade", b"h2c"), (b"x", b"v" * 129)])
def test_headers_with_a_field_that_is_not_kept_are_not_remembered(field: tuple[bytes, bytes]) -> None:
    application = HeaderScreen(LIMITS)

    assert application.read([HOST, field]) == {b"host": b"example.com", field[0]: field[1]}
    assert application._good == {}


@pytest.mark.parametrize("known", [[HOST], [HOST, (b"accept", b"a")], [(b"accept", b"a")]])
def test_fields_that_were_seen_in_other_requests_are_still_checked_together(known: RawHeaders) -> None:
    screen([HOST, (b"accept", b"a"), (b"x", b"1")], LIMITS)
    screen([(b"host", b"other.com"), (b"origin", b"a")], LIMITS)

    with pytest.raises(BadRequest, match="host stands more than once"):
        screen([*known, (b"host", b"other.com"), HOST], LIMITS)
    with pytest.raises(BadRequest, match="host is missing"):
        screen([(b"accept", b"a"), (b"x", b"1")], LIMITS)
    with pytest.raises(BadRequest, match="origin stands more than once"):
        screen([HOST, (b"origin", b"a"), (b"origin", b"a")], LIMITS)
    with pytest.raises(HeaderFieldsTooLarge):
        screen([HOST, (b"accept", b"a")], Limits(headers=1))
    with pytest.raises(HeaderFieldsTooLarge):
        screen([HOST, (b"accept", b"a")], Limits(header_bytes=21))
    assert screen([HOST, (b"accept", b"a")], Limits(headers=2, header_bytes=22)) == {b"host": HOST[1], b"accept": b"a"}


@given(st.lists(st.tuples(st.binary(max_size=6), st.binary(max_size=6)) | st.just(HOST), max_size=4))
def test_any_fields_are_screened_or_refused_and_the_second_time_likewise(lines: RawHeaders) -> None:
    answers: list[object] = []
    for _ in range(2):
        try:
            answers.append(screen(lines, LIMITS))
        except BadRequest as refusal:
            answers.append(refusal.detail)

    assert answers[0] == answers[1]


@pytest.mark.parametrize("value", [b"a", b" ", b"\t", b"\xe9", b"\0"])
def test_a_flood_of_fields_is_refused_in_linear_time(value: bytes, assert_linear: Callable[..., None]) -> None:
    wide = Limits(headers=10**9, header_bytes=10**9)

    assert_linear(lambda lines: screen(lines, wide), lambda size: [HOST, (b"x", value * size)])
    assert_linear(lambda lines: screen(lines, wide), lambda size: [HOST, *[(b"x", value)] * (size // 2)])
    assert_linear(
        lambda lines: screen(lines, LIMITS),
        lambda size: [HOST, *((b"n%06d" % number, b"") for number in range(size // 7))],
    )

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.exceptions import RangeNotSatisfiable
from nexios.http.ranges import Range, parse_range


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-9", [(0, 10)]),
        ("bytes=0-", [(0, 10)]),
        ("bytes=9-", [(9, 10)]),
        ("bytes=9-9", [(9, 10)]),
        ("bytes=5-100", [(5, 10)]),
        ("bytes=5-5", [(5, 6)]),
        ("bytes=-1", [(9, 10)]),
        ("bytes=-10", [(0, 10)]),
        ("bytes=-11", [(0, 10)]),
        ("bytes=005-0006", [(5, 7)]),
        ("BYTES=0-0", [(0, 1)]),
        ("bytes=0-9223372036854775808", [(0, 10)]),
        ("bytes=0-" + "9" * 5_000, [(0, 10)]),
        ("bytes=-" + "9" * 5_000, [(0, 10)]),
        ("bytes=" + "0" * 5_000 + "1-1", [(1, 2)]),
        # several, in the order they were asked for
        ("bytes=0-0,2-2", [(0, 1), (2, 3)]),
        ("bytes=2-2, 0-0", [(2, 3), (0, 1)]),
        ("bytes= 0-0 \t,\t 2-2 ", [(0, 1), (2, 3)]),
        ("bytes=-1,0-0", [(9, 10), (0, 1)]),
        # unless they touch or overlap
        ("bytes=0-1,2-3", [(0, 4)]),
        ("bytes=2-3,0-1", [(0, 4)]),
        ("bytes=0-5,2-3", [(0, 6)]),
        ("bytes=0-3,2-5", [(0, 6)]),
        ("bytes=0-0,0-0", [(0, 1)]),
        ("bytes=8-8,0-1,1-2", [(0, 3), (8, 9)]),
        ("bytes=0-,0-,0-", [(0, 10)]),
        # what lies beyond the end is left out
        ("bytes=0-0,10-", [(0, 1)]),
        ("bytes=0-0,-0", [(0, 1)]),
        ("bytes=20-30,-1", [(9, 10)]),
    ],
)
def test_ranges_are_read_merged_and_cut_to_the_size(header: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_range(header, 10) == tuple(ranges)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=0",
        "bytes=a-",
        "bytes=-a",
        "bytes=0-a",
        "bytes=0--1",
        "bytes=--1",
        "bytes=5-4",
        "bytes=1 -2",
        "bytes=1- 2",
        "bytes=+1-2",
        "bytes=1_0-11",
        "bytes=\u0660-\u0665",
        "bytes=²-",
        "bytes=0-0,",
        "bytes=,0-0",
        "bytes=0-0,,1-1",
        "bytes=0-0;1-1",
        "bytes=X0-0",
        "bytes=0-0,x",
        "bytes=10-,5-4",
        "bytes 0-0",
        "bytes =0-0",
        " bytes=0-0",
        "items=0-0",
        "=0-0",
        "0-0",
    ],
)
def test_the_whole_is_sent_where_the_header_is_no_list_of_byte_ranges(header: str | None) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize(
    "header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=-0,10-", "bytes=" + "9" * 5_000 + "-"]
)
def test_ranges_that_all_lie_beyond_the_end_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(header, 10)

    assert caught.value.headers == {"content-range": "bytes */10"}


def test_the_largest_sizes_have_ranges_like_all_others() -> None:
    """Nineteen digits are read to the last: nine exabytes have as many."""
    assert parse_range("bytes=0-8999999999999999999", 9_223_372_036_854_775_807) == (Range(0, 9 * 10**18),)


def test_more_digits_than_any_size_has_mean_the_end() -> None:
    many = "9" * 5_000

    assert parse_range(f"bytes=5-{many}", 10**18) == (Range(5, 10**18),)
    assert parse_range(f"bytes=-{many}", 10**18) == (Range(0, 10**18),)
    with pytest.raises(RangeNotSatisfiable):
        parse_range(f"bytes={many}-", 10**18)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-0", "bytes=-00,1-"])
def test_no_place_in_an_empty_file_can_be_sent(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, 0)


@pytest.mark.parametrize("header", ["bytes=-1", "bytes=-10", "bytes=0-,\t-500"])
def test_the_last_bytes_of_an_empty_file_are_the_whole_file(header: str) -> None:
    assert parse_range(header, 0) is None


def test_sixteen_ranges_are_sent_and_for_more_the_whole() -> None:
    specs = [f"{2 * number}-{2 * number}" for number in range(17)]

    assert len(parse_range(f"bytes={','.join(specs[:16])}", 100) or ()) == 16
    assert parse_range(f"bytes={','.join(specs)}", 100) is None
    assert parse_range("bytes=0-0", 10, most=1) == (Range(0, 1),)
    assert parse_range("bytes=0-0,2-2", 10, most=1) is None


@given(
    st.integers(0, 40),
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda ends: f"{min(ends)}-{max(ends)}")
        | st.integers(0, 50).map("{}-".format)
        | st.integers(0, 50).map("-{}".format),
        min_size=1,
        max_size=8,
    ),
)
def test_exactly_the_bytes_asked_for_are_sent_once(size: int, specs: list[str]) -> None:
    asked: set[int] = set()
    for spec in specs:
        first, last = spec.split("-")
        if not first:
            asked.update(range(max(size - int(last), 0), size))
        else:
            asked.update(range(int(first), min(int(last or size) + 1, size)))

    ranges: tuple[Range, ...] | None = ()
    with contextlib.suppress(RangeNotSatisfiable):
        ranges = parse_range(f"bytes={','.join(specs)}", size)

    if ranges is None:  # the last bytes of nothing: all of it
        assert size == 0
        return
    sent = [position for start, stop in ranges for position in range(start, stop)]
    assert sorted(sent) == sorted(asked)


@given(st.text("bytes=0123456789-, ", max_size=30).map("bytes={}".format) | st.text(max_size=20), st.integers(0, 20))
def test_any_header_gives_ranges_within_the_file(header: str, size: int) -> None:
    with contextlib.suppress(RangeNotSatisfiable):
        for start, stop in parse_range(header, size) or ():
            assert 0 <= start < stop <= size


@pytest.mark.parametrize("atom", ["0-0,", "0-,", "-", ",", "9", "0", " ", "0-", "1-0,", "=", "\u0660"])
def test_a_long_header_is_read_in_linear_time(atom: str, assert_linear: Callable[..., None]) -> None:
    assert_linear(lambda text: parse_range(text, 10**9), lambda size: "bytes=" + atom * (size // len(atom)))

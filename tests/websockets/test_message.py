from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.codecs import dumps
from nexios.websockets import ChannelMessage
from nexios.websockets.channels.message import Foreign, decode, order

LIMIT = 10_000
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
contents = st.one_of(
    st.tuples(st.just("text"), texts),
    st.tuples(st.just("bytes"), st.binary(max_size=100)),
    st.tuples(st.just("json"), texts.map(lambda text: dumps({"a": text}).decode())),
)


@given(contents, st.none() | texts, st.lists(texts, max_size=3), st.booleans())
def test_what_is_written_is_read(content: Any, to: str | None, exclude: list[str], announce: bool) -> None:
    message = ChannelMessage("a", content[0], content[1], to=to, exclude=tuple(exclude), announce=announce)

    read = decode("a", message.encode(), "1-2", LIMIT)

    assert (read.kind, read.content, read.to, read.exclude, read.announce) == (*content, to, tuple(exclude), announce)
    assert json.loads(read.numbered["text"])["id"] == "1-2"


@given(st.binary(max_size=200))
def test_any_other_bytes_are_foreign(data: bytes) -> None:
    with pytest.raises(Foreign):
        decode("a", data, "1-1", LIMIT)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        [],
        {"v": 2, "k": "text", "d": ""},
        {"v": 1, "k": "other", "d": ""},
        {"v": 1, "k": ["text"], "d": ""} | {"k": "TEXT"},
        {"v": 1, "k": "text", "d": 1},
        {"v": 1, "k": "json", "d": "{"},
        {"v": 1, "k": "bytes", "d": "?"},
        {"v": 1, "k": "text", "d": "", "to": 1},
        {"v": 1, "k": "text", "d": "", "x": "id"},
        {"v": 1, "k": "text", "d": "", "x": [1]},
        {"v": 1, "k": "text", "d": "a" * LIMIT},
    ],
)
def test_a_message_with_wrong_fields_is_foreign(fields: Any) -> None:
    with pytest.raises(Foreign):
        decode("a", json.dumps(fields).encode(), "1-1", LIMIT)


def test_a_pickle_is_foreign() -> None:
    with pytest.raises(Foreign):
        decode("a", b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00K\x01.", "1-1", LIMIT)


@given(st.lists(st.tuples(st.integers(0, 2**60), st.integers(0, 2**60)), max_size=20))
def test_ids_are_ordered_by_their_numbers(pairs: list[tuple[int, int]]) -> None:
    ids = [f"{first}-{second}" for first, second in pairs]

    assert [order(one) for one in sorted(ids, key=order)] == sorted(pairs)


@pytest.mark.parametrize("id", ["", "-", "a", "1-a", "²", "1" * 42, "1 ", "+1"])
def test_what_is_no_id_has_no_order(id: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        order(id)

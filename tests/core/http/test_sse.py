from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.http.sse import ServerSentEvent, encode_event


def read(stream: bytes) -> list[dict[str, str]]:
    """What a browser makes of *stream* (HTML standard, section 9.2.6), comments included."""
    events: list[dict[str, str]] = []
    fields: dict[str, list[str]] = {}
    for line in stream.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        else:
            events.append({name: "\n".join(lines) for name, lines in fields.items()})
            fields = {}
    assert not fields
    return events


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (ServerSentEvent("hi"), b"data: hi\n\n"),
        (ServerSentEvent(""), b"data: \n\n"),
        (ServerSentEvent(" hi"), b"data:  hi\n\n"),
        (ServerSentEvent("a\nb\r\nc\rd"), b"data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (ServerSentEvent("a\n"), b"data: a\ndata: \n\n"),
        (ServerSentEvent("a\u2028\x0b\x85é"), "data: a\u2028\x0b\x85é\n\n".encode()),
        (ServerSentEvent({"a": [1, None]}), b'data: {"a":[1,null]}\n\n'),
        (ServerSentEvent(0), b"data: 0\n\n"),
        (ServerSentEvent("x", event="tick"), b"event: tick\ndata: x\n\n"),
        (ServerSentEvent("x", id="7"), b"id: 7\ndata: x\n\n"),
        (ServerSentEvent("x", event="X", id="X"), b"event: X\nid: X\ndata: x\n\n"),
        (ServerSentEvent("x", id="", event=""), b"event: \nid: \ndata: x\n\n"),
        (ServerSentEvent("x", retry=0), b"retry: 0\ndata: x\n\n"),
        (ServerSentEvent(retry=5_000), b"retry: 5000\n\n"),
        (ServerSentEvent(comment="keep-alive"), b": keep-alive\n\n"),
        (ServerSentEvent(comment="a\nb"), b": a\n: b\n\n"),
        (ServerSentEvent(comment=""), b": \n\n"),
        (
            ServerSentEvent("x", event="e", id="1", retry=2, comment="c"),
            b": c\nevent: e\nid: 1\nretry: 2\ndata: x\n\n",
        ),
        (ServerSentEvent(), b"\n"),
    ],
)
def test_an_event_is_written_line_by_line(event: ServerSentEvent, written: bytes) -> None:
    assert event.encode() == written
    assert encode_event(event) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [("hi", b"data: hi\n\n"), ({"a": 1}, b'data: {"a":1}\n\n'), ([1], b"data: [1]\n\n"), (5, b"data: 5\n\n")],
)
def test_any_other_value_is_the_data_of_an_event(value: object, written: bytes) -> None:
    assert encode_event(value) == written


def test_a_dataclass_is_sent_as_json() -> None:
    @dataclass
    class Tick:
        count: int

    assert encode_event(Tick(3)) == b'data: {"count":3}\n\n'


def test_bytes_are_refused() -> None:
    with pytest.raises(TypeError, match="bytes is not text"):
        encode_event(b"hi")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\0"])
@pytest.mark.parametrize("name", ["event", "id"])
def test_a_line_break_or_nul_cannot_smuggle_a_field(name: str, end: str) -> None:
    with pytest.raises(ValueError, match=f"the {name} .* has a line break or NUL: leave it out") as caught:
        ServerSentEvent("x", **{name: f"a{end}data: b"})  # type: ignore[arg-type]

    assert repr(f"a{end}data: b") in str(caught.value)


@pytest.mark.parametrize("retry", [-1, True, 1.5, "5", "5\ndata: x"])
def test_a_retry_that_is_no_number_of_milliseconds_is_refused(retry: Any) -> None:
    with pytest.raises(ValueError, match="is not a number of milliseconds: use an int from 0") as caught:
        ServerSentEvent(retry=retry)

    assert repr(retry) in str(caught.value)


def test_events_are_values() -> None:
    assert ServerSentEvent("x") == ServerSentEvent("x")
    with pytest.raises(FrozenInstanceError):
        ServerSentEvent("x").data = "y"  # type: ignore[misc]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=4))
def test_every_text_reaches_the_browser_as_one_event(texts: list[str]) -> None:
    stream = b"".join(encode_event(text) for text in texts)

    assert read(stream) == [{"data": text.replace("\r\n", "\n").replace("\r", "\n")} for text in texts]


@given(st.text("a\r\n: ", max_size=8), st.text("a: \u2028", max_size=8), st.text("a: ", max_size=8))
def test_no_field_runs_into_another(comment: str, name: str, identity: str) -> None:
    (event,) = read(ServerSentEvent("x", event=name, id=identity, comment=comment).encode())

    assert (event["data"], event["event"], event["id"]) == ("x", name, identity)
    assert event.keys() == {"", "data", "event", "id"}

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.testing import EventStreamError, MessageEvent, TestClient
from nexios.testing.sse import EventParser
from nexios.types import Receive, Scope, Send
from tests.testing.apps import respond, send_part, serving, start, until_disconnect

EVENT_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")


def events(*chunks: bytes) -> list[MessageEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [MessageEvent("a")]),
        (b"data:a\n\n", [MessageEvent("a")]),
        (b"data:  a\n\n", [MessageEvent(" a")]),
        (b"data: a\ndata: b\n\n", [MessageEvent("a\nb")]),
        (b"data\n\ndata\ndata\n\ndata:", [MessageEvent(""), MessageEvent("\n")]),
        (b"event: tick\ndata: 1\n\ndata: 2\n\n", [MessageEvent("1", event="tick"), MessageEvent("2")]),
        (b"event: tick\n\ndata: 1\n\n", [MessageEvent("1")]),
        (b"id: 7\ndata: 1\n\ndata: 2\n\n", [MessageEvent("1", id="7"), MessageEvent("2", id="7")]),
        (b"id: 7\ndata: 1\n\nid\ndata: 2\n\n", [MessageEvent("1", id="7"), MessageEvent("2")]),
        (b"id: 7\0\ndata: 1\n\n", [MessageEvent("1")]),
        (b"retry: 3000\ndata: 1\n\ndata: 2\n\n", [MessageEvent("1", retry=3000), MessageEvent("2")]),
        (b"retry: soon\ndata: 1\n\n", [MessageEvent("1")]),
        ("retry: ٣\ndata: 1\n\n".encode(), [MessageEvent("1")]),
        (b": ping\n\n:\n\ndata: 1\n\n", [MessageEvent("1")]),
        (b"other: x\ndata : y\ndata: 1\n\n", [MessageEvent("1")]),
        (b"data: never ended\n", []),
        (b"\xef\xbb\xbfdata: 1\n\n", [MessageEvent("1")]),
        (b"data: \xff\n\n", [MessageEvent("\ufffd")]),
        (b"data: 1\r\rdata: 2\r\n\r\ndata: 3\n\n", [MessageEvent("1"), MessageEvent("2"), MessageEvent("3")]),
        ("data: a\x0b\x0c\x85\u2028b\n\n".encode(), [MessageEvent("a\x0b\x0c\x85\u2028b")]),
    ],
)
def test_a_stream_is_read_as_the_standard_says(stream: bytes, expected: list[MessageEvent]) -> None:
    assert events(stream) == expected


@given(
    st.lists(st.sampled_from([b"data: \xc3\xa9", b"event: e", b"id: 1", b"\r", b"\n", b"\r\n", b": c", b"x"])),
    st.data(),
)
def test_the_cuts_between_chunks_do_not_matter(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert events(*chunks) == events(stream)


@serving
async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await start(send, EVENT_STREAM)
    headers = dict(scope["headers"])
    first = int(headers.get(b"last-event-id", b"0"))
    for number in range(first, first + 3):
        await send_part(send, b"id: %d\ndata: %b\n\n" % (number, headers[b"accept"]))
    await until_disconnect(receive)


@pytest.mark.anyio
async def test_events_are_read_while_the_application_goes_on() -> None:
    async with TestClient(endless) as client, client.sse("/") as stream:
        first = await anext(stream)
        second = await anext(stream)

    assert stream.response.status_code == 200
    assert (first, second) == (
        MessageEvent("text/event-stream", id="0"),
        MessageEvent("text/event-stream", id="1"),
    )


@pytest.mark.anyio
async def test_a_client_that_reconnects_tells_what_it_has() -> None:
    async with TestClient(endless) as client, client.sse("/", last_event_id="41") as stream:
        assert (await anext(stream)).id == "41"


@pytest.mark.anyio
async def test_iterating_ends_with_the_stream() -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"data: 1\n\ndata: 2\n\ndata: unfinished", EVENT_STREAM)

    async with TestClient(app) as client, client.sse("/", params={"a": 1}, headers={"x": "1"}) as stream:
        assert [event.data async for event in stream] == ["1", "2"]
        assert stream.response.request.url == "http://testserver/?a=1"
        assert stream.response.request.headers["x"] == "1"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "headers", "sentence"),
    [
        (200, (b"content-type", b"application/json"), "it answered 200 with application/json"),
        (500, EVENT_STREAM, "it answered 500 with text/event-stream"),
        (200, (b"x", b"1"), "it answered 200 with no content type"),
    ],
)
async def test_an_answer_that_is_no_event_stream_is_refused(
    status: int, headers: tuple[bytes, bytes], sentence: str
) -> None:
    @serving
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"", headers, status=status)

    async with TestClient(app) as client:
        with pytest.raises(EventStreamError, match=f"http://testserver/ is not an event stream: {sentence}") as refused:
            async with client.sse("/"):
                pass

    assert refused.value.response.status_code == status

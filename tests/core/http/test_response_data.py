"""A response is data: what it holds, which of it describes its body, and what another one takes over."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from nexios import Response
from nexios.http.response_data import checked_status
from nexios.http.writer import messages


def sent(response: Response) -> tuple[int, dict[str, str], bytes]:
    start, body = messages(response, "GET")
    return start["status"], {name.decode(): value.decode("latin-1") for name, value in start["headers"]}, body["body"]


@pytest.mark.parametrize("status", [100, 199, 600, 0, -1, True, "200", 200.0, None])
def test_a_status_is_a_final_one(status: Any) -> None:
    with pytest.raises(ValueError, match="is not an integer from 200 to 599"):
        checked_status(status)
    with pytest.raises(ValueError, match="is not an integer from 200 to 599"):
        Response().status_code = status
    with pytest.raises(ValueError, match="is not an integer from 200 to 599"):
        Response.from_raw(status, [])


def test_only_what_is_no_longer_http_switches_protocols() -> None:
    """A plugin says so with a response of which nothing else is read; no handler does."""
    assert Response.from_raw(101).status_code == 101
    with pytest.raises(ValueError, match="response status 101"):
        Response().status_code = 101


@pytest.mark.parametrize("field", [(b"x-a", b"1\r\nset-cookie: a=1"), (b"x-a\r\nb", b"1"), (b"", b"1")])
def test_a_field_of_another_application_cannot_split_the_answer(field: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="header"):
        Response.from_raw(200, [field])


def test_a_status_may_be_one_of_the_standard_library() -> None:
    response = Response.json({}, status=HTTPStatus.CREATED)

    assert type(response.status_code) is int
    assert sent(response)[0] == 201


def test_the_constructor_takes_text_or_bytes() -> None:
    assert sent(Response("hé", 201, {"X-A": "1"})) == (
        201, {"content-type": "text/plain; charset=utf-8", "x-a": "1", "content-length": "3"}, "hé".encode()
    )  # fmt: skip
    assert Response(b"x").content_type == "application/octet-stream"
    assert Response(b"x", content_type="a/b").content_type == "a/b"
    assert Response("x", headers={"content-type": "a/b"}).content_type == "a/b"
    assert Response().content_type is None


def test_a_later_body_replaces_an_earlier_one_and_what_describes_it() -> None:
    response = Response()
    response.set_header("x-kept", "1").stream([b"a"]).text("text")

    assert not response.is_streaming
    assert response.content_type == "text/plain; charset=utf-8"
    response.headers["content-type"] = "text/csv"
    assert response.json([]).content_type == "application/json"
    assert response.headers["content-type"] == "application/json"
    assert response.headers.getlist("content-type") == ["application/json"]
    assert response.empty().content_type is None
    assert response.headers["x-kept"] == "1"


def test_headers_read_after_a_body_was_written_are_those_of_now() -> None:
    response = Response.json({}, headers={"x-a": "1"})
    assert response.headers["content-type"] == "application/json"

    response.text("x")

    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    del response.headers["content-type"]
    response.headers.append("x-a", "2")
    assert response.headers.multi_items() == [("x-a", "1"), ("x-a", "2")]
    assert response.raw_headers() == [(b"x-a", b"1"), (b"x-a", b"2")]


def test_whoever_has_checked_a_field_appends_it_as_it_is() -> None:
    response = Response.text("x")
    response.fields.append((b"x-a", b"1"))

    assert response.fields == [(b"content-type", b"text/plain; charset=utf-8"), (b"x-a", b"1")]
    assert response.headers["x-a"] == "1"


def test_a_response_that_is_returned_keeps_what_was_said_before() -> None:
    earlier = Response.set_header("x-a", "1").set_header("x-b", "1").set_cookie("c", "1").background(print)
    earlier.set_header("etag", '"old"').set_header("content-type", "text/csv")

    response = Response.json([], headers={"x-a": "2"}).background(repr).adopt(earlier)

    assert response.headers["x-a"] == "2"
    assert response.headers["x-b"] == "1"
    assert response.headers["content-type"] == "application/json"
    assert "etag" not in response.headers
    assert len(response.headers.getlist("set-cookie")) == 1
    assert [job for job, _, _ in response.jobs or ()] == [print, repr]
    assert Response.text("x").adopt(Response()).content == b"x"
    assert (
        Response.text("x").adopt(Response.set_header("content-type", "a/b")).content_type == "text/plain; charset=utf-8"
    )


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (Response.json({}), "<Response 200 application/json 2>"),
        (Response.stream([b""]), "<Response 200 application/octet-stream stream>"),
        (Response.file("x"), "<Response 200 None file>"),
    ],
)
def test_a_response_tells_what_it_is(response: Response, text: str) -> None:
    assert repr(response) == text


def test_a_stream_in_place_of_events_gets_no_comments_between_its_chunks() -> None:
    assert Response.sse([]).keep_alive is not None
    assert Response.sse([]).stream([b"x"]).keep_alive is None

"""Every way to write a response, and what cannot be written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios import NexiosApp, Request, Response
from nexios.exceptions import PreconditionFailed
from nexios.http.writer import messages
from nexios.testing import TestClient
from tests.core.raw import make_scope


def sent(response: Response) -> tuple[int, dict[str, str], bytes]:
    start, body = messages(response, "GET")
    return start["status"], {name.decode(): value.decode("latin-1") for name, value in start["headers"]}, body["body"]


@pytest.mark.parametrize(
    ("write", "content_type", "content"),
    [
        (lambda response: response.json({"a": [1, None]}), "application/json", b'{"a":[1,null]}'),
        (lambda response: response.text("héllo"), "text/plain; charset=utf-8", "héllo".encode()),
        (lambda response: response.html("<b>"), "text/html; charset=utf-8", b"<b>"),
        (lambda response: response.send(b"\0"), "application/octet-stream", b"\0"),
        (lambda response: response.text("a,b", content_type="text/csv"), "text/csv", b"a,b"),
        (lambda response: response.send(b"x", content_type="image/png"), "image/png", b"x"),
    ],
)
def test_bodies_are_written_into_the_response_or_into_a_new_one(write: Any, content_type: str, content: bytes) -> None:
    mine = Response()

    assert write(mine) is mine
    for response in (mine, write(Response)):
        status, headers, body = sent(response)
        assert (status, headers["content-type"], body) == (200, content_type, content)
        assert headers["content-length"] == str(len(content))
        assert response.content_type == content_type


@pytest.mark.parametrize("write", [Response.json, Response.text, Response.html])
def test_status_and_status_code_mean_the_same(write: Any) -> None:
    assert write("x", 201).status_code == 201
    assert write("x", status_code=201).status_code == 201
    assert write("x", status=201).status_code == 201
    assert Response.status(201).json({}).status_code == 201
    assert Response().status(404).text("x").status_code == 404
    assert write("x", headers={"X-A": "1"}).headers["x-a"] == "1"


def test_empty_is_204_and_a_redirect_302_unless_said_otherwise() -> None:
    assert Response.empty().status_code == 204
    assert Response.empty(202).status_code == 202
    assert Response.empty(status=202, headers={"x-a": "1"}).headers["x-a"] == "1"
    assert Response.redirect("/a").status_code == 302
    assert Response.redirect("/a", 307).status_code == 307
    assert Response.redirect("/a", status=308).headers["location"] == "/a"
    assert Response.redirect("/ä b").headers["location"] == "/%C3%A4%20b"


@pytest.mark.parametrize("status", [200, 201, 300, 304, 404])
def test_a_redirect_has_a_redirecting_status(status: int) -> None:
    with pytest.raises(ValueError, match=f"redirect status {status} is not one of"):
        Response.redirect("/a", status)


def test_cookies_are_set_and_deleted() -> None:
    response = Response.set_cookie("a", "1", max_age=60, secure=True, httponly=True, samesite="strict")
    response.delete_cookie("b", path="/x")
    response.set_cookie("c", "3", expires=datetime(2027, 1, 1, tzinfo=UTC), domain="example.com", samesite=None)

    cookies = response.headers.getlist("set-cookie")

    assert len(cookies) == 3
    assert cookies[0].startswith("a=1;")
    assert "Max-Age=0" in cookies[1]
    assert "example.com" in cookies[2]


INJECTIONS = ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "a\x85b", "a\u2028b", "☃", "a\x7fb"]


@pytest.mark.parametrize("value", INJECTIONS)
@pytest.mark.parametrize(
    "write",
    [
        lambda value: Response.set_header("x-a", value),
        lambda value: Response.add_header("x-a", value),
        lambda value: Response.set_header(value, "x"),
        lambda value: Response.json({}, headers={"x-a": value}),
        lambda value: Response.json({}, headers={value: "x"}),
        lambda value: Response.text("x", content_type=f"text/plain; charset={value}"),
        lambda value: Response.send(b"x", content_type=value),
        lambda value: Response.stream([b"x"], content_type=value),
        lambda value: Response.stream([b"x"], headers={"x-a": value}),
        lambda value: Response.file("x", content_type=value),
        lambda value: Response.file("x", headers={"x-a": value}),
        lambda value: Response.set_cookie("a", value),
        lambda value: Response.set_cookie(value, "a"),
        lambda value: Response.set_cookie("a", path=value),
        lambda value: Response.set_cookie("a", domain=value),
        lambda value: Response.delete_cookie(value),
        lambda value: Response.etag(value),
        lambda value: Response("x", headers={"x-a": value}),
        lambda value: Response("x", content_type=value),
    ],
)
def test_what_cannot_stand_in_a_header_is_refused_where_it_is_set(write: Any, value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each says it in its own words
        write(value)


@pytest.mark.parametrize("value", ["/a\r\nb: c", "/a\nb", "/a\0b", "/a\x85b"])
def test_a_location_holds_no_control_characters(value: str) -> None:
    try:
        location = Response.redirect(value).headers["location"]
    except ValueError:
        return
    assert location.isprintable()
    assert location.isascii()


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_is_set_can_split_the_answer(name: str, value: str) -> None:
    response = Response()
    for write in (response.set_header, response.add_header, response.set_cookie):
        try:
            write(name, value)
        except ValueError:
            continue
    for key, content in response.raw_headers():
        assert not set(key + content) & set(b"\r\n\0")
        assert not set(key) & set(b" :\t")


@given(st.text(max_size=60))
def test_no_filename_can_split_the_answer(name: str) -> None:
    try:
        response = Response.file("x", name)
    except ValueError:
        return
    (value,) = [content for key, content in response.raw_headers() if key == b"content-disposition"]
    assert value.decode("latin-1").isprintable()


def test_a_file_is_saved_under_a_name_or_shown() -> None:
    assert Response.file("/tmp/a.txt").headers.get("content-disposition") is None  # noqa: S108
    assert Response.file("/x/a.txt", inline=False).headers["content-disposition"] == 'attachment; filename="a.txt"'
    assert "filename*" in Response.file("/x/a.txt", "ä.txt").headers["content-disposition"]
    assert Response.file("/x/a", content_type="text/csv").content_type == "text/csv"


def test_validators_are_written_as_header_values() -> None:
    assert Response.text("x").etag().headers["etag"].startswith('"')
    assert Response.text("x").etag(weak=True).headers["etag"].startswith('W/"')
    assert Response.etag("v1").headers["etag"] == '"v1"'
    assert Response.etag("v1", weak=True).headers["etag"] == 'W/"v1"'
    for misfit in ('"v1"', 'v1", "v2', "v 1", "v1\t", "\u2028"):
        with pytest.raises(ValueError, match="an ETag cannot hold"):
            Response.etag(misfit)
    moment = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert Response.last_modified(moment).headers["last-modified"] == "Fri, 20 Nov 2026 10:00:00 GMT"
    assert Response.last_modified(0).headers["last-modified"] == "Thu, 01 Jan 1970 00:00:00 GMT"


def request_with(**fields: str) -> Request:
    headers = [(b"host", b"x"), *((name.replace("_", "-").encode(), value.encode()) for name, value in fields.items())]
    app = NexiosApp(plugins=[])
    return Request(app, make_scope(headers=headers), None, None, dict(headers))  # type: ignore[arg-type]


def test_a_copy_that_is_still_good_turns_the_response_into_a_304() -> None:
    response = Response.json({"a": 1}).set_cookie("seen", "1")

    assert response.not_modified(request_with(if_none_match='"v1"'), etag="v1", last_modified=1.0)
    assert response.status_code == 304
    assert response.content == b""
    assert response.content_type is None
    assert response.headers["etag"] == '"v1"'
    assert response.headers["last-modified"] == "Thu, 01 Jan 1970 00:00:01 GMT"
    assert not Response().not_modified(request_with(if_none_match='"v2"'), etag="v1")
    assert not Response().not_modified(request_with())


@pytest.mark.parametrize(
    "fields",
    [
        {"if_match": '"v2"'},
        {"if_match": 'W/"v1"'},
        {"if_unmodified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ],
)
def test_a_condition_that_does_not_hold_is_412(fields: dict[str, str]) -> None:
    with pytest.raises(PreconditionFailed, match="not the one that the request names"):
        Response().not_modified(request_with(**fields), etag="v1", last_modified=1.0)
    assert not Response().not_modified(request_with(if_match='"v1"'), etag="v1")


def test_conditions_are_those_of_what_the_response_has_said_before() -> None:
    same = "Thu, 01 Jan 1970 00:00:01 GMT"

    assert Response.etag("v1").not_modified(request_with(if_none_match='"v1"'))
    assert Response.last_modified(1.5).not_modified(request_with(if_modified_since=same))
    with pytest.raises(PreconditionFailed):
        Response.last_modified(2).not_modified(request_with(if_unmodified_since=same))
    with pytest.raises(ValueError, match="an ETag cannot hold"):
        Response().not_modified(request_with(), etag='"v1"')


@pytest.mark.anyio
async def test_an_injection_is_a_500_with_nothing_of_it_on_the_wire() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show(request: Request, response: Response) -> Response:
        return response.set_header("x-a", request.query_params["q"])

    async with TestClient(app, raise_server_exceptions=False) as client:
        answer = await client.get("/?q=a%0d%0ax-b:%201")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "x-b" not in answer.headers

from __future__ import annotations

from typing import Any

import pytest

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.http import ResponseBody, ResponseRules, ResponseStart

START = "http.response.start"
BODY = "http.response.body"


def start(status: Any = 200, *headers: tuple[bytes, bytes], **more: Any) -> dict[str, Any]:
    return {"type": START, "status": status, "headers": list(headers), **more}


def body(data: Any = b"", **more: Any) -> dict[str, Any]:
    return {"type": BODY, "body": data, **more}


def answered(*messages: dict[str, Any], method: str = "GET") -> ResponseRules:
    rules = ResponseRules(method)
    for message in messages:
        rules.read(message)
    return rules


def test_a_complete_answer_is_read() -> None:
    rules = ResponseRules("GET")

    assert rules.read(start(200, (b"a", b"1"))) == ResponseStart(200, [(b"a", b"1")])
    assert rules.read(body(b"x", more_body=True)) == ResponseBody(b"x", more=True)
    assert rules.read({"type": BODY}) == ResponseBody(b"", more=False)
    rules.finish()


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([body()], f"'{BODY}' before the answer was started: expected {START}"),
        ([start(), start()], f"'{START}' after the answer was started: expected {BODY}"),
        ([start(), body(), body()], f"'{BODY}' after the answer was complete: expected nothing"),
        ([start(), body(), start()], f"'{START}' after the answer was complete: expected nothing"),
        ([start(), {"type": "http.response.trailers"}], f"expected {BODY}"),
        ([{"type": "http.response.push"}], f"expected {START}"),
        ([{"type": "websocket.accept"}], f"expected {START}"),
    ],
)
def test_messages_out_of_order_are_refused(messages: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(ASGIProtocolError, match=sentence):
        answered(*messages)


@pytest.mark.parametrize("status", [99, 100, 101, 199, 600, 1000, -1])
def test_a_status_that_ends_no_exchange_is_refused(status: int) -> None:
    with pytest.raises(ASGIProtocolError, match=f"the status {status} is not one of a final answer"):
        answered(start(status))


@pytest.mark.parametrize("status", ["200", True, None, 200.0])
def test_a_status_that_is_no_integer_is_refused(status: object) -> None:
    with pytest.raises(ASGIProtocolError, match=r"the field 'status' is .*, it must be of type int"):
        answered(start(status))


def test_trailers_need_a_server_that_offers_them() -> None:
    with pytest.raises(ASGIProtocolError, match=r"the scope offers no http\.response\.trailers"):
        answered(start(trailers=True))


def test_the_body_has_to_be_bytes() -> None:
    with pytest.raises(ASGIProtocolError, match="the field 'body' is 'text', it must be of type bytes"):
        answered(start(), body("text"))


@pytest.mark.parametrize(
    ("length", "bodies"),
    [
        (b"3", [body(b"ab")]),
        (b"3", [body(b"ab", more_body=True), body(b"cd")]),
        (b"3", [body(b"abcd", more_body=True)]),
        (b"0", [body(b"a")]),
    ],
)
def test_a_content_length_that_lies_is_refused(length: bytes, bodies: list[dict[str, Any]]) -> None:
    sent = sum(len(part["body"]) for part in bodies)
    sentence = f"content-length promises {int(length)} bytes, {sent} were sent"

    with pytest.raises(ASGIProtocolError, match=sentence):
        answered(start(200, (b"content-length", length)), *bodies)


def test_a_content_length_that_is_kept_is_accepted() -> None:
    answered(start(200, (b"content-length", b"4")), body(b"ab", more_body=True), body(b"cd")).finish()


@pytest.mark.parametrize("length", [b"-1", b"+1", b"1.0", b"", b"1_0", b"\xb2", b"ten"])
def test_a_content_length_that_is_no_number_is_refused(length: bytes) -> None:
    with pytest.raises(ASGIProtocolError, match="is not a number of bytes"):
        answered(start(200, (b"content-length", length)))


def test_two_content_lengths_are_refused() -> None:
    with pytest.raises(ASGIProtocolError, match="content-length is given 2 times"):
        answered(start(200, (b"content-length", b"1"), (b"content-length", b"1")))


def test_the_transfer_encoding_is_left_to_the_server() -> None:
    with pytest.raises(ASGIProtocolError, match="transfer-encoding belongs to the server"):
        answered(start(200, (b"transfer-encoding", b"chunked")))


@pytest.mark.parametrize("status", [204, 205, 304])
def test_an_answer_that_has_no_body_may_not_send_one(status: int) -> None:
    with pytest.raises(ASGIProtocolError, match=f"an answer with status {status} has no body, but 1 bytes were sent"):
        answered(start(status), body(b"x"))


def test_an_answer_to_head_may_not_send_a_body() -> None:
    with pytest.raises(ASGIProtocolError, match="an answer to HEAD has no body, but 1 bytes were sent"):
        answered(start(), body(b"x"), method="HEAD")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_an_answer_without_its_body_may_tell_the_length_of_it(method: str, status: int) -> None:
    answered(start(status, (b"content-length", b"7")), body(), method=method).finish()


def test_an_answer_without_content_has_no_content_length() -> None:
    with pytest.raises(ASGIProtocolError, match="status 204 must not have a content-length"):
        answered(start(204, (b"content-length", b"0")))


def test_returning_without_an_answer_is_refused() -> None:
    with pytest.raises(ASGIProtocolError, match=f"returned without an answer: it never sent {START}"):
        answered().finish()


@pytest.mark.parametrize("messages", [[start()], [start(), body(b"x", more_body=True)]])
def test_returning_in_the_middle_of_an_answer_is_refused(messages: list[dict[str, Any]]) -> None:
    with pytest.raises(ASGIProtocolError, match="returned before its answer was complete"):
        answered(*messages).finish()


def test_a_refused_message_leaves_the_answer_as_it_was() -> None:
    rules = ResponseRules("GET")
    with pytest.raises(ASGIProtocolError):
        rules.read(start("200"))

    assert rules.read(start(200)).status == 200  # type: ignore[union-attr]

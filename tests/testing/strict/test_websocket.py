from __future__ import annotations

from typing import Any

import pytest

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.http import ResponseBody, ResponseStart
from nexios.testing.strict.websocket import Accept, Close, Data, WebSocketRules

ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close"}
TEXT = {"type": "websocket.send", "text": "x"}
DENIAL = {"type": "websocket.http.response.start", "status": 401, "headers": []}
DENIAL_BODY = {"type": "websocket.http.response.body", "body": b"no"}


def after(*messages: dict[str, Any]) -> WebSocketRules:
    rules = WebSocketRules(["chat", "json"])
    for message in messages:
        rules.read(message)
    return rules


def test_a_conversation_is_read() -> None:
    rules = WebSocketRules(["chat"])

    accept = {"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"a", b"1")]}
    assert rules.read(accept) == Accept("chat", [(b"a", b"1")])
    assert rules.read({"type": "websocket.send", "text": ""}) == Data("")
    assert rules.read({"type": "websocket.send", "bytes": b"x", "text": None}) == Data(b"x")
    assert rules.read({"type": "websocket.close", "code": 4000, "reason": "done"}) == Close(4000, "done")
    rules.finish()


def test_a_close_without_code_is_a_normal_one() -> None:
    assert after(ACCEPT).read({"type": "websocket.close", "reason": None}) == Close(1000, "")


def test_a_denial_is_an_answer_over_http() -> None:
    rules = after()

    assert rules.read(DENIAL) == ResponseStart(401, [])
    assert rules.read(DENIAL_BODY) == ResponseBody(b"no", more=False)
    rules.finish()


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([TEXT], r"before websocket\.accept: expected websocket\.accept or websocket\.close or websocket\.http"),
        ([ACCEPT, ACCEPT], r"after websocket\.accept: expected websocket\.send or websocket\.close"),
        ([ACCEPT, DENIAL], r"after websocket\.accept: expected"),
        ([ACCEPT, CLOSE, TEXT], r"after websocket\.close: expected nothing"),
        ([ACCEPT, CLOSE, CLOSE], r"after websocket\.close: expected nothing"),
        ([CLOSE, ACCEPT], r"after websocket\.close: expected nothing"),
        ([DENIAL, ACCEPT], r"after the answer was started: expected websocket\.http\.response\.body"),
        ([DENIAL_BODY], r"before websocket\.accept"),
        ([DENIAL, DENIAL_BODY, CLOSE], "after the answer was complete: expected nothing"),
        ([{"type": "http.response.start"}], r"before websocket\.accept"),
    ],
)
def test_messages_out_of_order_are_refused(messages: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(ASGIProtocolError, match=sentence):
        after(*messages)


def test_only_an_offered_subprotocol_is_accepted() -> None:
    with pytest.raises(
        ASGIProtocolError, match=r"subprotocol 'xml' was not offered, the client offers \['chat', 'json'\]"
    ):
        after({"type": "websocket.accept", "subprotocol": "xml"})


def test_headers_of_the_handshake_are_left_to_the_server() -> None:
    with pytest.raises(ASGIProtocolError, match="b'sec-websocket-protocol' belongs to the server"):
        after({"type": "websocket.accept", "headers": [(b"a", b"1"), (b"sec-websocket-protocol", b"chat")]})


@pytest.mark.parametrize("fields", [{}, {"text": None, "bytes": None}, {"text": "x", "bytes": b"x"}])
def test_a_message_is_either_text_or_bytes(fields: dict[str, Any]) -> None:
    with pytest.raises(ASGIProtocolError, match="exactly one of 'text' and 'bytes'"):
        after(ACCEPT, {"type": "websocket.send", **fields})


@pytest.mark.parametrize("fields", [{"text": b"x"}, {"bytes": "x"}, {"text": 1}])
def test_a_message_of_the_wrong_type_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ASGIProtocolError, match="it must be of type"):
        after(ACCEPT, {"type": "websocket.send", **fields})


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])
def test_a_close_code_that_must_not_be_sent_is_refused(code: int) -> None:
    with pytest.raises(ASGIProtocolError, match=f"the code {code} must not be sent"):
        after(ACCEPT, {"type": "websocket.close", "code": code})


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1014, 3000, 4999])
def test_a_close_code_that_may_be_sent_is_accepted(code: int) -> None:
    assert after(ACCEPT, {"type": "websocket.close", "code": code}).closed


def test_a_reason_has_to_fit_into_its_frame() -> None:
    assert after(ACCEPT, {"type": "websocket.close", "reason": "é" * 61}).closed

    with pytest.raises(ASGIProtocolError, match="the reason has 124 bytes of UTF-8, at most 123 fit"):
        after(ACCEPT, {"type": "websocket.close", "reason": "é" * 62})


def test_returning_without_an_answer_to_the_handshake_is_refused() -> None:
    with pytest.raises(ASGIProtocolError, match=r"neither websocket\.accept nor websocket\.close"):
        after().finish()


def test_returning_in_the_middle_of_a_denial_is_refused() -> None:
    with pytest.raises(ASGIProtocolError, match="returned before its answer was complete"):
        after(DENIAL).finish()


def test_returning_from_an_open_websocket_is_left_to_the_server() -> None:
    after(ACCEPT).finish()

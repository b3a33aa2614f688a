from __future__ import annotations

import httpx
import pytest

from nexios.exceptions import NexiosError
from nexios.testing import exceptions
from nexios.testing.exceptions import WebSocketClosed, WebSocketDenied


@pytest.mark.parametrize(
    "name", ["ASGIProtocolError", "EventStreamError", "LifespanError", "WebSocketClosed", "WebSocketDenied"]
)
def test_every_exception_is_one_of_nexios_and_drawn_in_the_tree(name: str) -> None:
    assert issubclass(getattr(exceptions, name), NexiosError)
    assert name in (exceptions.__doc__ or "")


def test_a_close_without_a_reason_is_told_in_one_sentence() -> None:
    assert str(WebSocketClosed(1001, "")) == "the WebSocket is closed: 1001"


def test_a_denial_has_the_status_of_its_answer() -> None:
    denied = WebSocketDenied(httpx.Response(429, request=httpx.Request("GET", "ws://a/")))

    assert denied.status_code == 429

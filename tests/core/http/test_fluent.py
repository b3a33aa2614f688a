"""What chains writes into the response at hand, or into a new one."""

from __future__ import annotations

from nexios import Response


def test_writing_on_the_class_never_touches_another_response() -> None:
    first, second = Response.json(1), Response.text("2")

    assert first is not second
    assert (first.content, second.content) == (b"1", b"2")
    assert Response().content == b""
    assert not Response.set_cookie("a", "b").jobs
    assert Response.headers is not None
    assert "set-cookie" not in Response().headers

"""Error documents, and the page that only the developer sees."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import HTTPException, NexiosApp, Request
from nexios.exceptions import NotFound
from nexios.testing import TestClient
from tests.core.raw import call

pytestmark = pytest.mark.anyio
HTML = [(b"host", b"testserver"), (b"accept", b"text/html,*/*;q=0.1")]


def failing(debug: bool) -> NexiosApp:
    app = NexiosApp({"debug": debug}, plugins=[])

    @app.get("/{name}")
    async def fails(request: Request, name: str) -> None:
        raise LookupError(f"<b>{name}</b>")

    return app


@pytest.mark.parametrize("client", [("127.0.0.1", 1), ("::1", 1), None])
async def test_a_browser_on_this_machine_sees_the_traceback_while_debug_is_on(client: tuple[str, int] | None) -> None:
    answer = await call(failing(True), "/<svg onload=x>", headers=HTML, client=client)

    assert answer.status == 500
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert answer.header("cache-control") == "no-store"
    assert "default-src 'none'" in (answer.header("content-security-policy") or "")
    page = answer.body.decode()
    assert "LookupError: &lt;b&gt;&lt;svg onload=x&gt;&lt;/b&gt;" in page
    assert "test_problems.py" in page
    assert "<svg" not in page
    assert "<b>" not in page


async def test_a_browser_may_say_on_several_lines_what_it_accepts() -> None:
    lines = [(b"host", b"testserver"), (b"accept", b"image/png"), (b"accept", b"text/html")]

    answer = await call(failing(True), "/x", headers=lines, client=("127.0.0.1", 1))

    assert answer.header("content-type") == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("debug", "headers", "client"),
    [
        (False, HTML, ("127.0.0.1", 1)),
        (True, [(b"host", b"x"), (b"accept", b"application/json")], ("127.0.0.1", 1)),
        (True, [(b"host", b"x")], ("127.0.0.1", 1)),
        (True, HTML, ("203.0.113.9", 1)),
        (True, HTML, ("unix:socket", 1)),
    ],
)
async def test_everybody_else_sees_a_problem_that_tells_nothing(
    debug: bool, headers: list[tuple[bytes, bytes]], client: tuple[str, int]
) -> None:
    answer = await call(failing(debug), "/secret", headers=headers, client=client)

    assert answer.body == b'{"type":"about:blank","title":"Internal Server Error","status":500}'
    assert answer.header("content-type") == "application/problem+json"


async def test_every_error_of_the_framework_is_a_problem_document() -> None:
    app = NexiosApp(plugins=[])

    @app.post("/json", max_body=10)
    async def read(request: Request) -> object:
        return await request.json

    async with TestClient(app) as client:
        answers = {
            404: await client.get("/nowhere"),
            405: await client.get("/json"),
            400: await client.post("/json", content=b"{"),
            413: await client.post("/json", content=b"[" + b" " * 20),
            415: await client.post("/json", content=b"1", headers={"content-type": "text/plain"}),
            431: await client.get("/", headers={f"x-{number}": "1" for number in range(120)}),
        }

    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.json()["type"] == "about:blank"


def test_a_title_is_the_reason_phrase_and_an_unknown_status_is_just_an_error() -> None:
    assert HTTPException(404).title == "Not Found"
    assert [HTTPException(status).title for status in (413, 416, 422)] == [
        "Content Too Large",
        "Range Not Satisfiable",
        "Unprocessable Content",
    ]
    assert HTTPException(499).title == "Error"
    assert HTTPException(503).status_code == 503
    assert str(HTTPException(404, "gone")) == "404 Not Found: gone"


@pytest.mark.parametrize("status", [200, 302, 99, 600])
def test_an_http_exception_is_an_error(status: int) -> None:
    with pytest.raises(ValueError, match=f"HTTPException status {status} is not an error: it must be 400 to 599"):
        HTTPException(status)


@pytest.mark.parametrize("kind", [HTTPException, NotFound])
def test_a_detail_is_text_and_members_are_keyword_arguments(kind: Any) -> None:
    with pytest.raises(TypeError, match=r"detail=\{'code': 7\} is not text: .* further keyword arguments"):
        kind(detail={"code": 7})
    assert kind(detail="taken", code=7).extensions == {"code": 7}


def test_an_http_exception_without_a_status_is_a_500() -> None:
    assert (HTTPException().status, HTTPException().title) == (500, "Internal Server Error")

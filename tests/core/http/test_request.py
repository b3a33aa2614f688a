"""What handlers read of a request."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nexios import MakeConfig, NexiosApp, Plugin, Registry, Request, Response
from nexios.exceptions import NotAcceptable
from nexios.http.media import MediaType
from nexios.http.request import is_json
from nexios.testing import TestClient
from nexios.types import Message
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio


def echo(read: Any) -> NexiosApp:
    app = NexiosApp(plugins=[])

    @app.post("/")
    async def show(request: Request) -> Any:
        return await read(request)

    return app


async def post(app: NexiosApp, content: bytes = b"", content_type: str | None = None) -> Any:
    async with TestClient(app) as client:
        headers = {} if content_type is None else {"content-type": content_type}
        return await client.post("/", content=content, headers=headers)


async def awaited(request: Request) -> Any:
    return [await request.json, (await request.body).decode(), await request.text, request.method]


async def called(request: Request) -> Any:
    return [await request.json(), (await request.body()).decode(), await request.text(), request.method]


@pytest.mark.parametrize("read", [awaited, called])
async def test_bodies_are_awaited_as_properties_and_as_calls(read: Any) -> None:
    assert (await post(echo(read), b'{"a": 1}')).json() == [{"a": 1}, '{"a": 1}', '{"a": 1}', "POST"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (None, 200),
        ("application/json", 200),
        ("APPLICATION/JSON", 200),
        ("application/json; charset=utf-8", 200),
        ("application/problem+json", 200),
        ("text/json", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json\ta", 415),
        ("application/json garbage", 415),
        ("application/jsonx", 415),
        ("json", 415),
        ("", 415),
    ],
)
async def test_json_is_read_from_json_alone(content_type: str | None, status: int) -> None:
    async def read(request: Request) -> Any:
        return await request.json

    headers = [(b"host", b"x")] + ([] if content_type is None else [(b"content-type", content_type.encode())])
    answer = await call(echo(read), "/", "POST", headers=headers, body=[b"[1]"])

    assert answer.status == status
    if status == 415 and content_type in ("text/plain", "text/json"):
        assert answer.header("accept") == "application/json"


def test_the_json_suffix_is_json() -> None:
    assert is_json(MediaType.parse("application/vnd.api+json"))
    assert not is_json(MediaType.parse("application/xml"))


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (None, "ä".encode(), "ä"),
        ("text/plain", "ä".encode(), "ä"),
        ("text/plain; charset=utf-8", "ä".encode(), "ä"),
        ("text/plain; charset=ISO-8859-1", b"\xe4", "ä"),
        ("text/plain; charset=utf-16", "ä".encode("utf-16"), "ä"),
    ],
)
async def test_text_is_read_in_its_charset(content_type: str | None, body: bytes, text: str) -> None:
    async def read(request: Request) -> str:
        return await request.text

    assert (await post(echo(read), body, content_type)).text == text


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"\xff", 400),
        ("text/plain; charset=ascii", b"\xff", 400),
        ("text/plain; charset=punycode", b"a", 415),
        ("text/plain; charset=rot13", b"a", 415),
        ("text/plain; charset=base64", b"a", 415),
        ("text plain", b"a", 415),
    ],
)
async def test_text_that_cannot_be_read_is_refused(content_type: str, body: bytes, status: int) -> None:
    async def read(request: Request) -> str:
        return await request.text

    assert (await post(echo(read), body, content_type)).status_code == status


async def test_a_body_is_streamed_in_chunks() -> None:
    async def read(request: Request) -> list[str]:
        return [chunk.decode() async for chunk in request.stream()]

    answer = await call(echo(read), "/", "POST", body=[b"a", b"", b"b", b"c"])

    assert answer.body == b'["a","b","c"]'


async def test_another_codec_reads_its_media_type_and_others_are_refused_by_name() -> None:
    class Lines:
        media_types = ("text/lines",)

        def encode(self, value: Any) -> bytes:
            return "\n".join(value).encode()

        def decode(self, data: bytes) -> list[str]:
            return data.decode().split("\n")

    class LinesPlugin(Plugin):
        name = "lines"

        def register(self, registry: Registry) -> None:
            registry.codec(Lines())

    app = NexiosApp(plugins=[LinesPlugin])

    @app.post("/")
    async def read(request: Request) -> Any:
        return await request.decode()

    assert (await post(app, b"a\nb", "text/lines")).json() == ["a", "b"]
    assert (await post(app, b"[1]", "application/json")).json() == [1]
    assert (await post(app, b"[2]")).json() == [2]
    refused = await post(app, b"x", "application/xml")
    assert refused.status_code == 415
    assert refused.headers["accept"] == "application/json, text/lines"


async def test_the_depth_of_json_is_configured() -> None:
    app = NexiosApp(MakeConfig(limits={"json_depth": 2}), plugins=[])

    @app.post("/")
    async def read(request: Request) -> Any:
        return await request.json

    assert (await post(app, b"[[1]]")).status_code == 200
    assert (await post(app, b"[[[1]]]")).status_code == 400


def test_the_client_chooses_among_media_types() -> None:
    def asking(*accept: str) -> Request:
        headers = [(b"host", b"x"), *((b"accept", line.encode()) for line in accept)]
        return Request(NexiosApp(plugins=[]), make_scope(headers=headers), None, None, dict(headers))  # type: ignore[arg-type]

    offers = ("application/json", "text/html")
    assert asking().accepts(*offers) == "application/json"
    assert asking("text/html").accepts(*offers) == "text/html"
    assert asking("image/png", "text/html").accepts(*offers) == "text/html"
    assert asking("application/json;q=0.1", "text/html;q=0.2").accepts(*offers) == "text/html"
    with pytest.raises(NotAcceptable, match="available as: application/json, text/html"):
        asking("image/png").accepts(*offers)


async def test_early_hints_are_sent_where_the_server_can() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show(request: Request) -> bool:
        return await request.early_hints("</style.css>; rel=preload")

    offered = await call(app, extensions={"http.response.early_hint": {}})
    assert offered.messages[0] == {"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]}
    assert offered.body == b"true"
    assert (await call(app)).body == b"false"


@pytest.mark.parametrize("version", ["1.1", "2"])
async def test_a_handler_learns_that_its_client_has_left(version: str) -> None:
    app = NexiosApp(plugins=[])
    seen: list[bool] = []
    leave = anyio.Event()

    @app.get("/")
    async def show(request: Request) -> None:
        seen.append(await request.is_disconnected())
        leave.set()
        seen.append(await request.is_disconnected())

    async def receive() -> Message:
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None: ...

    await app(make_scope(http_version=version), receive, send)

    assert seen == [False, True]


async def test_a_body_without_a_length_is_expected_where_http_allows_it() -> None:
    app = NexiosApp(plugins=[])
    complete: list[bool] = []

    async def show(request: Request) -> None:
        complete.append(request.reader.is_complete)

    app.route("/", ["GET", "POST"])(show)
    for version, method in (("1.1", "GET"), ("1.1", "POST"), ("2", "GET"), ("2", "POST"), ("3", "POST")):
        await call(app, "/", method, http_version=version)

    assert complete == [True, True, True, False, False]


async def test_the_limit_of_a_body_read_where_no_route_is_is_the_apps() -> None:
    app = NexiosApp(plugins=[], max_body=5)
    read: list[bytes] = []

    @app.middleware
    async def reads(request: Request, response: Response, call_next: Any) -> Any:
        read.append(await request.body)
        return await call_next()

    assert (await call(app, "/nowhere", "POST", body=[b"12345"])).status == 404
    assert (await call(app, "/nowhere", "POST", body=[b"123456"])).status == 413
    assert read == [b"12345"]

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import Any

import pytest

from benchmarks.client import Client, Lifespan, WrongAnswer, scope_of, verify, with_cookie
from benchmarks.scenarios import Call

HELLO = Call("/", b"Hello")


def answering(body: bytes, status: int = 200, length: int | None = None, more: bool = False) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [] if length is None else [(b"Content-Length", b"%d" % length)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": more})

    return app


def test_a_right_answer_is_accepted() -> None:
    asyncio.run(verify(answering(b"Hello", length=5), [HELLO]))


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (answering(b"Hell"), "answered b'Hell'"),
        (answering(b"Hello", status=500), "answered 500, not 200"),
        (answering(b"Hello", length=6), "announced 6 bytes and sent 5"),
        (answering(b"Hello", more=True), "not answered to the end"),
    ],
)
def test_a_wrong_answer_stops_the_measurement_before_it_begins(app: Any, words: str) -> None:
    with pytest.raises(WrongAnswer, match=words):
        asyncio.run(verify(app, [HELLO]))


def test_an_application_that_sends_nothing_is_refused() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        pass

    with pytest.raises(WrongAnswer, match=r"did not begin with http\.response\.start"):
        asyncio.run(verify(silent, [HELLO]))


def test_json_is_compared_as_what_it_says() -> None:
    asyncio.run(verify(answering(b'{ "id" : 7 }'), [Call("/", json={"id": 7})]))
    with pytest.raises(WrongAnswer, match=r"not \{'id': 7\}"):
        asyncio.run(verify(answering(b'{"id": 8}'), [Call("/", json={"id": 7})]))


def test_requests_take_turns_and_share_nothing_an_application_could_change() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        assert "mine" not in scope
        scope["mine"] = True
        scope["headers"].append((b"x", b"y"))
        assert len(scope["headers"]) == 5

    scopes = cycle([scope_of(Call("/a")), scope_of(Call("/b"))])
    asyncio.run(Client().drive(app, scopes, 3))

    assert seen == ["/a", "/b", "/a"]


def test_the_client_leaves_when_it_has_its_answer() -> None:
    events: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def watch() -> None:
            events.append((await receive())["type"])
            events.append((await receive())["type"])

        watching = asyncio.ensure_future(watch())
        await asyncio.sleep(0)
        await answering(b"Hello")(scope, receive, send)
        await watching

    asyncio.run(verify(app, [HELLO]))

    assert events == ["http.request", "http.disconnect"]


def test_a_lifespan_is_started_and_stopped() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        for _ in range(2):
            message = await receive()
            seen.append(message["type"])
            await send({"type": f"{message['type']}.complete"})

    async def live() -> None:
        lifespan = Lifespan(app)
        await lifespan.start()
        assert seen == ["lifespan.startup"]
        await lifespan.stop()

    asyncio.run(live())

    assert seen == ["lifespan.startup", "lifespan.shutdown"]


@pytest.mark.parametrize("message", [{"type": "http.response.start"}, None])
def test_an_application_without_a_lifespan_is_left_alone(message: dict[str, str] | None) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if message is not None:
            await send(message)

    async def live() -> None:
        lifespan = Lifespan(app)
        await lifespan.start()
        await lifespan.stop()

    asyncio.run(live())


def test_a_start_that_fails_is_told() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(WrongAnswer, match="no database"):
        asyncio.run(Lifespan(app).start())


def test_a_body_is_sent_with_its_type_and_its_length() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((dict(scope["headers"]), scope["query_string"], (await receive())["body"]))
        await answering(b"Hello")(scope, receive, send)

    asyncio.run(verify(app, [Call("/", b"Hello", method="POST", query="a=1", content=b"{}")]))

    ((fields, query, body),) = seen
    assert (fields[b"content-type"], fields[b"content-length"], query, body) == (
        b"application/json",
        b"2",
        b"a=1",
        b"{}",
    )


def test_a_call_is_made_with_the_cookie_of_its_first_answer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        fields = [(b"Set-Cookie", b"session=abc; Path=/; HttpOnly")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": dict(scope["headers"]).get(b"cookie", b"")})

    call = asyncio.run(with_cookie(app, Call("/", b"session=abc")))

    assert call.cookie == "session=abc"
    asyncio.run(verify(app, [call]))

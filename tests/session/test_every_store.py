"""What holds of sessions, wherever they are kept. The numbers are the classes of docs/design/security."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from nexios import NexiosApp, Request, Response
from nexios.session import SessionMiddleware
from nexios.session.serverside import key_of
from nexios.testing import TestClient
from tests.session.conftest import Clock, MakeApp

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(make_app: MakeApp, store: str) -> NexiosApp:
    return make_app(store)


@pytest.fixture
async def client(app: NexiosApp) -> AsyncIterator[TestClient]:
    async with TestClient(app) as client:
        yield client


async def with_cookie(client: TestClient, path: str, value: str, method: str = "GET") -> httpx.Response:
    """A request of somebody else, whose session cookie is *value*."""
    own = client.cookies
    client.cookies = httpx.Cookies()
    try:
        return await client.request(method, path, headers={"cookie": f"session={value}"})
    finally:
        client.cookies = own


async def test_visits_are_counted(client: TestClient) -> None:
    for expected in (1, 2, 3):
        assert (await client.get("/visits")).json() == {"visits": expected}


async def test_a_change_inside_of_a_value_is_kept(app: NexiosApp, client: TestClient) -> None:
    @app.post("/cart/{item}")
    async def add(request: Request, item: str) -> None:
        request.session.setdefault("cart", []).append(item)

    await client.post("/cart/tea")
    await client.post("/cart/milk")

    assert (await client.get("/peek")).json() == {"cart": ["tea", "milk"]}


async def test_flashed_messages_are_shown_once(app: NexiosApp, client: TestClient) -> None:
    @app.post("/save")
    async def save(request: Request) -> None:
        request.session.flash("saved")
        request.session.flash({"level": "warning"})

    @app.get("/flashed")
    async def flashed(request: Request) -> list[Any]:
        return list(request.session.flashed())

    await client.post("/save")

    assert (await client.get("/flashed")).json() == ["saved", {"level": "warning"}]
    assert (await client.get("/flashed")).json() == []


class TestCaching:
    """Class 31."""

    @pytest.mark.parametrize(
        "touch",
        [
            "'a' in s",
            "len(s)",
            "bool(s)",
            "list(s)",
            "s.get('a')",
            "s.pop('a', 0)",
            "s == {}",
            "s.id",
            "s.new",
            "list(s.keys())",
        ],
    )
    async def test_every_touch_makes_the_answer_vary(self, app: NexiosApp, client: TestClient, touch: str) -> None:
        @app.get("/touch")
        async def handler(request: Request) -> str:
            eval(touch, {"s": request.session})  # noqa: S307  # a row of the table
            return "ok"

        answer = await client.get("/touch")

        assert answer.headers["vary"] == "Cookie"
        assert "set-cookie" not in answer.headers

    async def test_an_answer_that_sets_the_cookie_is_not_stored_by_caches(self, client: TestClient) -> None:
        answer = await client.get("/visits")

        assert answer.headers["cache-control"] == "no-store"
        assert "HttpOnly; SameSite=Lax" in answer.headers["set-cookie"]

    async def test_what_the_application_says_of_caching_stands(self, app: NexiosApp, client: TestClient) -> None:
        @app.get("/own")
        async def own(request: Request, response: Response) -> Response:
            request.session["a"] = 1
            return response.json({}).set_header("cache-control", "private").set_header("vary", "Accept")

        answer = await client.get("/own")

        assert (answer.headers["cache-control"], answer.headers["vary"]) == ("private", "Accept, Cookie")

    async def test_a_handler_that_does_not_touch_the_session_costs_nothing(self, client: TestClient) -> None:
        await client.get("/visits")

        answer = await client.get("/elsewhere")

        assert "vary" not in answer.headers
        assert "set-cookie" not in answer.headers

    async def test_reading_sets_no_cookie(self, client: TestClient) -> None:
        await client.get("/visits")

        assert "set-cookie" not in (await client.get("/peek")).headers

    @pytest.mark.parametrize("status", [304, 404, 429])
    async def test_other_answers_vary_too(self, app: NexiosApp, client: TestClient, status: int) -> None:
        @app.get("/other")
        async def other(request: Request, response: Response) -> Response:
            request.session.get("a")
            return response.status(status)

        assert (await client.get("/other")).headers["vary"] == "Cookie"
        assert (await client.head("/other")).headers["vary"] == "Cookie"


class TestFixation:
    """Class 34."""

    async def test_an_id_that_the_client_chose_is_not_adopted(self, client: TestClient) -> None:
        answer = await with_cookie(client, "/visits", "A" * 43)

        assert answer.json() == {"visits": 1}
        assert answer.cookies["session"] != "A" * 43

    async def test_a_login_ends_the_old_id_and_keeps_the_data(self, client: TestClient) -> None:
        await client.get("/visits")
        before = client.cookies["session"]

        await client.post("/login")

        assert client.cookies["session"] != before
        assert (await client.get("/peek")).json() == {"visits": 1, "user": "ann"}
        assert (await with_cookie(client, "/peek", before)).json() == {}

    async def test_a_logout_ends_the_session_and_deletes_the_cookie(self, client: TestClient) -> None:
        await client.get("/visits")
        await client.post("/login")
        before = client.cookies["session"]

        answer = await client.post("/logout")

        assert answer.headers["set-cookie"] == "session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
        assert (await with_cookie(client, "/peek", before)).json() == {}

    async def test_a_request_that_was_under_way_does_not_revive_what_a_logout_ended(
        self, app: NexiosApp, client: TestClient
    ) -> None:
        @app.get("/slow")
        async def slow(request: Request) -> None:
            request.session["late"] = True
            await with_cookie(client, "/logout", before, "POST")

        await client.get("/visits")
        before = client.cookies["session"]
        await with_cookie(client, "/slow", before)

        assert (await with_cookie(client, "/peek", before)).json() == {}

    async def test_a_session_after_a_logout_is_a_new_one(self, app: NexiosApp, client: TestClient) -> None:
        @app.post("/again")
        async def again(request: Request) -> None:
            request.session.invalidate()
            request.session["fresh"] = True

        await client.get("/visits")
        await client.post("/again")

        assert (await client.get("/peek")).json() == {"fresh": True}

    async def test_a_failing_logout_ends_the_session_as_well(self, app: NexiosApp, make_app: MakeApp) -> None:
        @app.post("/broken")
        async def broken(request: Request) -> None:
            request.session.invalidate()
            raise RuntimeError

        async with TestClient(app, raise_server_exceptions=False) as client:
            await client.get("/visits")
            before = client.cookies["session"]
            await client.post("/broken")

            assert (await with_cookie(client, "/peek", before)).json() == {}


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "../" * 14 + "x",
        "*" * 43,
        "A" * 42,
        "A" * 44,
        "a.b",
        "....",
        "A" * 30_000,
        "%00" * 14,
        "W10.W10",
        "gASVBQ==",
    ],
)
async def test_garbage_is_no_session_and_at_most_one_line_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    """Classes 35 to 37."""
    caplog.set_level(logging.INFO, "nexios")
    caplog.clear()

    answer = await with_cookie(client, "/visits", value)

    assert answer.json() == {"visits": 1}
    assert len(caplog.records) <= 1
    assert len(value) < 4 or value not in caplog.text


async def test_a_cookie_that_was_changed_is_no_session(client: TestClient) -> None:
    await client.get("/visits")
    value = client.cookies["session"]
    changed = ("B" if value[0] == "A" else "A") + value[1:]

    assert (await with_cookie(client, "/peek", changed)).json() == {}


class TestTimeouts:
    async def test_a_session_that_is_not_used_ends_at_the_idle_timeout(
        self, make_app: MakeApp, store: str, clock: Clock
    ) -> None:
        app = make_app(store, idle_timeout=60)

        async def wait(client: TestClient, seconds: int) -> None:
            clock.time += seconds
            if store == "redis":  # it keeps its own time: there, the rest of the session's is shortened
                from nexios.redis import pool_of  # an extra

                redis, key = pool_of(app).client, f"nexios:session:{key_of(client.cookies['session'])}"
                await redis.pexpire(key, await redis.pttl(key) - seconds * 1000)

        async with TestClient(app) as client:
            await client.get("/visits")
            await wait(client, 59)
            assert (await client.get("/peek")).json() == {"visits": 1}
            await wait(client, 61)
            assert (await client.get("/peek")).json() == {}

    async def test_use_begins_the_idle_timeout_anew(self, make_app: MakeApp, store: str, clock: Clock) -> None:
        async with TestClient(make_app(store, idle_timeout=60)) as client:
            await client.get("/visits")
            for _ in range(5):
                clock.time += 50
                assert (await client.get("/peek")).json() == {"visits": 1}

    async def test_no_session_outlives_the_absolute_timeout(self, make_app: MakeApp, store: str, clock: Clock) -> None:
        async with TestClient(make_app(store, idle_timeout=60, absolute_timeout=100)) as client:
            for second in range(4):
                clock.time += 25 if second else 0
                await client.get("/visits")
            clock.time += 24
            assert (await client.get("/peek")).json() == {"visits": 4}
            clock.time += 1
            assert (await client.get("/peek")).json() == {}

    async def test_a_key_and_the_session_may_end_earlier(
        self, app: NexiosApp, client: TestClient, clock: Clock
    ) -> None:
        @app.post("/code")
        async def code(request: Request) -> None:
            request.session["name"] = "ann"
            request.session.set("code", 1234, expires_in=10)
            request.session.expire_in(20)

        await client.post("/code")
        clock.time += 9
        assert (await client.get("/peek")).json() == {"name": "ann", "code": 1234}
        clock.time += 1
        assert (await client.get("/peek")).json() == {"name": "ann"}
        clock.time += 10
        assert (await client.get("/peek")).json() == {}


async def test_requests_that_meet_do_not_lose_each_others_keys(
    app: NexiosApp, client: TestClient, store: str, anyio_backend: str
) -> None:
    if store == "cookie" or anyio_backend == "trio":
        return  # a cookie is the browser's, which keeps the last; trio runs the same code
    arrived = 0
    everybody = asyncio.Event()

    @app.post("/set/{name}")
    async def assign(request: Request, name: str) -> None:
        nonlocal arrived
        request.session[name] = True
        arrived += 1
        if arrived == 8:
            everybody.set()
        await everybody.wait()

    await client.get("/visits")
    await asyncio.gather(*(client.post(f"/set/{name}") for name in "abcdefgh"))

    assert (await client.get("/peek")).json() == {"visits": 1, **dict.fromkeys("abcdefgh", True)}


async def test_two_hundred_clients_never_see_each_others_session(
    app: NexiosApp, store: str, anyio_backend: str
) -> None:
    if anyio_backend == "trio":
        return

    @app.post("/i-am/{name}")
    async def introduce(request: Request, name: str) -> None:
        request.session["name"] = name

    async def visit(name: str) -> bool:
        async with TestClient(app, lifespan=False) as client:
            await client.post(f"/i-am/{name}")
            return bool((await client.get("/peek")).json() == {"name": name})

    async with TestClient(app):
        assert all(await asyncio.gather(*(visit(str(number)) for number in range(200))))


async def test_what_a_failed_request_wrote_is_not_kept(app: NexiosApp) -> None:
    @app.post("/broken")
    async def broken(request: Request) -> None:
        request.session["half"] = "done"
        raise RuntimeError

    async with TestClient(app, raise_server_exceptions=False) as client:
        await client.get("/visits")
        assert (await client.post("/broken")).status_code == 500
        assert (await client.get("/peek")).json() == {"visits": 1}


async def test_what_json_cannot_hold_is_an_error_that_names_the_key(app: NexiosApp) -> None:
    @app.post("/object")
    async def keep(request: Request) -> None:
        request.session["thing"] = object()

    async with TestClient(app) as client:
        with pytest.raises(Exception, match=r"session\['thing'\] cannot be kept in a session"):
            await client.post("/object")


async def test_outside_debug_the_cookie_is_for_this_host_and_tls_only(make_app: MakeApp, store: str) -> None:
    async with TestClient(make_app(store, debug=False), base_url="https://testserver") as client:
        answer = await client.get("/visits")

        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-session=")
        assert cookie.endswith("; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Lax")
        assert (await client.get("/visits")).json() == {"visits": 2}


async def test_the_layer_may_be_given_as_a_class(make_app: MakeApp, store: str) -> None:
    app = make_app(store)

    async with TestClient(app) as client:
        assert isinstance(app.layers[0], SessionMiddleware)
        assert json.loads((await client.get("/visits")).text) == {"visits": 1}

"""Class 30: what changes something was asked by a page of this application, for the session that it changes."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request, Response, Router
from nexios.middleware import BaseMiddleware
from nexios.security import CSRFMiddleware, rotate_csrf_token
from nexios.session import SessionMiddleware
from nexios.testing import SyncTestClient, TestClient
from nexios.testing.exceptions import WebSocketDenied

pytestmark = pytest.mark.anyio

SECRET = "9d1f3c5b7a2e4d6f8091a3b5c7d9e1f2"
FORM = "application/x-www-form-urlencoded"


def make(sessions: bool = True, debug: bool = True, **settings: Any) -> NexiosApp:
    app = NexiosApp(MakeConfig(debug=debug, secret_key=SECRET), plugins=["session", "csrf", "websockets"])
    if sessions:
        app.add_middleware(SessionMiddleware())
    app.add_middleware(CSRFMiddleware(**settings))
    add_routes(app)
    return app


def add_routes(app: NexiosApp) -> None:
    app.state.changes = 0

    @app.get("/form")
    async def form(request: Request) -> str:
        return request.csrf_token

    @app.get("/begin")
    async def begin(request: Request) -> str:
        token = request.csrf_token
        request.session["cart"] = 1
        return token

    @app.post("/login")
    async def login(request: Request) -> str:
        request.session["user"] = "ann"
        request.session.regenerate()
        return "in"

    @app.post("/login-page")
    async def login_page(request: Request) -> str:
        request.session["user"] = "ann"
        return request.csrf_token

    @app.post("/logout")
    async def logout(request: Request) -> str:
        request.session.invalidate()
        return "out"

    @app.route("/change", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def change(request: Request) -> str:
        app.state.changes += 1
        return "changed"

    @app.post("/json")
    async def read(request: Request) -> Any:
        app.state.changes += 1
        return await request.json

    @app.get("/plain")
    async def plain() -> str:
        return "nothing to protect"


async def test_a_form_sends_the_token_that_its_page_was_given() -> None:
    app = make()
    async with TestClient(app) as client:
        token = (await client.get("/form")).text
        field = await client.post("/change", data={"csrf_token": token, "name": "ann"})
        header = await client.delete("/change", headers={"x-csrf-token": token})

    assert (field.text, header.text, app.state.changes) == ("changed", "changed", 2)


@pytest.mark.parametrize(
    ("method", "token"),
    [*(("POST", token) for token in (None, "", "x", "ä", "A" * 86, "=" * 86, "A" * 100_000)),
     *((method, None) for method in ("PUT", "PATCH", "DELETE"))],
)  # fmt: skip
async def test_without_a_token_of_this_browser_nothing_changes(method: str, token: str | None) -> None:
    app = make()
    async with TestClient(app) as client:
        await client.get("/form")
        headers = {} if token is None else {b"x-csrf-token": token.encode("latin-1")}
        answer = await client.request(method, "/change", headers=headers)

    assert answer.status_code in (403, 431)
    assert answer.headers["content-type"] == "application/problem+json"
    assert app.state.changes == 0
    assert not token or len(token) < 2 or token not in answer.text


async def test_a_login_is_covered_though_there_is_no_session_yet() -> None:
    async with TestClient(make()) as client:
        refused = await client.post("/login", data={"user": "mallory"})
        token = (await client.get("/form")).text
        accepted = await client.post("/login", data={"csrf_token": token})

    assert (refused.status_code, accepted.text) == (403, "in")
    assert "set-cookie" not in refused.headers


async def test_a_login_and_a_logout_end_the_tokens_given_before() -> None:
    async with TestClient(make()) as client:
        first = (await client.get("/form")).text
        await client.post("/login", data={"csrf_token": first})
        stale = await client.post("/change", data={"csrf_token": first})
        second = (await client.get("/form")).text
        fresh = await client.post("/change", data={"csrf_token": second})
        await client.post("/logout", data={"csrf_token": second})
        after = await client.post("/change", data={"csrf_token": second})

    assert (stale.status_code, fresh.status_code, after.status_code) == (403, 200, 403)
    assert "load the page anew" in stale.json()["detail"]


async def test_a_login_that_answers_with_a_form_gives_it_a_token_of_the_new_session() -> None:
    async with TestClient(make()) as client:
        before = (await client.get("/form")).text
        after = (await client.post("/login-page", data={"csrf_token": before})).text
        answers = [await client.post("/change", data={"csrf_token": token}) for token in (before, after)]

    assert [each.status_code for each in answers] == [403, 200]


async def test_a_page_that_begins_the_session_holds_a_token_that_is_good_for_it() -> None:
    async with TestClient(make()) as client:
        await client.get("/form")
        token = (await client.get("/begin")).text
        answer = await client.post("/change", data={"csrf_token": token})

    assert answer.text == "changed"


async def test_another_browser_s_cookie_and_token_are_worth_nothing_in_this_session() -> None:
    """What an attacker on a neighbouring domain can do: plant a cookie, and send the token that belongs to it."""
    app = make()
    clients = [TestClient(app), TestClient(app, lifespan=False), TestClient(app, lifespan=False)]
    async with clients[0] as attacker, clients[1] as victim, clients[2] as anonymous:
        for each in (attacker, victim):
            token = (await each.get("/begin")).text
        planted = attacker.cookies["csrf"]
        stolen = (await attacker.get("/form")).text
        victim.cookies.delete("csrf")
        victim.cookies.set("csrf", planted)
        answer = await victim.post("/change", data={"csrf_token": stolen})
        anonymous.cookies.set("csrf", planted)
        also = await anonymous.post("/change", data={"csrf_token": stolen})

    assert token != stolen
    assert (answer.status_code, also.status_code) == (403, 403)


@pytest.mark.parametrize(
    "damage",
    [lambda it: it[:-1], lambda it: it + "A", lambda it: ("B" if it[0] == "A" else "A") + it[1:], lambda it: "."],
)
async def test_a_cookie_that_was_not_signed_here_is_no_cookie(damage: Callable[[str], str]) -> None:
    async with TestClient(make()) as client:
        token = (await client.get("/form")).text
        damaged = damage(client.cookies["csrf"])
        client.cookies.delete("csrf")
        client.cookies.set("csrf", damaged)
        answer = await client.post("/change", headers={"x-csrf-token": token})

    assert answer.status_code == 403


# -- who asks -------------------------------------------------------------------------------------------------------

OWN = "http://testserver"
SENDERS = [
    ({"origin": OWN}, True),
    ({"origin": "http://TESTSERVER:80"}, True),
    ({"origin": "http://testserver:8000"}, False),
    ({"origin": "https://evil.example"}, False),
    ({"origin": "http://testserver.evil.example"}, False),
    ({"origin": "null"}, False),
    ({"origin": ""}, False),
    ({"origin": "http://testserver http://evil.example"}, False),
    ({"origin": "https://partner.example"}, True),
    ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"sec-fetch-site": "same-site", "origin": OWN}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "cross-site", "origin": "https://partner.example"}, True),
    ({"sec-fetch-site": "anything"}, False),
    ({"referer": f"{OWN}/form?x=1"}, True),
    ({"referer": "https://evil.example/http://testserver/"}, False),
    ({"referer": "https://partner.example/page"}, True),
    ({"referer": "nonsense"}, False),
    ({}, True),
]


@pytest.mark.parametrize(("headers", "accepted"), SENDERS)
async def test_a_page_of_another_site_is_refused_whatever_it_sends(headers: dict[str, str], accepted: bool) -> None:
    app = make(trusted_origins=["https://partner.example"])
    async with TestClient(app) as client:
        token = (await client.get("/form")).text
        answer = await client.post("/change", data={"csrf_token": token}, headers=headers)

    assert (answer.status_code == 200) is accepted
    assert app.state.changes == accepted


@pytest.mark.parametrize(("headers", "accepted"), SENDERS)
async def test_a_socket_is_held_to_the_same_origins(headers: dict[str, str], accepted: bool) -> None:
    app = make(trusted_origins=["https://partner.example"])

    @app.websocket("/live", origins=["*"])
    async def live(socket: Any) -> None:
        await socket.accept()
        await socket.send_text("hello")

    async with TestClient(app) as client:
        if accepted:
            async with client.websocket_connect("/live", headers=headers) as socket:
                assert await socket.receive_text() == "hello"
        else:
            with pytest.raises(WebSocketDenied) as refusal:
                async with client.websocket_connect("/live", headers=headers):
                    pass
            assert refusal.value.status_code == 403


async def test_behind_a_trusted_proxy_the_origin_is_the_one_the_browser_sees() -> None:
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET, security={"trusted_proxies": ["127.0.0.1"]}))
    app.add_middleware(CSRFMiddleware())
    add_routes(app)
    forwarded = {"x-forwarded-for": "203.0.113.7", "x-forwarded-host": "shop.example", "x-forwarded-proto": "https"}
    async with TestClient(app, client=("127.0.0.1", 1)) as client:
        token = (await client.get("/form", headers=forwarded)).text
        sent = {**forwarded, "x-csrf-token": token}
        good = await client.post("/change", headers={**sent, "origin": "https://shop.example"})
        plain = await client.post("/change", headers={**sent, "origin": "http://shop.example"})

    assert (good.status_code, plain.status_code) == (200, 403)


# -- what is sent ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", None, "application/json;x", "multipart/form-data", FORM, "application/json garbage", ""],
)
async def test_a_json_endpoint_reads_json_and_nothing_that_a_page_may_send_unasked(content_type: str | None) -> None:
    app = make()
    async with TestClient(app) as client:
        headers = {"x-csrf-token": (await client.get("/begin")).text}
        if content_type is not None:
            headers["content-type"] = content_type
        answer = await client.post("/json", content=b'{"amount": 1}', headers=headers)
        without = await client.post("/json", content=b'{"amount": 1}', headers={**headers, "x-csrf-token": ""})
        headers["content-type"] = "application/json"
        good = await client.post("/json", content=b'{"amount": 1}', headers=headers)

    assert answer.status_code == 415
    assert without.status_code in (403, 415)
    assert good.json() == {"amount": 1}


async def test_a_handler_reads_the_form_that_held_the_token() -> None:
    app = make()

    @app.post("/echo")
    async def echo(request: Request) -> str:
        return b"".join([chunk async for chunk in request.stream()]).decode()

    async with TestClient(app) as client:
        token = (await client.get("/form")).text
        answer = await client.post("/echo", content=f"a=%C3%A4&csrf_token={token}", headers={"content-type": FORM})

    assert answer.text == f"a=%C3%A4&csrf_token={token}"


@pytest.mark.parametrize(
    ("content", "status"), [(b"csrf_token=%ff", 400), (b"a&" * 1_001, 400), (b"x" * 2_000_000, 413), (b"&=&", 403)]
)
async def test_a_form_that_cannot_be_read_is_the_client_s_mistake(content: bytes, status: int) -> None:
    async with TestClient(make()) as client:
        answer = await client.post("/change", content=content, headers={"content-type": FORM})

    assert answer.status_code == status


async def test_another_method_is_not_smuggled_past_the_check() -> None:
    app = make()
    async with TestClient(app) as client:
        await client.get("/form")
        answers = [
            await client.post("/change?_method=GET", data={"_method": "GET"}),
            await client.post("/change", headers={"x-http-method-override": "GET", "x-method-override": "GET"}),
        ]

    assert [each.status_code for each in answers] == [403, 403]
    assert app.state.changes == 0


async def test_a_bearer_token_without_cookies_proves_that_no_page_was_tricked() -> None:
    app = make()
    bearer = {"authorization": "Bearer abc"}
    async with TestClient(app) as client:
        api = await client.post("/change", headers=bearer)
        cross = await client.post("/change", headers={**bearer, "origin": "https://evil.example"})
        basic = await client.post("/change", headers={"authorization": "Basic YTpi"})
        cookie = await client.post("/change", headers={**bearer, "cookie": "session=x"})

    assert [each.status_code for each in (api, cross, basic, cookie)] == [200, 403, 403, 403]


# -- exempt ---------------------------------------------------------------------------------------------------------

VARIANTS = [
    "/hooks/pay", "//hooks/pay", "/hooks//pay", "/hooks%2fpay", "/%68ooks/pay", "/hooks/pay;v=1", "/hooks/./pay",
    "/hooks/../admin/pay", "/hooks/pay/../../admin/pay", "/Hooks/pay", "/hooks/pay%0a", "/hooks/pay/", "/admin/pay",
    "//admin/pay", "/admin//pay", "/admin%2fpay", "/%61dmin/pay", "/admin/pay?/hooks/pay", "/hooks/pay/admin",
]  # fmt: skip


@pytest.mark.parametrize("path", VARIANTS)
@pytest.mark.parametrize("how", ["path", "option"])
async def test_only_the_exempt_route_runs_without_a_token_however_its_path_is_written(how: str, path: str) -> None:
    """Class 05: an exemption belongs to the route that runs, so that no way to write a path can borrow it."""
    app = make(exempt=["/hooks/{name}"] if how == "path" else [])
    ran: list[str] = []

    @app.post("/hooks/{name}", **({"csrf": False} if how == "option" else {}))
    async def hook(name: str) -> None:
        ran.append("hook")

    @app.post("/admin/{name}")
    async def admin(name: str) -> None:
        ran.append("admin")

    @app.post("/{rest:path}")
    async def anything(rest: str) -> None:
        ran.append("anything")

    async with TestClient(app) as client:
        await client.post(path)

    assert "admin" not in ran
    assert "anything" not in ran
    assert ran or path not in ("/hooks/pay", "/%68ooks/pay")


async def test_a_socket_may_be_left_out_as_well() -> None:
    app = make()

    @app.websocket("/live", origins=["*"], csrf=False)
    async def live(socket: Any) -> None:
        await socket.accept()
        await socket.send_text("hello")

    evil = {"origin": "https://evil.example"}
    async with TestClient(app) as client, client.websocket_connect("/live", headers=evil) as socket:
        assert await socket.receive_text() == "hello"


async def test_a_mounted_application_is_guarded_and_reads_its_body_anew() -> None:
    app = make()
    inner = NexiosApp(plugins=[])

    @inner.post("/echo")
    async def echo(request: Request) -> str:
        return await request.text

    app.mount("/inner", inner)
    async with TestClient(app) as client:
        token = (await client.get("/form")).text
        refused = await client.post("/inner/echo", data={"a": "1"})
        accepted = await client.post("/inner/echo", data={"a": "1", "csrf_token": token})

    assert refused.status_code == 403
    assert accepted.text == f"a=1&csrf_token={token}"


async def test_a_router_may_be_guarded_alone() -> None:
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET))
    router = Router(prefix="/site")
    router.add_middleware(CSRFMiddleware())
    router.get("/form")(lambda request: request.csrf_token)
    router.post("/change")(lambda: "changed")
    app.mount_router(router)
    app.post("/api")(lambda: "open")

    async with TestClient(app) as client:
        token = (await client.get("/site/form")).text
        assert (await client.post("/api")).text == "open"
        assert (await client.post("/site/change")).status_code == 403
        assert (await client.post("/site/change", data={"csrf_token": token})).text == "changed"


@pytest.mark.parametrize("options", [{"csrf": False}, {"meta": {"csrf": False}}])
async def test_an_exempt_router_is_left_out_as_a_whole(options: dict[str, Any]) -> None:
    app = make()
    hooks = Router(prefix="/hooks", **options)

    @hooks.post("/pay")
    async def pay() -> str:
        return "paid"

    app.mount_router(hooks)
    async with TestClient(app) as client:
        answer = await client.post("/hooks/pay", headers={"origin": "https://bank.example"})

    assert answer.text == "paid"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"exempt": ["/chnge"]}, "'/chnge', which is no declared path.*/change"),
        ({"trusted_origins": ["null"]}, "what every sandboxed page sends"),
        ({"header": "a b"}, "is not a header name"),
        ({"field": '"><script>'}, "name a form field with ASCII letters"),
        ({"csrf_cookie": "a b"}, "is not a cookie name"),
        ({"samesite": "none"}, "samesite='none' needs secure=True"),
        ({"secret_key": "short"}, "has 5 bytes"),
        ({"secret_key": "your-secret-key-your-secret-key-your-secret"}, "a placeholder"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings: dict[str, Any], message: str) -> None:
    debug = "samesite" in settings
    with pytest.raises(Exception, match=message), SyncTestClient(make(debug=debug, **settings)):
        pass


def test_an_option_that_is_neither_stops_the_start() -> None:
    app = make()
    app.post("/odd", csrf="no")(lambda: None)

    with pytest.raises(Exception, match=r"/odd .* csrf= is True or False"), SyncTestClient(app):
        pass


def test_without_a_secret_it_does_not_start_and_in_debug_warns(caplog: pytest.LogCaptureFixture) -> None:
    def build(debug: bool) -> NexiosApp:
        app = NexiosApp(MakeConfig(debug=debug))
        app.add_middleware(CSRFMiddleware())
        add_routes(app)
        return app

    with pytest.raises(Exception, match="CSRF tokens need a secret: set secret_key"), SyncTestClient(build(False)):
        pass
    with SyncTestClient(build(True)) as client:
        token = client.get("/form").text
        assert client.post("/change", headers={"x-csrf-token": token}).text == "changed"
    assert [record.levelno for record in caplog.records if record.name == "nexios.security"] == [logging.WARNING]


# -- the cookie and the slots ---------------------------------------------------------------------------------------


async def test_outside_debug_no_other_host_can_plant_the_cookie() -> None:
    async with TestClient(make(debug=False), base_url="https://shop.example") as client:
        cookie = (await client.get("/form")).headers.get_list("set-cookie")[0]
        again = await client.get("/form")

    name, _, rest = cookie.partition("=")
    assert name == "__Host-csrf"
    assert rest.partition("; ")[2] == "Path=/; Secure; HttpOnly; SameSite=Lax"
    assert "set-cookie" not in again.headers


async def test_a_page_without_a_form_says_nothing_of_tokens() -> None:
    async with TestClient(make()) as client:
        answer = await client.get("/plain")

    assert "set-cookie" not in answer.headers
    assert "vary" not in answer.headers


async def test_an_answer_with_a_token_is_the_browser_s_own() -> None:
    async with TestClient(make()) as client:
        answer = await client.get("/form")

    assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Cookie", "no-store")


async def test_tokens_never_repeat() -> None:
    async with TestClient(make()) as client:
        tokens = {(await client.get("/form")).text for _ in range(5)}

    assert len(tokens) == 5


async def test_a_form_gets_its_field_from_the_request() -> None:
    app = make()

    @app.get("/page")
    async def page(request: Request, response: Response) -> Response:
        return response.html(f'<form method="post">{request.csrf_input}</form>')

    async with TestClient(app) as client:
        html = (await client.get("/page")).text
        token = html.partition('value="')[2].partition('"')[0]
        answer = await client.post("/change", data={"csrf_token": token})

    assert html == f'<form method="post"><input type="hidden" name="csrf_token" value="{token}"></form>'
    assert answer.text == "changed"


async def test_the_page_of_a_refusal_may_have_a_form_as_well() -> None:
    app = make()
    app.add_exception_handler(403, lambda request, response, error: response.text(request.csrf_token, status=403))
    async with TestClient(app) as client:
        await client.get("/form")
        refused = await client.post("/change", data={"csrf_token": "stale"})
        answer = await client.post("/change", data={"csrf_token": refused.text})

    assert (refused.status_code, answer.text) == (403, "changed")


async def test_scripts_read_the_token_from_a_cookie_where_that_is_allowed() -> None:
    async with TestClient(make(readable=True, header="X-XSRF-TOKEN", csrf_cookie="XSRF-TOKEN")) as client:
        cookie = (await client.get("/plain")).headers["set-cookie"]
        answer = await client.post("/change", headers={"x-xsrf-token": client.cookies["XSRF-TOKEN"]})

    assert "HttpOnly" not in cookie
    assert answer.text == "changed"


async def test_without_the_layer_a_token_names_the_cure() -> None:
    app = NexiosApp(MakeConfig(debug=True))
    add_routes(app)

    with pytest.raises(Exception, match=r"needs CSRFMiddleware around the handler, app\.add_middleware"):
        async with TestClient(app) as client:
            await client.get("/form")


async def test_without_sessions_tokens_are_bound_to_the_browser_alone() -> None:
    app = make(sessions=False)
    async with TestClient(app) as client, TestClient(app, lifespan=False) as other:
        token = (await client.get("/form")).text
        await other.get("/form")
        answers = [await each.post("/change", headers={"x-csrf-token": token}) for each in (client, other)]

    assert [each.status_code for each in answers] == [200, 403]


async def test_a_session_of_single_routes_binds_no_token_that_others_could_not_check() -> None:
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET, csrf={}), plugins=["session", "csrf", "websockets"])
    add_routes(app)

    async with TestClient(app) as client:
        for page in ("/form", "/begin"):
            token = (await client.get(page)).text
            for path in ("/change", "/login"):
                assert (await client.post(path, data={"csrf_token": token})).status_code == 200


class Mapping(BaseMiddleware):
    """Sessions of somebody else: a dictionary for each browser, without an id."""

    name = "session"

    def __init__(self) -> None:
        self.kept: dict[str, MutableMapping[str, Any]] = {}

    async def process_request(self, request: Request, response: Response) -> None:
        request.session = self.kept.setdefault(request.headers["x-browser"], {})


async def test_any_mapping_on_the_request_is_a_session() -> None:
    app = NexiosApp(MakeConfig(debug=True, secret_key=SECRET))
    app.add_middleware(Mapping())
    app.add_middleware(CSRFMiddleware())
    add_routes(app)

    @app.post("/enter")
    async def enter(request: Request) -> str:
        rotate_csrf_token(request)
        return request.csrf_token

    @app.post("/plain-login")
    async def plain_login(request: Request) -> None:
        request.session["user"] = "ann"

    async with TestClient(app, headers={"x-browser": "1"}) as client:
        token = (await client.get("/begin")).text
        good = await client.post("/change", headers={"x-csrf-token": token})
        other = await client.post("/change", headers={"x-csrf-token": token, "x-browser": "2"})
        rotated = (await client.post("/enter", headers={"x-csrf-token": token})).text
        stale = await client.post("/change", headers={"x-csrf-token": token})
        fresh = await client.post("/change", headers={"x-csrf-token": rotated})

    assert [each.status_code for each in (good, other, stale, fresh)] == [200, 403, 403, 200]

    async with TestClient(app, headers={"x-browser": "3"}) as client:  # the first login needs no help
        before = (await client.get("/form")).text
        await client.post("/plain-login", headers={"x-csrf-token": before})
        stale = await client.post("/change", headers={"x-csrf-token": before})
        after = (await client.get("/form")).text
        fresh = await client.post("/change", headers={"x-csrf-token": after})

    assert [each.status_code for each in (stale, fresh)] == [403, 200]


async def test_secrets_are_rotated_without_refusing_what_is_under_way() -> None:
    old, new = "a1b2c3d4" * 4, "e5f60718" * 4
    async with TestClient(make(secret_key=old)) as client:
        token = (await client.get("/form")).text
        cookie = client.cookies["csrf"]
    for keys, status in (([new, old], 200), ([new], 403)):
        async with TestClient(make(secret_key=keys)) as client:
            client.cookies.set("csrf", cookie)
            answer = await client.post("/change", headers={"x-csrf-token": token})
        assert answer.status_code == status


async def test_a_token_shows_neither_seed_nor_cookie() -> None:
    async with TestClient(make()) as client:
        token = (await client.get("/form")).text
        seed = client.cookies["csrf"].partition(".")[0]

    assert seed not in token
    assert base64.urlsafe_b64decode(seed + "=") not in base64.urlsafe_b64decode(token + "==")

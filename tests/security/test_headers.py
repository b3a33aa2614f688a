"""What a browser is told about every answer, and the way from HTTP to HTTPS."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import HTTPException, MakeConfig, NexiosApp, Request, Response, Router
from nexios.exceptions import MissingPluginError
from nexios.security import SecurityMiddleware
from nexios.testing import SyncTestClient, TestClient
from nexios.testing.exceptions import WebSocketDenied
from tests.core.raw import call

pytestmark = pytest.mark.anyio

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
}


def make(**settings: Any) -> NexiosApp:
    app = NexiosApp(plugins=["security", "websockets"])
    app.add_middleware(SecurityMiddleware(**settings))

    @app.get("/")
    async def index() -> str:
        return "hello"

    @app.get("/page")
    async def page(request: Request, response: Response) -> Response:
        return response.html(f"<script nonce={request.csp_nonce}>1</script>{request.csp_nonce}")

    @app.get("/own")
    async def own(response: Response) -> str:
        response.set_header("content-security-policy", "default-src 'none'").set_header("x-frame-options", "SAMEORIGIN")
        return "mine"

    @app.get("/broken")
    async def fail() -> None:
        raise RuntimeError("a mistake")

    @app.get("/limited")
    async def limit() -> None:
        raise HTTPException(429)

    return app


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("OPTIONS", "/", 204),
        ("GET", "/nowhere", 404),
        ("POST", "/", 405),
        ("GET", "/limited", 429),
        ("GET", "/broken", 500),
    ],
)
async def test_every_answer_is_described_once(method: str, path: str, status: int) -> None:
    async with TestClient(make(), raise_server_exceptions=False) as client:
        answer = await client.request(method, path)

    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers.get_list(name) == [value]
    assert "strict-transport-security" not in answer.headers


async def test_what_an_answer_says_of_itself_stands() -> None:
    async with TestClient(make()) as client:
        answer = await client.get("/own")

    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'"]
    assert answer.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_nonce_is_one_answer_s_own() -> None:
    nonces = set()
    async with TestClient(make()) as client:
        for _ in range(3):
            answer = await client.get("/page")
            nonce = answer.text.rpartition(">")[2]
            nonces.add(nonce)
            assert answer.text == f"<script nonce={nonce}>1</script>{nonce}"
            assert f"script-src 'self' 'nonce-{nonce}'; style-src" in answer.headers["content-security-policy"]
            assert len(nonce) == 22
        plain = await client.get("/")

    assert len(nonces) == 3
    assert "nonce" not in plain.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: NexiosApp(), r"request\.csp_nonce needs SecurityMiddleware around the handler"),
        (lambda: make(csp="default-src 'self'"), r"is not allowed by the policy: add the source"),
        (lambda: make(csp_enabled=False), r"is not allowed by the policy"),
        (lambda: NexiosApp(plugins=[]), r"request\.csp_nonce is provided by nexios-security"),
    ],
)
async def test_a_nonce_that_no_policy_would_allow_names_the_cure(build: Any, message: str) -> None:
    app: NexiosApp = build()

    @app.get("/nonce")
    async def nonce(request: Request) -> str:
        return request.csp_nonce

    with pytest.raises(Exception, match=message) as refusal:
        async with TestClient(app) as client:
            await client.get("/nonce")
    assert app.plugins.entries or isinstance(refusal.value, MissingPluginError)


async def test_headers_are_chosen_and_left_out() -> None:
    app = make(
        frame_options=None,
        referrer_policy="no-referrer",
        csp={"default-src": ["'none'"], "img-src": "data: https:", "upgrade-insecure-requests": []},
        csp_report_only=True,
        permissions_policy={"camera": ["self", "https://cam.example"], "usb": [], "fullscreen": "*"},
        cross_origin_embedder_policy="require-corp",
        cross_origin_opener_policy=None,
        content_type_nosniff=False,
    )
    async with TestClient(app) as client:
        headers = (await client.get("/")).headers

    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy-report-only"] == (
        "default-src 'none'; img-src data: https:; upgrade-insecure-requests"
    )
    assert headers["permissions-policy"] == 'camera=(self "https://cam.example"), usb=(), fullscreen=*'
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    absent = {"x-frame-options", "content-security-policy", "cross-origin-opener-policy", "x-content-type-options"}
    assert absent.isdisjoint(headers)


# -- HTTPS ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({"hsts_enabled": True}, "max-age=63072000"),
        ({"hsts": True, "hsts_max_age": 60}, "max-age=60"),
        (
            {"hsts_enabled": True, "hsts_include_subdomains": True, "hsts_preload": True},
            "max-age=63072000; includeSubDomains; preload",
        ),
        ({}, None),
    ],
)
async def test_https_is_asked_for_over_https_alone(settings: dict[str, Any], value: str | None) -> None:
    async with TestClient(make(**settings), base_url="https://shop.example") as client:
        secure = await client.get("/")
        plain = await client.get("http://shop.example/")

    assert secure.headers.get("strict-transport-security") == value
    assert "strict-transport-security" not in plain.headers


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_plain_http_is_sent_to_https_before_anything_runs(method: str) -> None:
    async with TestClient(make(ssl_redirect=True)) as client:
        answer = await client.request(method, "http://shop.example:8000/page?a=%C3%A4&b", follow_redirects=False)
        secure = await client.get("https://shop.example/")

    assert answer.status_code == 308
    assert answer.headers["location"] == "https://shop.example/page?a=%C3%A4&b"
    assert answer.headers["x-frame-options"] == "DENY"
    assert secure.text == "hello"


@pytest.mark.parametrize(
    "path",
    ["//evil.com", "/\\evil.com", "/@evil.com", "/%09/evil.com", "/\r\nx: y", "/:80@evil.com", "/<svg onload=1>"],
)
async def test_a_redirect_to_https_stays_on_its_host(path: str) -> None:
    """Class 06: the path moves nothing, and no other host than the one that was asked, or configured, is named."""
    for host, settings in (("shop.example", {}), ("www.shop.example", {"ssl_host": "www.shop.example"})):
        app = make(ssl_redirect=True, **settings)
        answer = await call(app, path, headers=[(b"host", b"shop.example")])
        location = answer.header("location") or ""

        assert location.startswith(f"https://{host}/")
        assert location.partition(f"https://{host}/")[2].isprintable()
        assert "<" not in location
        assert "\\" not in location
        assert not location.startswith(f"https://{host}//")


async def test_a_literal_address_keeps_its_brackets() -> None:
    answer = await call(make(ssl_redirect=True), "/", headers=[(b"host", b"[2001:db8::1]:8000")])

    assert answer.header("location") == "https://[2001:db8::1]/"


async def test_a_socket_without_tls_is_refused_where_requests_are_redirected() -> None:
    app = make(ssl_redirect=True)

    @app.websocket("/live")
    async def live(socket: Any) -> None:
        await socket.accept()
        await socket.send_text("hello")

    async with TestClient(app) as client:
        with pytest.raises(WebSocketDenied) as refusal:
            async with client.websocket_connect("ws://testserver/live"):
                pass
        async with client.websocket_connect("wss://testserver/live") as socket:
            assert await socket.receive_text() == "hello"
    assert refusal.value.status_code == 403


@pytest.mark.parametrize(("peer", "status"), [("10.0.0.1", 200), ("203.0.113.9", 308)])
async def test_only_a_trusted_proxy_says_that_the_browser_came_over_tls(peer: str, status: int) -> None:
    """Class 04, by the section: what anybody else forwards changes nothing."""
    section = {"ssl_redirect": True, "hsts_enabled": True, "trusted_proxies": ["10.0.0.0/8"]}
    app = NexiosApp(MakeConfig(security=section))
    app.get("/")(lambda: "hello")
    async with TestClient(app, client=(peer, 1)) as client:
        forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"}
        answer = await client.get("/", headers=forwarded, follow_redirects=False)

    assert answer.status_code == status
    assert ("strict-transport-security" in answer.headers) is (status == 200)


# -- declared wrongly -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"referrer_policy": "no\r\nset-cookie: x"}, r"security: a header value has '\\r'"),
        ({"csp": {"script-src": "'self'; object-src *"}}, "cannot have ';'"),
        ({"csp": {"script src": "'self'"}}, "the directive 'script src'"),
        ({"csp": ""}, "the policy is empty"),
        ({"hsts": True, "hsts_preload": True}, "hsts_preload needs hsts_include_subdomains"),
        ({"hsts": True, "hsts_max_age": -1}, "hsts_max_age is -1"),
        ({"ssl_redirect": True, "ssl_host": "https://x"}, "is not a host with an optional port"),
        ({"frame_options": "ALLOWALL"}, "frame_options"),
        ({"hsts_enable": True}, "did you mean 'hsts_enabled'"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message), SyncTestClient(make(**settings)):
        pass


def test_a_router_may_have_headers_of_its_own() -> None:
    app = make()
    embedded = Router(prefix="/embedded")
    embedded.add_middleware(SecurityMiddleware(frame_options="SAMEORIGIN", csp="frame-ancestors 'self'"))
    embedded.get("/")(lambda: "in a frame")
    app.mount_router(embedded)

    with SyncTestClient(app) as client:
        headers = client.get("/embedded/").headers

    assert headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert headers.get_list("content-security-policy") == ["frame-ancestors 'self'"]

"""A login with a provider of somebody else's making, by hand and in a browser, all over real sockets."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from nexios import MakeConfig, NexiosApp, Request, Response
from nexios.auth import SessionBackend, auth
from nexios.testing import TestClient
from tests.servers import free_port, is_listening, run_process

pytest.importorskip("cryptography", reason="nexios-auth[oauth] is not installed")
pytest.importorskip("nexios.session", reason="nexios-session is not installed")
uvicorn = pytest.importorskip("uvicorn")
from nexios.auth.oauth import Account, OAuthClient  # noqa: E402
from nexios.session import SessionMiddleware  # noqa: E402

if importlib.util.find_spec("oidc_provider_mock") is None:
    pytest.skip("the provider of these tests, oidc-provider-mock, is not installed", allow_module_level=True)

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """In a process of its own: it is another program, with its own idea of what deserves a warning."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with run_process([*command, "--require-registration", "true", "--require-nonce"], lambda: is_listening(port)):
        yield f"http://127.0.0.1:{port}"


class Site:
    """An application that is registered with the provider."""

    def __init__(self, provider: str, host: str) -> None:
        self.accounts: list[Account] = []
        registered = httpx.post(
            f"{provider}/oauth2/clients", json={"redirect_uris": [f"{host}/auth/callback"]}, trust_env=False
        ).json()
        config = MakeConfig(secret_key="a7f35d0c91b3e8f26d804c6d9e7a1b35", debug=host.startswith("http://"))
        self.app = NexiosApp(config, plugins=["session", "auth"])
        self.app.add_middleware(SessionMiddleware())
        self.app.auth_backend = SessionBackend(lambda name: name)
        self.client = OAuthClient(
            self.find_user,
            issuer=provider,
            client_id=registered["client_id"],
            client_secret=registered["client_secret"],
            redirect_uri=f"{host}/auth/callback",
            logout_redirect_uri=f"{host}/bye",
        )
        self.app.mount_router(self.client.router("/auth"))
        self._serve_pages()

    def find_user(self, account: Account) -> str:
        self.accounts.append(account)
        return account.subject

    def _serve_pages(self) -> None:
        @self.app.get("/members")
        @auth()
        async def members(request: Request) -> Response:
            form = '<form method="post" action="/auth/logout"><button>Sign out</button></form>'
            return Response.html(f"<h1>Hello {request.user}</h1>{form}")

        @self.app.get("/")
        async def home() -> Response:
            return Response.html('<a href="/auth/login?next=/members">Sign in</a>')

        @self.app.get("/bye")
        async def bye() -> Response:
            return Response.html("<h1>Goodbye</h1>")


async def sign_in_there(location: str, **form: str) -> str:
    """What a user does at the provider; where it sends the browser then."""
    async with httpx.AsyncClient(trust_env=False) as visitor:
        page = await visitor.get(location)
        assert page.status_code == 200
        answer = await visitor.post(location, data=form)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def test_a_user_signs_in_and_out_with_a_real_provider(provider: str) -> None:
    site = Site(provider, "https://app.example")
    async with TestClient(site.app, base_url="https://app.example") as browser:
        assert (await browser.get("/members")).status_code == 401

        answer = await browser.get("/auth/login", params={"next": "/members"})
        back = await sign_in_there(answer.headers["location"], sub="zoe@example.com")
        answer = await browser.get(back)

        assert (answer.status_code, answer.headers["location"]) == (303, "/members")
        assert "Hello zoe@example.com" in (await browser.get("/members")).text
        # The same answer again, as from a history or a log, opens nothing.
        assert (await browser.get(back)).status_code == 400

        answer = await browser.post("/auth/logout")
        assert answer.headers["location"].startswith(f"{provider}/oauth2/end_session?")
        assert (await browser.get("/members")).status_code == 401

    account = site.accounts[0]
    assert (account.issuer, account.subject, account.claims["email"]) == (provider, *["zoe@example.com"] * 2)
    renewed = await site.client.refresh(account.tokens)
    assert renewed.access_token != account.tokens.access_token


async def test_a_code_that_another_client_was_given_opens_nothing(provider: str) -> None:
    site, other = Site(provider, "https://app.example"), Site(provider, "https://other.example")
    async with (
        TestClient(site.app, base_url="https://app.example") as browser,
        TestClient(other.app, base_url="https://other.example") as attacker,
    ):
        theirs = await attacker.get("/auth/login")
        stolen = parse_qs(urlsplit(await sign_in_there(theirs.headers["location"], sub="mallory")).query)["code"][0]
        ours = await browser.get("/auth/login")
        state = parse_qs(urlsplit(ours.headers["location"]).query)["state"][0]

        answer = await browser.get("/auth/callback", params={"code": stolen, "state": state})

    assert answer.status_code == 400
    assert site.accounts == []


class Server(uvicorn.Server):  # type: ignore[name-defined,misc]
    """uvicorn in a thread."""

    def __enter__(self) -> None:
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.ready.wait(60), "the server did not start"

    def __exit__(self, *error: object) -> None:
        self.should_exit = True
        self.thread.join(20)

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on PATH")
def test_a_user_signs_in_and_out_in_a_browser(provider: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=60_000)
    port = free_port()
    host = f"http://127.0.0.1:{port}"
    site = Site(provider, host)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip

    with Server(uvicorn.Config(site.app, port=port, log_level="warning")), playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, timeout=120_000, args=arguments)
        page = browser.new_page()
        visited: list[str] = []
        page.on("request", lambda request: visited.append(request.url))

        page.goto(f"{host}/")
        page.get_by_text("Sign in").click()
        page.locator("input[name=sub]").fill("zoe@example.com")
        page.get_by_text("Authorize", exact=True).click()
        playwright.expect(page.locator("h1")).to_have_text("Hello zoe@example.com")
        assert page.url == f"{host}/members"
        names = sorted(cookie["name"] for cookie in page.context.cookies(host))

        page.get_by_text("Sign out").click()
        page.wait_for_url(re.compile("end_session|/bye"))
        page.goto(f"{host}/members")
        assert "401" in page.content()
        browser.close()

    assert names == ["session"]
    secrets = [site.accounts[0].tokens.access_token, site.accounts[0].tokens.id_token or "?"]
    assert not [url for url in visited for secret in secrets if secret in url]
